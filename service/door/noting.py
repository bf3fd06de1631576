"""That a key was used, or a session seen, noted beside the requests, at most once a minute each."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Generic, TypeVar

import asyncpg
import structlog

from service.store.appending import Connection
from service.store.pool import Pool, lent

NOTED: Final = 60.0
"""Seconds for which a use is not written down again."""
_MOST: Final = 4_096
_log = structlog.get_logger("noting")
K = TypeVar("K")


class Noting(Generic[K]):
    """Uses that are being written down, and when each was noted last."""

    def __init__(
        self,
        writes: Pool,
        write: Callable[[Connection, Mapping[K, dt.datetime]], Awaitable[None]],
        now: Callable[[], dt.datetime],
    ) -> None:
        """write: how it is written down when something was used."""
        self._writes = writes
        self._put = write
        self._now = now
        self._due: dict[K, float] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def used(self, what: K, seconds: float) -> None:
        """Note that something is used, unless that was noted within a minute."""
        if seconds < self._due.get(what, seconds):
            return
        if len(self._due) >= _MOST:
            self._due.clear()
        self._due[what] = seconds + NOTED
        task = asyncio.create_task(self._write(what))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Wait until what is being noted is written."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _write(self, what: K) -> None:
        try:
            async with lent(self._writes) as connection:
                await self._put(connection, {what: self._now()})
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            _log.warning("a use is not noted", error=type(error).__name__)


__all__ = ["NOTED", "Noting"]
