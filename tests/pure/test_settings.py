"""Settings: every one documented, every mistake named."""

from pathlib import Path

import pytest

from service.app import file_limits
from service.intake.tables import Limits
from service.settings import ROWS, Row, Settings, SettingsError, doubts, load

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
    if row.field not in {"data_dir", "database_url"} and row.default != ():
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


@pytest.mark.parametrize(
    ("address", "shown", "rule"),
    [
        ("postgre://u:secret@host/name", "postgre://…@host/name", "postgresql:// at the beginning"),
        ("host:5432/name", "host:5432/name", "postgresql:// at the beginning"),
        ("postgresql:u:secret@host/name", "postgresql:…@host/name", "postgresql:// at the beg"),
        ("postgresql://u:secret@/name", "postgresql://…@/name", "the server's host"),
        ("postgresql:///name", "postgresql:///name", "?host="),
        ("postgresql://one,/name", "postgresql://one,/name", "the server's host"),
        ("postgresql://u:secret@host", "postgresql://…@host", "the database's name"),
        ("postgresql://host/?password=secret", "postgresql://host/?password=…", "database's name"),
        (" postgresql://host/name", " postgresql://host/name", "no blanks"),
        ("postgresql://u:sec ret@host/name", "postgresql://…@host/name", "%20"),
        ("postgresql://u:sec/ret@host/name", "postgresql://…@host/name", "%2F"),
        ("postgresql://host:port/name", "postgresql://host:port/name", "a number as the port"),
        ("postgresql://host:65536/name", "postgresql://host:65536/name", "a number as the port"),
    ],
)
def test_a_mistyped_address_is_named(address: str, shown: str, rule: str) -> None:
    """The message has the name, the address without its password, the rule and the way out."""
    with pytest.raises(SettingsError) as refused:
        load({"DATABASE_URL": address})
    said = str(refused.value)
    assert said.startswith(f"DATABASE_URL={shown!r}: expected ")
    assert rule in said
    assert "postgresql://capmap@db.example.org/capmap, or unset it" in said
    assert "sec" not in said.replace(shown, "")


@pytest.mark.parametrize(
    "address",
    [
        "postgres://host/name",
        "postgresql://u:p%40ss@[::1]:5432/name?sslmode=require",
        "postgresql://one,two:5433/name",
        "postgresql://postgres@/name?host=/run/postgresql",
        "postgresql://host/?dbname=name",
    ],
)
def test_an_address_is_left_as_it_is(address: str) -> None:
    """Whatever names host and database is handed to the driver unchanged."""
    assert load({"DATABASE_URL": address}).database_url == address


@pytest.mark.parametrize("name", ["DATABSE_URL", "DATABASE_ULR", "DATABASEURL", "database_url"])
def test_a_near_miss_of_the_address_is_pointed_out(name: str) -> None:
    """Without DATABASE_URL a variable that looks like it is doubted, its value not repeated."""
    (said,) = doubts({name: "postgresql://u:secret@host/name"})
    assert said.startswith(f"{name} is set, DATABASE_URL is not")
    assert "secret" not in said


@pytest.mark.parametrize(
    "environ",
    [
        {"DATABSE_URL": "x", "DATABASE_URL": "postgresql://host/name"},
        {"TEST_DATABASE_URL": "x", "DATABASE_USER": "y", "DATA": "z"},
    ],
)
def test_what_is_no_near_miss_is_left_alone(environ: dict[str, str]) -> None:
    """Where DATABASE_URL is set, or the name is another program's, nothing is said."""
    assert doubts(environ) == []


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody has to restart once for each mistake."""
    with pytest.raises(SettingsError) as refused:
        load({"CAPMAP_PORT": "x", "CAPMAP_POOL_SIZE": "y"})
    assert len(str(refused.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("env", "limit", "value"),
    [
        ("CAPMAP_FILE_LIMIT_BYTES", "file_bytes", 7),
        ("CAPMAP_FILE_ROWS", "rows", 7),
        ("CAPMAP_FILE_COLUMNS", "columns", 7),
        ("CAPMAP_FILE_SHEETS", "sheets", 7),
        ("CAPMAP_CELL_CHARACTERS", "cell_characters", 7),
        ("CAPMAP_WORKBOOK_EXPANSION", "expansion", 7),
        ("CAPMAP_WORKBOOK_MEMORY_MB", "workbook_memory_bytes", 7 * 1024 * 1024),
        ("CAPMAP_WORKBOOK_SECONDS", "workbook_seconds", 7),
    ],
)
def test_each_limit_of_files_is_a_setting(env: str, limit: str, value: int) -> None:
    """What is set is what a file is held to; what is not set is as the reader's own default."""
    assert file_limits(load({})) == Limits()
    assert getattr(file_limits(load({env: "7"})), limit) == value


def test_every_setting_is_read_somewhere() -> None:
    """A setting that nothing reads would promise what does not happen."""
    service = Path(__file__).parents[2] / "service"
    modules = [path for path in service.rglob("*.py") if path.name != "settings.py"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in modules)
    assert [row.field for row in ROWS if f".{row.field}" not in code] == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://capmap.Example.org/", "https://capmap.example.org"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"), ("http://capmap.example.org", None),
        ("https://capmap.example.org/map", None), ("https://", None), ("capmap.example.org", None),
        ("https://a@capmap.example.org", None), ("https://capmap.example.org?x=1", None),
    ],
)  # fmt: skip
def test_the_public_address_is_as_browsers_say_it(given: str, expected: str | None) -> None:
    """Scheme and host, nothing beside them; without https on this machine alone."""
    if expected is not None:
        assert load({"CAPMAP_PUBLIC_URL": given}).public_url == expected
        return
    with pytest.raises(SettingsError, match="CAPMAP_PUBLIC_URL"):
        load({"CAPMAP_PUBLIC_URL": given})
