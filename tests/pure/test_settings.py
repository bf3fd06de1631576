"""Settings: every one documented, every mistake named."""

from pathlib import Path

import pytest

from service.settings import ROWS, Row, Settings, SettingsError, load

GUIDE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


def test_an_empty_environment_gives_the_defaults() -> None:
    """Nothing needs to be set."""
    assert load({}) == Settings()
    assert (load({}).port, load({}).database_url) == (8000, None)


def test_values_are_read() -> None:
    """Each kind of value is read from its text; other variables are left alone."""
    given = {
        "DATABASE_URL": "postgresql://somebody@host/name",
        "CAPMAP_PORT": "0",
        "CAPMAP_ALLOW_UNSAFE_DATABASE": "true",
        "CAPMAP_LOG_LEVEL": "DEBUG",
        "PATH": "anything",
    }
    settings = load(given)
    assert settings.database_url == given["DATABASE_URL"]
    assert (settings.port, settings.allow_unsafe_database) == (0, True)
    assert settings.log_level == "debug"


def test_rows_and_fields_agree() -> None:
    """Every field can be set and every row sets a field."""
    assert tuple(row.field for row in ROWS) == Settings.__struct_fields__


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.env)
def test_the_guide_has_every_setting(row: Row) -> None:
    """The guide lists the setting with its default, and says when to change it."""
    line = next(line for line in GUIDE.splitlines() if line.startswith(f"| `{row.env}` |"))
    if row.field not in {"data_dir", "database_url"}:
        assert f"| `{str(row.default).lower()}` |" in line.lower()
    assert f"**`{row.env}`**:" in GUIDE


@pytest.mark.parametrize(
    ("name", "value", "expectation"),
    [
        ("DATABASE_URL", "mysql://host/name", "postgresql://"),
        ("CAPMAP_DATA_DIR", " ", "a folder"),
        ("CAPMAP_HOST", "", "an address"),
        ("CAPMAP_PORT", "65536", "0 to 65535"),
        ("CAPMAP_BODY_LIMIT_BYTES", "0", "at least 1"),
        ("CAPMAP_WRITER_EVENTS", "many", "at least 1"),
        ("CAPMAP_POOL_SIZE", "-1", "at least 1"),
        ("CAPMAP_ALLOW_UNSAFE_DATABASE", "perhaps", "true or false"),
        ("CAPMAP_LOG_LEVEL", "loud", "one of debug"),
        ("CAPMAP_POOLSIZE", "9", "the nearest is CAPMAP_POOL_SIZE"),
    ],
)
def test_a_mistake_is_named(name: str, value: str, expectation: str) -> None:
    """The message has the variable, its value and what was expected."""
    with pytest.raises(SettingsError) as refused:
        load({name: value})
    assert f"{name}={value!r}" in str(refused.value)
    assert expectation in str(refused.value)


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody has to restart once for each mistake."""
    with pytest.raises(SettingsError) as refused:
        load({"CAPMAP_PORT": "x", "CAPMAP_POOL_SIZE": "y"})
    assert len(str(refused.value).splitlines()) == 2
