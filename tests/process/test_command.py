"""The command `capmap`, run as people run it: what it prints, and its exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import click
import pytest

from service.cli import main
from service.store import data_folder, signals
from service.store.embedded import running

ROOT = Path(__file__).parents[2]
STORY = Path(str(resources.files("service.story").joinpath("surrey-and-sussex.ndjson")))
PATIENCE_SECONDS = 60


def capmap(dsn: str | None, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a database and return how it ended."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CAPMAP_")}
    environment |= {"PYTHONPATH": str(ROOT)} | ({"DATABASE_URL": dsn} if dsn else {}) | more
    return subprocess.run(
        [sys.executable, "-m", "service.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
        env=environment,
    )


def head(dsn: str) -> tuple[int, str]:
    """Return the last position of the log and its hash."""

    async def ask() -> tuple[int, str]:
        connection = await asyncpg.connect(dsn)
        try:
            row = await connection.fetchrow("SELECT position, hash FROM log_head")
        finally:
            await connection.close()
        return row["position"], row["hash"].hex()

    return asyncio.run(ask())


def tamper(dsn: str, *statements: str) -> None:
    """Change the log as only a superuser can: with its guards off."""

    async def work() -> None:
        connection = await asyncpg.connect(dsn)
        try:
            for table in ("events", "mentions"):
                await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(work())


def lines(path: Path) -> list[str]:
    """Return a file's lines."""
    return path.read_text(encoding="utf-8").splitlines()


def test_importing_twice_changes_nothing(dsn: str) -> None:
    """The second import of a file finds every event there, leaves the head as it was, exits 0."""
    size = len(lines(STORY))
    first = capmap(dsn, "events", "import", str(STORY))
    was = head(dsn)
    second = capmap(dsn, "events", "import", str(STORY))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.startswith(f"{size} recorded, 0 were in the log already.\n")
    assert second.stdout == f"0 recorded, {size} were in the log already.\n"
    assert head(dsn) == was
    assert was[0] == size


def test_an_import_tells_other_processes(dsn: str, tmp_path: Path) -> None:
    """Whoever listens hears of an import once it is over, and need not wait for its next look."""
    file = tmp_path / "two.ndjson"
    file.write_text("\n".join(lines(STORY)[:2]), encoding="utf-8")

    async def heard() -> bool:
        connection = await asyncpg.connect(dsn)
        hint = asyncio.Event()
        try:
            await signals.listen(connection, lambda _: hint.set())
            done = await asyncio.to_thread(capmap, dsn, "events", "import", str(file))
            assert done.returncode == 0, done.stderr
            async with asyncio.timeout(5):
                return await hint.wait()
        finally:
            await connection.close()

    assert asyncio.run(heard())


def test_wrong_lines_are_named_and_nothing_is_recorded(dsn: str, tmp_path: Path) -> None:
    """Each wrong line is named with member and rule; the good ones are not recorded; exit 1."""
    good = lines(STORY)
    late = json.dumps(json.loads(good[1]) | {"effective": "2026-02-30"})
    file = tmp_path / "wrong.ndjson"
    file.write_text("\n".join([good[0], late, good[2], "{", ""]), encoding="utf-8")
    done = capmap(dsn, "events", "import", str(file))
    assert done.returncode == 1
    said = done.stderr.splitlines()
    assert any(line.startswith("Row 2, effective: “2026-02-30” ") for line in said)
    assert any(line.startswith("Row 4: ") for line in said)
    assert not any(line.startswith(("Row 1", "Row 3")) for line in said)
    assert "Nothing was recorded" in done.stderr
    assert head(dsn)[0] == 0


def test_an_export_imports_into_an_empty_log(told_dsn: str, template: str, tmp_path: Path) -> None:
    """An export, imported elsewhere and exported again, is the same but for time and hash."""
    name = f"{urlsplit(told_dsn).path[1:]}_copy"
    other = urlunsplit(urlsplit(told_dsn)._replace(path=f"/{name}"))
    asyncio.run(_statement(told_dsn, f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        one, two = tmp_path / "one.ndjson", tmp_path / "two.ndjson"
        for dsn, arguments in (
            (told_dsn, ("export", str(one))),
            (other, ("import", str(one))),
            (other, ("export", str(two))),
        ):
            done = capmap(dsn, "events", *arguments)
            assert done.returncode == 0, done.stderr
        assert list(map(lasting, lines(one))) == list(map(lasting, lines(two)))
        assert len(lines(one)) == len(lines(STORY))
        assert capmap(told_dsn, "events", "export").stdout == one.read_text(encoding="utf-8")
    finally:
        asyncio.run(_statement(told_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


def lasting(line: str) -> dict[str, object]:
    """Return what of an exported line does not depend on when and where it was recorded."""
    event = json.loads(line)
    assert len(event.pop("hash")) == 64
    assert event.pop("recorded_at").endswith("Z")
    return event


async def _statement(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def test_a_sound_log_is_verified_to_its_head(told_dsn: str) -> None:
    """Verifying prints the head, which is the receipt to keep; a kept receipt is found again."""
    position, digest = head(told_dsn)
    done = capmap(told_dsn, "verify")
    assert (done.returncode, done.stdout) == (0, f"Sound to position {position}, hash {digest}.\n")
    assert capmap(told_dsn, "verify", "--against", f"{position}:{digest}").returncode == 0


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE events SET body = body || ' '::bytea WHERE position = 20", 20),
        ("UPDATE events SET effective = effective + 1 WHERE position = 30", 30),
        ("UPDATE events SET recorded_by = 'another' WHERE position = 3", 3),
        ("UPDATE events SET organisation = 'RXX' WHERE position = 50", 50),
        ("DELETE FROM events WHERE position = 40", 40),
        ("DELETE FROM events WHERE position >= 100", 100),
    ],
)
def test_tampering_is_found_at_its_position(told_dsn: str, statement: str, position: int) -> None:
    """Whatever is changed or taken out behind the log's back, the first bad position is named."""
    tamper(told_dsn, statement)
    done = capmap(told_dsn, "verify")
    assert done.returncode == 1
    assert done.stdout.startswith(f"Bad at position {position}: ")


def test_a_log_that_was_cut_with_its_head_does_not_hold_the_receipt(told_dsn: str) -> None:
    """Cut whole and the head moved back, the log looks sound, but a receipt from before tells."""
    position, digest = head(told_dsn)
    tamper(
        told_dsn,
        "DELETE FROM events WHERE position > 100",
        "DELETE FROM mentions WHERE position > 100",
        "UPDATE log_head SET position = 100, hash = (SELECT hash FROM events WHERE position = 100)",
    )
    assert capmap(told_dsn, "verify").returncode == 0
    done = capmap(told_dsn, "verify", "--against", f"{position}:{digest}")
    assert done.returncode == 1
    assert f"{position}:{digest}" in done.stdout


def test_defaults_of_the_database_do_not_hinder_reading(told_dsn: str) -> None:
    """Export and verification set what they need on their own session."""
    name = urlsplit(told_dsn).path[1:]
    for setting in ("search_path = elsewhere", "statement_timeout = 1"):
        asyncio.run(_statement(told_dsn, f"ALTER DATABASE {name} SET {setting}"))
    assert capmap(told_dsn, "verify").returncode == 0
    assert len(capmap(told_dsn, "events", "export").stdout.splitlines()) == len(lines(STORY))


@pytest.mark.parametrize("receipt", ["yesterday", "²:00", "99999999999999999999:00", "", ":"])
def test_what_is_no_receipt_is_wrong_use(told_dsn: str, receipt: str) -> None:
    """A receipt that was mistyped is refused as wrong use, never reported as a cut log."""
    done = capmap(told_dsn, "verify", "--against", receipt)
    assert done.returncode == 2
    assert "POSITION:HASH" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_is_made_listed_and_revoked(dsn: str) -> None:
    """It is printed once; the list has its roles and how it stands, and never the key."""
    made = capmap(dsn, "keys", "make", "Trust A", "--role", "submitter:rtp", "--role", "lead:QXU")
    assert made.returncode == 0, made.stderr
    secret = made.stdout.strip()
    assert secret.startswith("capmap_")
    (line,) = capmap(dsn, "keys", "list").stdout.splitlines()
    assert "Trust A  lead:QXU submitter:RTP  never used" in line
    assert secret not in line
    number = line.split()[0]
    assert capmap(dsn, "keys", "revoke", number).returncode == 0
    assert "revoked" in capmap(dsn, "keys", "list").stdout
    assert capmap(dsn, "keys", "revoke", "0" * 32).returncode == 1
    wrong = capmap(dsn, "keys", "make", "Trust A", "--role", "owner:RTP")
    assert wrong.returncode == 2
    assert "owner:RTP: must be one of submitter" in wrong.stderr


def test_others_are_not_let_near_a_service_without_access(dsn: str) -> None:
    """Beyond this machine it serves only with keys: else everybody were the operator."""
    found = capmap(dsn, "serve", CAPMAP_HOST="192.0.2.7")
    assert found.returncode == 2
    assert "CAPMAP_ACCESS=keys" in found.stderr


def test_a_misspelt_setting_stops_the_start() -> None:
    """A CAPMAP_ variable that nobody reads ends in exit 2 with the nearest name."""
    done = capmap(None, "serve", CAPMAP_PROT="8001")
    assert done.returncode == 2
    assert "CAPMAP_PROT" in done.stderr
    assert "the nearest is CAPMAP_PORT" in done.stderr


def test_a_misspelt_address_is_pointed_out(tmp_path: Path) -> None:
    """A variable that looks like DATABASE_URL is said, before the service's own server is used."""
    blocked = tmp_path / "no folder"
    blocked.touch()
    more = {"CAPMAP_DATA_DIR": str(blocked), "DATABSE_URL": "postgresql://u:secret@host/name"}
    done = capmap(None, "verify", **more)
    assert done.stderr.startswith("DATABSE_URL is set, DATABASE_URL is not")
    assert "secret" not in done.stderr
    assert done.returncode == 3


@pytest.mark.parametrize(("level", "heard"), [("info", 3), ("warning", 2), ("error", 1)])
def test_the_log_is_heard_from_its_level_on(level: str, heard: int) -> None:
    """What is less important than CAPMAP_LOG_LEVEL is left out; the rest is on standard error."""
    code = (
        "import sys, structlog; from service.cli import logs; logs.begin(sys.argv[1]);"
        "log = structlog.get_logger('any'); log.info('noted'); log.warning('noted');"
        "log.error('noted')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, level], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr.count("noted")) == ("", heard)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://127.0.0.1:9/capmap",
        "postgresql://no-such-host.invalid/capmap",
        "postgresql://127.0.0.1:9/capmap?sslmode=perhaps",
    ],
)
@pytest.mark.parametrize("arguments", [("verify",), ("serve",)])
def test_an_unusable_database_is_said_plainly(address: str, arguments: tuple[str, ...]) -> None:
    """An address behind which no database answers ends in exit 3 and a sentence, no traceback."""
    done = capmap(address, *arguments)
    assert done.returncode == 3, done.stderr
    assert "The database cannot be used: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "address",
    ["postgresql://host:port/name", "postgresql://[::1/name", "postgre://host/name", "host/name"],
)
def test_an_address_that_is_none_is_a_wrong_setting(address: str) -> None:
    """An address that cannot be read ends in exit 2 like any setting, no traceback."""
    done = capmap(address, "verify")
    assert done.returncode == 2
    assert done.stderr.startswith("DATABASE_URL=")


def test_a_port_that_is_taken_is_a_wrong_setting(dsn: str) -> None:
    """Where another program listens already, the settings are named, and the exit is 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = capmap(dsn, "serve", CAPMAP_PORT=port)
    assert done.returncode == 2, done.stderr
    assert f"CAPMAP_PORT='{port}'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_goes_before_the_start_is_not_taken_for_a_port() -> None:
    """Where the database goes between the check and the start, the exit is the database's."""
    code = (
        "from service.cli.server import Server; from service.settings import load;"
        "Server(load({'CAPMAP_PORT': '0'}), 'postgresql://127.0.0.1:9/gone', print).run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert "CAPMAP_PORT" not in done.stderr


@pytest.fixture(params=["fsync", "full_page_writes"])
def unsafe(request, monkeypatch) -> Iterator[tuple[str, str]]:
    """Start a server that may lose what it acknowledged; give the setting and the address."""
    safe = data_folder.SETTINGS
    off = tuple(word.replace(f"{request.param}=on", f"{request.param}=off") for word in safe)
    monkeypatch.setattr(data_folder, "SETTINGS", off)
    with (
        tempfile.TemporaryDirectory(prefix="cm") as folder,
        running(Path(folder), say=print) as dsn,
    ):
        yield request.param, dsn


def test_a_server_that_may_lose_events_is_not_served_from(unsafe: tuple[str, str]) -> None:
    """With fsync or full_page_writes off the start ends in exit 3 and both ways out."""
    setting, dsn = unsafe
    done = capmap(dsn, "serve", CAPMAP_PORT="0")
    assert done.returncode == 3, done.stderr
    (said,) = [line for line in done.stderr.splitlines() if "cannot be used" in line]
    assert said.startswith(f"The database cannot be used: {setting} is off")
    assert f"ALTER SYSTEM SET {setting} = on" in said
    assert "CAPMAP_ALLOW_UNSAFE_DATABASE=true" in said
    assert "Traceback" not in done.stderr
    assert capmap(dsn, "verify").returncode == 3
    assert capmap(dsn, "verify", CAPMAP_ALLOW_UNSAFE_DATABASE="true").returncode == 0


def test_a_database_that_does_not_exist_is_said_plainly(server: str) -> None:
    """A server that answers but has no such database ends in exit 3, with the database's name."""
    done = capmap(urlunsplit(urlsplit(server)._replace(path="/no_such_thing")), "verify")
    assert done.returncode == 3
    assert "no_such_thing" in done.stderr
    assert "Traceback" not in done.stderr


def commands(group: click.Group, *before: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command."""
    yield before
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)
        else:
            yield (*before, name)


@pytest.mark.parametrize("words", list(commands(main)), ids=" ".join)
def test_every_command_has_help(words: tuple[str, ...]) -> None:
    """Every command explains itself, without a database and without settings."""
    done = capmap(None, *words, "--help", CAPMAP_PROT="8001")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: ")
    assert len(done.stdout.splitlines()) > 3
