"""The command `capmap`: demo, serve, migrate, events, verify, behind, rebuild, work.

Exit codes: 0 done; 1 what was asked about is not sound (wrong lines in a file, a bad position);
2 wrong use, or settings that cannot be used; 3 the database cannot be used.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import asyncpg
import click
import msgspec

from service import __version__, operating
from service.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from service.exchange import Checked, LineFault

UNSOUND: Final = 1
MISUSED: Final = 2
UNUSABLE: Final = 3
STORY: Final = "surrey-and-sussex.ndjson"
T = TypeVar("T")


def say(text: str) -> None:
    """Tell the person at the terminal, beside what the command prints."""
    click.echo(text, err=True)


def _settings() -> Settings:
    try:
        return load(os.environ)
    except SettingsError as error:
        say(str(error))
        raise SystemExit(MISUSED) from None


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """Yield the address of the database: the one that is set, or the service's own server's."""
    from sqlalchemy.exc import DBAPIError

    from service.store import embedded, migrate

    try:
        if settings.database_url is not None:
            yield settings.database_url
        else:
            with embedded.running(Path(settings.data_dir), say=say) as dsn:
                yield dsn
    except (migrate.Refusal, embedded.EmbeddedError, asyncpg.PostgresError, asyncpg.InterfaceError,
            OSError) as error:  # fmt: skip
        _unusable(error)
    except DBAPIError as error:  # as the migration's engine wraps what the driver raises
        _unusable(error.orig or error)


def _unusable(error: BaseException) -> NoReturn:
    say(f"The database cannot be used: {error}")
    raise SystemExit(UNUSABLE) from None


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="capmap")
def main() -> None:
    """Improvement capability of NHS trusts and systems, from an append-only log.

    Without DATABASE_URL the service runs its own PostgreSQL and keeps its data in your data folder
    (CAPMAP_DATA_DIR). Begin with `capmap demo`.
    """


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Where to listen (CAPMAP_PORT).")
def demo(port: int | None) -> None:
    """Load the story of Surrey and Sussex, serve it, and say what to look at."""
    settings = _settings()
    if port is not None:
        settings = msgspec.structs.replace(settings, port=port)
    with _database(settings) as dsn:
        _run(_prepare(dsn))
        loaded = _run(_load_story(settings, dsn))
        say(f"The story of Surrey and Sussex: {loaded} events in the log.")
        _serve(settings, dsn, _tour)


@main.command()
def serve() -> None:
    """Serve the API; migrates first; SIGTERM stops it once accepted requests are answered."""
    settings = _settings()
    with _database(settings) as dsn:
        _run(_prepare(dsn))
        _serve(settings, dsn, lambda base: say(f"Serving {base}/api/v1 (Ctrl-C stops it)"))


@main.command()
def migrate() -> None:
    """Bring the database to the schema that this release needs."""
    settings = _settings()
    with _database(settings) as dsn:
        _run(_prepare(dsn))
    say("The schema is the one that this release needs.")


async def _prepare(dsn: str) -> None:
    from service.store import migrate as migration

    await migration.upgrade(dsn, say=say)


def _serve(settings: Settings, dsn: str, greet: Callable[[str], None]) -> None:
    import uvicorn

    from service.app import build

    class Server(uvicorn.Server):
        """A server that greets once it listens."""

        async def startup(self, sockets: list[Any] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                greet(f"http://{settings.host}:{settings.port}")

    server = Server(
        uvicorn.Config(
            build(settings, dsn),
            host=settings.host,
            port=settings.port,
            http="httptools",
            access_log=False,
            proxy_headers=False,
            log_level="warning",
            timeout_graceful_shutdown=8,
            server_header=False,
            lifespan="on",
        )
    )
    # Once it has stopped, uvicorn raises the signal again for whoever was there before it: what is
    # left to do here, such as stopping the embedded server, must not be cut off by it.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(UNUSABLE)


def _tour(base: str) -> None:
    api = f"{base}/api/v1"
    rows = (
        ("How ready was Surrey and Sussex Healthcare when it was rated outstanding?",
         f"{api}/trusts/RTP/picture?on=2019-01-18"),
        ("And after its third chief executive in three years?",
         f"{api}/trusts/RTP/picture?on=2025-10-01"),
        ("What did University Hospitals Sussex take over on 1 April 2021?",
         f"{api}/trusts/RYR/picture?on=2021-04-01"),
        ("Was that known before the merger was recorded?",
         f"{api}/trusts/RYR/picture?on=2021-04-01&known_at=54"),
        ("Who belonged to Surrey Heartlands on its last day?",
         f"{api}/systems/QXU/picture?on=2026-03-31"),
        ("And to the board that followed, a day later?",
         f"{api}/systems/S9B9J/picture?on=2026-04-01"),
        ("Which events are behind all that?", f"{api}/events?limit=1000"),
    )  # fmt: skip
    say("")
    for question, address in rows:
        say(f"{question}\n    {address}")
    say("\nCtrl-C stops it; the data stays.")


async def _load_story(settings: Settings, dsn: str) -> int:
    from service import exchange
    from service.app import opened
    from service.domain.caller import LOCAL

    with resources.files("service.story").joinpath(STORY).open("rb") as lines:
        async with opened(settings, dsn) as rooms:
            done = await exchange.load(lines, rooms.writer, LOCAL, lambda _: None)
    return done.recorded + done.known


@main.group()
def events() -> None:
    """Move events in and out as NDJSON."""


@events.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(file: Path) -> None:
    """Record the events of FILE, one JSON object a line; importing twice changes nothing.

    The whole file is checked before anything is recorded.
    """
    settings = _settings()
    from service import exchange

    size = file.stat().st_size
    with file.open("rb") as lines, _bar(size, "Checking") as advance:
        checked = exchange.check(lines, advance)
    if checked.faults:
        _say_faults(checked.faults)
        say("Nothing was recorded: mend these lines and import the file again.")
        raise SystemExit(UNSOUND)
    with _database(settings) as dsn:
        _run(_import(settings, dsn, file, size, checked))


def _say_faults(faults: tuple[LineFault, ...]) -> None:
    for found in faults:
        for fault in found.faults:
            say(f"line {found.line}: {fault.pointer} {fault.rule}" + _seen(fault.value))


def _seen(value: str | None) -> str:
    return f"; it is {value}" if value is not None else ""


async def _import(settings: Settings, dsn: str, file: Path, size: int, checked: Checked) -> None:
    from service import exchange
    from service.app import opened
    from service.domain.caller import LOCAL

    await _prepare(dsn)
    async with opened(settings, dsn) as rooms:
        with file.open("rb") as lines, _bar(size, "Recording") as advance:
            done = await exchange.load(lines, rooms.writer, LOCAL, advance, checked.kept)
    told = f"{done.recorded} recorded, {done.known} were in the log already."
    if done.problem is not None:
        say(f"Stopped: {done.problem.detail}")
        _say_faults(done.faults)
        say(f"The way out: {done.problem.kind.way_out}")
        say(f"{told} Importing the mended file again is safe.")
        raise SystemExit(UNSOUND)
    click.echo(told)


@events.command(name="export")
@click.argument("file", type=click.File("wb"), default="-")
def export(file: IO[bytes]) -> None:
    """Write the whole log to FILE (or standard output), one JSON object a line."""
    settings = _settings()
    with _database(settings) as dsn:
        written = _run(_export(settings, dsn, file))
    say(f"{written} events.")


async def _export(settings: Settings, dsn: str, out: IO[bytes]) -> int:
    from service import exchange
    from service.store import migrate as migration
    from service.store import reading

    connection = await asyncpg.connect(dsn)
    try:
        await migration.check(connection, allow_unsafe=settings.allow_unsafe_database)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            total = (await reading.head(connection)).position
            with _bar(total, "Exporting") as advance:
                return await exchange.export(connection, out, _to(advance))
    finally:
        await connection.close()


@main.command()
@click.option("--against", help="A receipt, POSITION:HASH: the log must hold it.")
def verify(against: str | None) -> None:
    """Derive every hash and column again from the bytes; name the first bad position."""
    settings = _settings()
    with _database(settings) as dsn:
        _run(_verify(settings, dsn, against))


async def _verify(settings: Settings, dsn: str, against: str | None) -> None:
    from service.store import migrate as migration
    from service.store import reading, verifying

    connection = await asyncpg.connect(dsn)
    try:
        await migration.check(connection, allow_unsafe=settings.allow_unsafe_database)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            total = (await reading.head(connection)).position
            with _bar(total, "Verifying") as advance:
                to = _to(advance)
                verdict = await verifying.verify(connection, progress=lambda at, _: to(at))
            held = await _receipt_held(connection, against)
    finally:
        await connection.close()
    if verdict.bad is not None:
        click.echo(f"Bad at position {verdict.bad}: {verdict.reason}.")
        raise SystemExit(UNSOUND)
    if not held:
        click.echo(f"The log does not hold the receipt {against}: it was cut or rewritten.")
        raise SystemExit(UNSOUND)
    click.echo(f"Sound to position {verdict.position}, hash {verdict.hash}.")


async def _receipt_held(
    connection: asyncpg.Connection[asyncpg.Record], against: str | None
) -> bool:
    from service.store import reading

    if against is None:
        return True
    position, _, digest = against.partition(":")
    if not (position.isascii() and position.isdigit() and len(position) < 19):
        raise click.UsageError("--against takes POSITION:HASH, as answers to POST give them")
    row = await reading.recorded(connection, int(position))
    return row is not None and row[1].hex() == digest.strip().lower()


@contextmanager
def _bar(total: int, label: str) -> Iterator[Callable[[int], None]]:
    """Yield a function that moves a progress bar on; silent where nobody watches."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty(), transient=True) as progress:
        task = progress.add_task(label, total=max(total, 1))
        yield lambda amount: progress.advance(task, amount)


def _to(advance: Callable[[int], None]) -> Callable[[int], None]:
    """Turn "so many more" into "now at"."""
    at = 0

    def move(position: int) -> None:
        nonlocal at
        advance(position - at)
        at = position

    return move


for command in (operating.behind, operating.rebuild, operating.work):
    main.add_command(command)


if __name__ == "__main__":
    main()
