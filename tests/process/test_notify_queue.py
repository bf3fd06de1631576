"""A full queue of notifications (it belongs to the whole server): appends go on, rows are current.

The server's smallest queue is filled while one session listens inside a transaction, as an
application next to the service might; before 17 a server has no setting for its size.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from service.app import opened
from service.behind import running
from service.behind.rows import Sources
from service.settings import load
from service.store import embedded, signals
from service.store.data_folder import DataFolder
from service.store.migrate import upgrade
from tests.strategies import batch, renamed, trust

DOWN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


async def until(asked: Callable[[], Awaitable[object]], within: float) -> None:
    """Ask again and again until the answer is true; fails when it does not become so."""
    async with asyncio.timeout(within):
        while not await asked():  # noqa: ASYNC110 - what is waited for is in the server
            await asyncio.sleep(0.02)


@pytest.fixture
def small() -> Iterator[str]:
    """Address of a server whose queue of notifications holds 64 pages."""
    with (
        tempfile.TemporaryDirectory(prefix="cm") as folder,
        embedded.running(Path(folder), say=print) as dsn,
    ):
        asyncio.run(_shrink(dsn, DataFolder(Path(folder))))
        yield dsn


async def _shrink(dsn: str, folder: DataFolder) -> None:
    """Set the smallest queue, and let the watch bring the stopped server back with it."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("ALTER SYSTEM SET max_notify_queue_pages = 64")
    await connection.close()
    server = int((folder.data / "postmaster.pid").read_text().split()[0])
    os.kill(server, signal.SIGINT)

    async def back() -> bool:
        with suppress(*DOWN):
            again = await asyncpg.connect(dsn)
            pages = await again.fetchval("SHOW max_notify_queue_pages")
            await again.close()
            return pages == "64"
        return False

    await until(back, within=60)
    await upgrade(dsn, say=print)


async def _fill(connection: asyncpg.Connection) -> None:
    """Notify page by page until the server refuses."""
    for at in range(100):
        await connection.execute("SELECT pg_notify('anything', $1)", f"{at:07900}")


async def test_a_full_queue_stops_neither_appends_nor_rows(small):
    """Hints fail and are counted; rows come by polling; once it is free hints are sent again."""
    hog = await asyncpg.connect(small)
    filler = await asyncpg.connect(small)
    reader = await asyncpg.connect(small)

    async def current() -> bool:
        return await reader.fetchval(
            "SELECT behind.position = log_head.position FROM behind, log_head WHERE worker = 'rows'"
        )

    async with opened(load({}), small) as rooms:
        sources = Sources(rooms.latest, rooms.histories, rooms.registers, running.now)
        made = running.Behind(small, sources, rooms.waking, poll=0.2)
        async with running.running(made):
            await rooms.writer.append(batch(trust()))
            await until(current, within=5)
            await hog.execute("LISTEN anything")
            await hog.execute("BEGIN")
            with pytest.raises(asyncpg.ProgramLimitExceededError):
                await _fill(filler)
            for at in range(20):
                await rooms.writer.append(batch(renamed(name=f"Name {at}")))
            await until(current, within=1.2)
            tally = rooms.waking.tally

            async def failed() -> bool:
                return tally.notify_failures > 0

            await until(failed, within=5)
            sent = tally.notified
            await hog.execute("ROLLBACK")
            await hog.close()
            await signals.queue_usage(reader)

            async def heals() -> bool:
                await rooms.writer.append(batch(renamed()))
                await signals.queue_usage(reader)
                return tally.notified > sent

            await until(heals, within=10)
    await filler.close()
    await reader.close()
