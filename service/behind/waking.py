"""Waking what runs behind: by the process's own writer at once, by other processes' hints.

A hint is sent after the commit, on a connection of its own, at most once in a while; one that fails
is counted and logged, and whoever missed it finds out by polling (FAULTS.md row 9).
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import structlog

from service.behind.tally import Tally, recorded
from service.store import failures, signals
from service.store.appending import Connection

PAUSE: Final = 0.05
"""Seconds between two hints of one process."""
LOOK: Final = 20.0
"""Seconds after which a listening session is asked whether it still answers."""
PATIENCE: Final = 5.0
"""Seconds that a session may take to answer."""
LONGEST_PAUSE: Final = 5.0
Connect = Callable[[], Awaitable[Connection]]
_log = structlog.get_logger("waking")


class Waking:
    """Wakes the workers of this process and, by hints, those of others."""

    def __init__(self, connect: Connect, tally: Tally) -> None:
        self._connect = connect
        self.tally = tally
        self._self = uuid.uuid4().hex
        self._workers: list[asyncio.Event] = []
        self._grown = asyncio.Event()
        self._connection: Connection | None = None

    def worker(self) -> asyncio.Event:
        """Return the event that is set whenever the log may have grown."""
        made = asyncio.Event()
        self._workers.append(made)
        return made

    def recorded(self, events: int) -> None:
        """Hear from this process's writer that a group of so many events was committed."""
        recorded(self.tally, events)
        self._wake()
        self._grown.set()

    def _wake(self) -> None:
        for worker in self._workers:
            worker.set()

    async def tell(self) -> None:
        """Tell other processes, until cancelled; what comes within a pause is told at once."""
        try:
            while True:
                await self._grown.wait()
                self._grown.clear()
                await self._notify()
                await asyncio.sleep(PAUSE)
        finally:
            self._drop()

    @contextlib.asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """Tell other processes of what is recorded during the block, the last at its end."""
        task = asyncio.create_task(self.tell())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            if self.tally.appended:  # once too often rather than not of the last
                await self._notify()
                self._drop()

    async def _notify(self) -> None:
        try:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._connect()
            async with asyncio.timeout(PATIENCE):
                await signals.notify(self._connection, self._self)
        except Exception as error:  # noqa: BLE001 - no fault of a hint may end the telling
            self.tally.notify_failures += 1
            _log.warning("could not notify", error=failures.named(error))
            self._drop()
        else:
            self.tally.notified += 1

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def hear(self) -> None:
        """Listen to other processes, until cancelled; a session that is lost is made again."""
        pause = PAUSE
        while True:
            try:
                connection = await self._connect()
                try:
                    await signals.listen(connection, self._heard)
                    pause = PAUSE
                    self._wake()  # what was said while nobody listened
                    await _outlast(connection)
                finally:
                    connection.terminate()
            except Exception as error:  # noqa: BLE001 - as in _notify
                _log.warning("not listening", error=failures.named(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _heard(self, sender: str) -> None:
        if sender != self._self:
            self.tally.heard += 1
            self._wake()


async def _outlast(connection: Connection) -> None:
    """Return once a session is lost; raises TimeoutError when it no longer answers."""
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    while not connection.is_closed():
        try:
            async with asyncio.timeout(LOOK):
                await lost.wait()
        except TimeoutError:
            async with asyncio.timeout(PATIENCE):
                await signals.alive(connection)


__all__ = ["LOOK", "PAUSE", "Connect", "Waking"]
