"""The commands of people's names, run as an operator runs them."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import logs, main

Capmap = Callable[..., Result]
NAME = "Ada Quillfeather"
PERSON = "p-7ab1ff2f"
SAID = ("--publisher", "A trust", "--source", "Annual report", "--source", "https://x.example/p2")


@pytest.fixture
def capmap(dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Capmap]:
    """Run the command on a database, in this process: its log and its signals are left alone."""
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setattr(logs, "begin", lambda _: None)
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments: str, **more: str) -> Result:
        return CliRunner(env=more).invoke(main, arguments)

    yield run
    signal.signal(signal.SIGTERM, before)


def test_a_name_is_recorded_erased_and_allowed_again(capmap: Capmap, tmp_path: Path) -> None:
    """Each command says what it did and what is left to do; the list holds no name."""
    kept = tmp_path / "erasures.ndjson"
    assert capmap("people", "name", PERSON, NAME, *SAID).exit_code == 0
    shown = f"{PERSON}  {NAME}  A trust  Annual report https://x.example/p2"
    assert shown in capmap("people", "list").stdout
    erased = capmap("erase", PERSON)
    assert erased.exit_code == 0, erased.stderr
    assert "capmap erasures list" in erased.stderr  # as no CAPMAP_ERASURES is set
    kept.write_text(capmap("erasures", "list", CAPMAP_ERASURES=str(kept)).stdout)
    (line,) = kept.read_text().splitlines()
    assert (json.loads(line)["subject"], json.loads(line)["reason"]) == (PERSON, "asked")
    refused = capmap("people", "name", PERSON, NAME, *SAID)
    assert (refused.exit_code, "--lift" in refused.stderr) == (1, True)
    lifted = capmap("erase", PERSON, "--lift", CAPMAP_ERASURES=str(kept))
    assert lifted.exit_code == 0, lifted.stderr
    assert [json.loads(one)["act"] for one in kept.read_text().splitlines()] == ["erased", "lifted"]


def test_an_exported_list_is_applied_to_a_restored_database(capmap: Capmap, tmp_path: Path) -> None:
    """By the command, or by the setting as the database is migrated; a damaged list by neither."""
    kept = tmp_path / "erasures.ndjson"
    kept.write_text(
        f'{{"subject":"{PERSON}","act":"erased","at":"2020-01-01T00:00:00Z","caller":"local"}}\n'
    )
    assert capmap("people", "name", PERSON, NAME, *SAID).exit_code == 0
    applied = capmap("erasures", "apply", str(kept))
    assert "Names erased again: 1." in applied.stderr
    assert capmap("people", "list").stdout == ""
    with kept.open("a") as more:
        more.write('{"subject":"p-00')
    for command in (("migrate",), ("serve",), ("people", "list")):
        refused = capmap(*command, CAPMAP_ERASURES=str(kept), CAPMAP_PORT="0")
        assert refused.exit_code == 3, command
        assert "line 2 has no end" in refused.stderr
    assert capmap("erasures", "apply", str(kept)).exit_code == 1


def test_whose_a_key_was_is_forgotten_once_it_opens_nothing(capmap: Capmap, tmp_path: Path) -> None:
    """Its id stays, by which what it recorded is known; the list has it, for restored backups."""
    kept = tmp_path / "erasures.ndjson"
    kept.touch()
    capmap("keys", "make", NAME, "--role", "submitter:RTP")
    number = capmap("keys", "list").stdout.split()[0]
    assert capmap("keys", "forget", number).exit_code == 1
    capmap("keys", "revoke", number)
    done = capmap("keys", "forget", number, CAPMAP_ERASURES=str(kept))
    assert done.exit_code == 0, done.stderr
    listed = capmap("keys", "list").stdout
    assert (NAME in listed, "(forgotten)" in listed) == (False, True)
    assert json.loads(kept.read_text())["subject"] == f"key-{number}"
