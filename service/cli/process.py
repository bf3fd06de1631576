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
    from service.store.appending import Connection

UNSOUND: Final = 1
MISUSED: Final = 2
UNUSABLE: Final = 3
STOPPED: Final = 128 + signal.SIGTERM
T = TypeVar("T")


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
    for doubt in doubts(os.environ):
        say(doubt)
    logs.begin(found.log_level)
    return found


@contextmanager
def database(settings: Settings) -> Iterator[str]:
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


async def prepare(dsn: str) -> None:
    """Bring the schema up to date; when stopped in the midst, say what became of it."""
    from service.store import migrate

    try:
        await migrate.upgrade(dsn, say=say)
    except asyncio.CancelledError:
        say("The step of the schema that was under way is rolled back; the next start begins it.")
        raise


async def prepare_to_serve(settings: Settings, dsn: str) -> None:
    """Bring the schema up to date; raise Refusal before the HTTP server would bury it."""
    from service.store import migrate

    await prepare(dsn)
    connection = await asyncpg.connect(dsn)
    try:
        await migrate.check(connection, allow_unsafe=settings.allow_unsafe_database)
        if settings.access == "off":
            await _note_open(settings, connection)
    finally:
        await connection.close()


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
