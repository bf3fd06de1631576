"""What every command does around its work: settings, the database, how it ends and with what code.

SIGTERM ends a command as an error would: what is open is rolled back and closed, and the service's
own server is stopped.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import asyncpg
import click

from service.cli import logs
from service.settings import Settings, SettingsError, doubts, load

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

    from service.store.appending import Connection

UNSOUND: Final = 1
MISUSED: Final = 2
UNUSABLE: Final = 3
STOPPED: Final = 128 + signal.SIGTERM
T = TypeVar("T")
_OWNED: dict[str, str] = {}
"""By which address a database is migrated that is served by another: once a process."""


def say(text: str) -> None:
    """Tell the person at the terminal, beside what the command prints."""
    click.echo(text, err=True)


def settings() -> Settings:
    """Return the settings in force, the log's with them; end the command when they are no good."""
    try:
        found = load(os.environ)
    except SettingsError as error:
        say(str(error))
        raise SystemExit(MISUSED) from None
    if found.issuers is not None:
        _readable(found.issuers)
    for doubt in doubts(os.environ):
        say(doubt)
    logs.begin(found.log_level)
    return found


def _readable(issuers: str) -> None:
    """End the command where the file of issuers is no good: once it serves, nobody would see it."""
    from service.door import issuer_file

    try:
        issuer_file.read(issuers)
    except SettingsError as error:
        say(str(error))
        raise SystemExit(MISUSED) from None


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Yield the address to serve from: the one that is set, or the service's own server's."""
    from service.store import embedded, refusal

    try:
        if settings.database_url is not None:
            _OWNED[settings.database_url] = settings.migrate_url or settings.database_url
            yield settings.database_url
        else:
            with embedded.running(Path(settings.data_dir), say=say) as dsn:
                _OWNED[embedded.serving(dsn)] = dsn
                yield embedded.serving(dsn)
    except (refusal.Refusal, embedded.EmbeddedError, asyncpg.PostgresError, asyncpg.InterfaceError,
            OSError) as error:  # fmt: skip
        _unusable(error)
    except _wrapped() as error:
        _unusable(error.orig or error)


def _wrapped() -> type[DBAPIError]:
    """Return what the migration's engine raises; asked once something failed: importing is slow."""
    from sqlalchemy.exc import DBAPIError

    return DBAPIError


def _unusable(error: BaseException) -> NoReturn:
    say(f"The database cannot be used: {error}")
    raise SystemExit(UNUSABLE) from None


def owned(dsn: str) -> str:
    """Return the address of a database for the login that owns it."""
    return _OWNED.get(dsn, dsn)


async def prepare(dsn: str) -> None:
    """Bring the schema up to date; when stopped in the midst, say what became of it."""
    from service.store import migrate, rights

    try:
        await migrate.upgrade(owned(dsn), say=say)
        await (await rights.enter(dsn)).close()
    except asyncio.CancelledError:
        say("The step of the schema that was under way is rolled back; the next start begins it.")
        raise


async def prepare_to_serve(settings: Settings, dsn: str) -> None:
    """Bring the schema up to date; raise Refusal before the HTTP server would bury it."""
    from service.store import migrate, rights

    await prepare(dsn)
    connection = await rights.enter(dsn)
    try:
        await migrate.check(connection, allow_unsafe=settings.allow_unsafe_database)
        if doubt := await rights.doubt(connection):
            say(doubt)
        if settings.access == "off":
            await _note_open(settings, connection)
    finally:
        await connection.close()
    await erase_again(settings, dsn)


async def erase_again(settings: Settings, dsn: str) -> None:
    """Apply the list of erasures, and say so where names went: the database was restored."""
    from service.behind import erasing

    if gone := await erasing.erase_again(dsn, settings.erasures):
        say(f"Names erased again, as the list of erasures says: {gone}.")


async def _note_open(settings: Settings, connection: Connection) -> None:
    """Write down that from now on whoever reaches the service is its operator."""
    from service.domain.acts import Act
    from service.domain.caller import LOCAL
    from service.domain.roles import ALL
    from service.store import acts

    now = dt.datetime.now(dt.UTC)
    where = f"{settings.host}:{settings.port}"
    await acts.note(connection, Act("served_without_access", now, LOCAL.id, where, ALL))


def heed_sigterm() -> None:
    """End the command by an exception from now on, so that what it holds is let go."""
    signal.signal(signal.SIGTERM, _stop)


def _stop(*_: object) -> NoReturn:
    # It is ending already, and in order. Ignored, since the interpreter gives back to the system
    # any handler of ours while it ends, and one more SIGTERM would then end it with another code.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    say("Stopped before it was done.")
    raise SystemExit(STOPPED)


# Any: what a coroutine yields and is sent is its event loop's business.
def run(work: Coroutine[Any, Any, T]) -> T:
    """Run work to its end; SIGTERM cancels it, and ends the command once it has let go."""
    try:
        return _loop_run(_cancelled_by_sigterm(work))
    except asyncio.CancelledError:
        _stop()
    finally:
        if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
            heed_sigterm()


def _loop_run(work: Coroutine[Any, Any, T]) -> T:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


async def _cancelled_by_sigterm(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - a coroutine that runs has a task
    loop = asyncio.get_running_loop()
    # Not by the loop: it lets go of its handlers before it is closed, and a second SIGTERM in
    # between would end the process where it stands.
    signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(_cancel, task))
    return await work


def _cancel(task: asyncio.Task[Any]) -> None:  # Any: what the task returns is not looked at
    """Cancel once: a second SIGTERM must not break off the rolling back."""
    if not task.cancelling():
        task.cancel()
