"""Histories at hand: from packs and the tail of the log, kept decoded within a bound.

A history as known at a position is a prefix, and what is kept is keyed by how far it was read: it
is never wrong, only short, and then the tail alone is read (DESIGN.md, The fast path).
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import msgspec
import structlog
from msgspec import Struct

from service.behind.entries import entries_for
from service.behind.latest import Latest
from service.domain.disclosure import Disclosure
from service.projections.history import Block, Entry, History, block, cut, grown, history, joined
from service.projections.overlay import overlaid
from service.projections.packing import unpack
from service.projections.version import FOLD
from service.store import packs
from service.store.appending import Connection
from service.store.pool import Pool, lent

MOST_ENTRIES: Final = 400_000
"""Entries kept decoded, some 500 bytes each: a picture of 25 trusts of 5,000 is a third of it."""
_log = structlog.get_logger("histories")


class Kept(Struct, gc=False):
    """A history read to a position, as one block; and what it says, once that was asked for."""

    run: Block
    read_to: int
    said: History | None = None

    def history(self) -> History:
        """Return what all of it says; as known earlier it is not asked for."""
        if self.said is None:
            self.said = history([self.run])
        return self.said


class Histories:
    """Loads histories of one disclosure; keeps those that were asked for last."""

    def __init__(
        self,
        pool: Pool,
        latest: Latest,
        most_entries: int = MOST_ENTRIES,
        disclosure: Disclosure = "exact",
    ) -> None:
        self._pool = pool
        self._disclosure = disclosure
        self._latest = latest
        self._most = most_entries
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._entries = 0

    async def load(self, organisation: str, up_to: int) -> History:
        """Return a history as known at a position, not beyond the last head asked for."""
        kept = self._kept.get(organisation)
        if kept is None or not self._reaches(organisation, kept, up_to):
            async with lent(self._pool) as connection:
                kept = await _read(self._disclosure, connection, organisation, up_to, kept)
            self._keep(organisation, kept)
        else:
            self._kept.move_to_end(organisation)
        return _known(kept, up_to)

    async def beyond(self, organisation: str, up_to: int, entries: tuple[Entry, ...]) -> History:
        """Return a history as known at a position with entries behind it that are in no log."""
        said = await self.load(organisation, up_to)
        kept = self._kept[organisation]  # what was loaded last is kept
        run = kept.run if kept.run.last_position <= up_to else cut(kept.run, up_to)
        return overlaid(run, said, entries)

    def _reaches(self, organisation: str, kept: Kept, up_to: int) -> bool:
        """Tell whether all that was known at a position was read."""
        return kept.read_to >= min(up_to, self._latest.last(organisation))

    def _keep(self, organisation: str, kept: Kept) -> None:
        before = self._kept.pop(organisation, None)
        if before is not None:
            self._entries -= before.run.entries
        self._kept[organisation] = kept
        self._entries += kept.run.entries
        while self._entries > self._most and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._entries -= oldest.run.entries


def _known(kept: Kept, up_to: int) -> History:
    """Return what was known at a position of a history that was read at least so far."""
    if kept.run.last_position <= up_to:
        return kept.history()
    return history([cut(kept.run, up_to)])


async def _read(
    disclosure: Disclosure, connection: Connection, code: str, up_to: int, kept: Kept | None
) -> Kept:
    """Read what is not kept: sealed packs first, then the tail."""
    if kept is not None:
        runs = [kept.run]
    else:  # packs hold exact counts only
        runs = await sealed(connection, code, up_to) if disclosure == "exact" else []
    end = kept.read_to if kept is not None else max((run.last_position for run in runs), default=0)
    added = await entries_for(disclosure, connection, code, end, up_to) if end < up_to else ()
    tail = block(added)
    run = joined([*runs, tail] if tail.entries else runs)
    said = grown(kept.said, run, tail) if kept is not None and kept.said is not None else None
    return Kept(run, max(end, up_to), said)


async def sealed(connection: Connection, code: str, up_to: int) -> list[Block]:
    """Return the blocks of the packs that begin by a position; a damaged one ends the row."""
    found: list[Block] = []
    for pack in await packs.packs(connection, code, FOLD, up_to):
        try:
            found.append(unpack(pack.body))
        except msgspec.MsgspecError:
            _log.error("damaged pack", organisation=code, number=pack.number)
            break
    return found


__all__ = ["MOST_ENTRIES", "Histories", "sealed"]
