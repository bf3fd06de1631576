"""What runs behind the log, as tasks of a process: sealer, rows, audit, and hints to others.

None of it is waited for by an append; each has connections of its own ("capmap behind").
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import structlog
from msgspec import Struct

from service.behind import audit, rows, sealer, tracing
from service.behind.tally import Tally
from service.behind.waking import Waking
from service.behind.worker import Clock, Job, Worker
from service.store import rights
from service.store.appending import Connection
from service.store.pool import Pool, lent

SESSION: Final = {
    "application_name": "capmap behind",
    "role": rights.SERVE,
    "default_transaction_read_only": "off",
    "default_transaction_isolation": "read committed",
    "idle_in_transaction_session_timeout": "10000",
    "lock_timeout": "5000",
    "search_path": "public",
    "statement_timeout": "120000",
    # What is written behind can be made again, and is lost, if at all, from its end backwards.
    "synchronous_commit": "off",
}
"""Settings of every session behind the log."""
CONNECTIONS: Final = 6
SEALER_REST: Final = 1.0
ROWS_REST: Final = 0.02
LONGEST_REST: Final = 1.0
EASY: Final = 2000.0
"""Appends a second by this process at which rows rest for as long as they work."""
_log = structlog.get_logger("behind")


class GivingWay:
    """How long rows rest after a step: the more this process appends, the longer.

    Making pictures takes the processor from appends of the same process. At half of `EASY` rows
    rest for a quarter of the time that they work, at three times of it for nine times as long.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._seen, self._at = tally.appended, time.monotonic()

    def __call__(self, took: float) -> float:
        """Return the seconds to rest after a step that took so many."""
        now = time.monotonic()
        rate = (self._tally.appended - self._seen) / max(now - self._at, 0.001)
        self._seen, self._at = self._tally.appended, now
        return min(LONGEST_REST, max(ROWS_REST, took * (rate / EASY) ** 2))


class Behind(Struct, frozen=True):
    """What the tasks are made of. dsn: the database's address.

    poll, audit_rest: seconds between two looks, and between two things that the audit looks at.
    trace_days: for how many days it is kept who read whose data.
    """

    dsn: str
    sources: rows.Sources
    waking: Waking
    poll: float
    audit_rest: float = 1.0
    trace_days: int = 730


@asynccontextmanager
async def running(behind: Behind) -> AsyncIterator[None]:
    """Run all of it during the block; a step that has begun is given up at its end."""
    async with pool(behind.dsn) as connections:
        tasks = [
            asyncio.create_task(work, name=name)
            for name, work in _works(behind, connections).items()
        ]
        for task in tasks:
            task.add_done_callback(_ended)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def pool(dsn: str) -> AsyncIterator[Pool]:
    """Open connections for work behind the log; none is made before it is needed."""
    async with asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=CONNECTIONS,
        server_settings=SESSION,
        command_timeout=180,
        timeout=10,
    ) as made:
        yield made


def connecting(dsn: str) -> Callable[[], Awaitable[Connection]]:
    """Return how a single connection of that kind is made."""
    return functools.partial(_connect, dsn)


async def _connect(dsn: str) -> Connection:
    return await asyncpg.connect(dsn, server_settings=SESSION, timeout=10)


def jobs(behind: Behind, connections: Pool) -> tuple[Job, ...]:
    """Return what is done behind the log, in turns of one process each."""
    sources = behind.sources
    made = rows.Rows(sources)
    audited = audit.Audit(sources.now, behind.waking.tally)

    async def seal(connection: Connection) -> bool:
        """Take the sealer's next step, with a second connection at hand."""
        async with lent(connections) as beside:
            return await sealer.step(connection, beside, sources.now)

    return (
        Job(sealer.WORKER, seal, rest=lambda _: SEALER_REST),
        Job(rows.WORKER, made.step, rest=GivingWay(behind.waking.tally)),
        Job(audit.WORKER, audited.step, rest=lambda _: behind.audit_rest),
    )


def _works(behind: Behind, connections: Pool) -> dict[str, Coroutine[None, None, None]]:
    clock = Clock(behind.poll, behind.sources.now)
    workers = {
        job.name: Worker(job, connections, behind.waking.worker(), clock).run(behind.waking.tally)
        for job in jobs(behind, connections)
    }
    forgetting = tracing.forgetting(connections, behind.trace_days, behind.sources.now)
    return {
        **workers,
        "tell": behind.waking.tell(),
        "hear": behind.waking.hear(),
        "forget": forgetting,
    }


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        _log.error("a task behind the log ended", task=task.get_name(), exc_info=task.exception())


def now() -> dt.datetime:
    """Return the time of the process's clock."""
    return dt.datetime.now(dt.UTC)


__all__ = ["SESSION", "Behind", "connecting", "jobs", "now", "pool", "running"]
