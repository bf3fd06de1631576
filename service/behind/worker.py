"""A worker: a step done again and again, woken when the log grows, polling as the truth.

A step that fails is noted where operators look, tried again later and later within a bound, and
ends neither the worker nor the service. Of many processes the one that takes the turn works; who
waits for it too long works beside it, since every step may be done twice.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog
from msgspec import Struct

from service.behind.tally import Tally, count
from service.projections.version import FOLD
from service.store import failures, progress
from service.store.appending import Connection
from service.store.pool import Pool, lent

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 30.0
"""Seconds before a step that failed is tried again: the first time, and at most."""
PASSED_BY: Final = 5.0
"""Seconds after which a process that holds the turn is passed by: it may be frozen."""
_log = structlog.get_logger("behind")


class Job(Struct, frozen=True):
    """What a worker does. step: one step; returns whether more is left to do at once.

    rest: told how many seconds the step took, returns for how many to rest before the next one at
    least: what comes meanwhile is done at once, and others get their share of the process.
    """

    name: str
    step: Callable[[Connection], Awaitable[bool]]
    rest: Callable[[float], float]


class Clock(Struct, frozen=True):
    """How often a worker looks without being woken, in seconds, and what time it is."""

    poll: float
    now: Callable[[], dt.datetime]


class Worker:
    """Does a job until it is cancelled."""

    def __init__(self, job: Job, pool: Pool, wake: asyncio.Event, clock: Clock) -> None:
        self._job = job
        self._pool = pool
        self._wake = wake
        self._clock = clock
        self._waits_since: float | None = None
        self._pause = FIRST_PAUSE
        self._unsure = True  # whether a failure is noted that is over

    async def run(self, tally: Tally) -> None:
        """Work until cancelled; a step that has begun is given up, which does no harm."""
        while True:
            self._wake.clear()
            began, more = time.monotonic(), False
            try:
                async with lent(self._pool) as connection:
                    more = await self._turn(connection)
            except Exception as error:  # noqa: BLE001 - a fault of one step must not end the worker
                count(tally.failures, self._job.name)
                await self._failed(error)
            else:
                count(tally.steps, self._job.name)
                self._pause = FIRST_PAUSE
                await asyncio.sleep(self._job.rest(time.monotonic() - began))
                if not more:
                    await self._woken()

    async def _turn(self, connection: Connection) -> bool:
        async with progress.turn(connection, self._job.name) as mine:
            waits_since = self._waits_since or time.monotonic()
            if not mine and time.monotonic() - waits_since < PASSED_BY:
                self._waits_since = waits_since
                return False
            self._waits_since = None
            more = await self._job.step(connection)
            if self._unsure:
                await progress.recover(connection, self._job.name, FOLD)
                self._unsure = False
            return more

    async def _woken(self) -> None:
        """Return once woken, or when it is time to look anyway."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._clock.poll):
                await self._wake.wait()

    async def _failed(self, error: Exception) -> None:
        self._unsure = True
        text = failures.named(error)
        _log.error("step failed", worker=self._job.name, again_in=self._pause, exc_info=error)
        try:
            async with lent(self._pool) as connection:
                await progress.fail(connection, self._job.name, FOLD, text, self._clock.now())
        except Exception as second:  # noqa: BLE001 - the database itself may be what failed
            _log.warning("failure not noted", worker=self._job.name, error=type(second).__name__)
        await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)


__all__ = ["LONGEST_PAUSE", "PASSED_BY", "Clock", "Job", "Worker"]
