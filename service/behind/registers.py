"""What every organisation is and where it belongs: the register's part of all histories, at hand.

A picture needs that of each organisation that it is only connected with. It is little – some tens
of entries an organisation – so all of it is kept, and followed as the log grows.
"""

from __future__ import annotations

import asyncio
import bisect
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from service.behind.entries import entry
from service.projections.history import Block, Entry, History, block, cut, history, joined
from service.store import reading
from service.store.pool import Pool, lent

MOST_EARLIER: Final = 5_000
"""Parts kept as they were known earlier, of some tens of facts that others hold as well."""


class Registers:
    """The register's part of every history, as of the position up to which the log was read."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turn = asyncio.Lock()
        self._read_to = 0
        self.changed_at = 0
        """The last position at which anything is said of where anybody belongs, as far as read."""
        self._runs: dict[str, Block] = {}
        self._whole: dict[str, History] = {}
        self._places: dict[str, list[int]] = {}
        self._earlier: OrderedDict[tuple[str, int], History] = OrderedDict()

    async def load(self, organisations: Iterable[str], up_to: int) -> dict[str, History]:
        """Return the part of some organisations as known at a position, not beyond the head."""
        await self.follow(up_to)
        return {code: self._known(code, up_to) for code in sorted(organisations)}

    def everybody(self) -> dict[str, History]:
        """Return the part of every organisation, as far as it was read."""
        return {code: self._known(code, self._read_to) for code in sorted(self._runs)}

    async def follow(self, up_to: int) -> None:
        """Learn what was recorded up to a position."""
        if self._read_to < up_to:
            async with self._turn:
                await self._follow(up_to)

    def last(self, organisation: str) -> int:
        """Return the position of the last entry of a part, as far as it was read."""
        run = self._runs.get(organisation)
        return run.last_position if run is not None else 0

    def _known(self, code: str, up_to: int) -> History:
        run = self._runs.get(code)
        if run is None:
            return History()
        if run.last_position > up_to:
            return self._as_known(code, run, up_to)
        if code not in self._whole:
            self._whole[code] = history([run])
        return self._whole[code]

    def _as_known(self, code: str, run: Block, up_to: int) -> History:
        """Return a part as known before its last entry: of so many entries always the same."""
        key = (code, bisect.bisect_right(self._places[code], up_to))
        if key not in self._earlier:
            self._earlier[key] = history([cut(run, up_to)])
            while len(self._earlier) > MOST_EARLIER:
                self._earlier.popitem(last=False)
        self._earlier.move_to_end(key)
        return self._earlier[key]

    async def _follow(self, up_to: int) -> None:
        if self._read_to >= up_to:  # somebody else read it meanwhile
            return
        async with lent(self._pool) as connection:
            rows = await reading.belonging(connection, self._read_to, up_to)
        grown: dict[str, list[Entry]] = {}
        for row in rows:
            grown.setdefault(row.organisation, []).append(entry(row))
        for code, entries in grown.items():
            before = [self._runs[code]] if code in self._runs else []
            self._runs[code] = joined([*before, block(entries)])
            self._places.setdefault(code, []).extend(one.position for one in entries)
            self._whole.pop(code, None)
        if rows:
            self.changed_at = rows[-1].position
        self._read_to = up_to


__all__ = ["Registers"]
