"""Where the log ends, asked once for all who ask at the same time; and whose histories grew.

A read must see whatever was acknowledged before it came, by any process, so the head is asked for
after it came; but one question answers all who wait for one. What grew since the last head is asked
only when the head moved.
"""

from __future__ import annotations

import asyncio
from typing import Final

from service.store import reading
from service.store.appending import Connection
from service.store.pool import Pool, lent

FAR: Final = 20_000
"""Positions between two heads beyond which it is cheaper to forget than to ask what grew."""
MOST_CODES: Final = 50_000


class Latest:
    """The head of the log, and for each organisation a position that its history ends by."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._asking: asyncio.Task[reading.Head] | None = None
        self._turn = asyncio.Lock()
        self._known: dict[str, int] = {}
        self._floor = 0
        self._seen: reading.Head | None = None

    async def head(self) -> reading.Head:
        """Return the head as it is after the call; raises what the database raises."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)

    @property
    def position(self) -> int:
        """Return where the log ended, as of the last head asked for."""
        return self._seen.position if self._seen is not None else 0

    def last(self, organisation: str) -> int:
        """Return a position at or before which a history ends, as of the last head asked for."""
        return self._known.get(organisation, self._floor)

    async def _ask(self) -> reading.Head:
        async with self._turn:  # who comes from here on wants a later answer
            self._asking = None
            async with lent(self._pool) as connection:
                head = await reading.head(connection)
                if self._seen is None or head.hash != self._seen.hash:
                    await self._follow(connection, head)
            self._seen = head
            return head

    async def _follow(self, connection: Connection, head: reading.Head) -> None:
        """Learn whose histories grew; where that is much, or another log, know nothing instead."""
        before = self._seen
        far = before is None or before.log != head.log or head.position - before.position > FAR
        if before is None or far or len(self._known) > MOST_CODES:
            self._known, self._floor = {}, head.position
            return
        grown = await reading.touched(connection, before.position, head.position)
        self._known.update({code: found.last for code, found in grown.items()})


__all__ = ["Latest"]
