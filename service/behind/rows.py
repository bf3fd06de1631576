"""Rows behind: takes all histories that grew since the last step, and makes each row once.

It may be killed between any two statements and run in any number of processes: a row is the same
whoever makes it, none replaces one that knew more, and the position that it has come to is noted
only after the rows of all that grew until there.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import structlog
from msgspec import Struct

from service.behind import fresh
from service.behind.fresh import AtHand
from service.behind.histories import Histories
from service.behind.latest import Latest
from service.behind.registers import Registers
from service.domain import dates
from service.domain.model import first_model
from service.projections.reuse import Reuse
from service.projections.version import FOLD
from service.store import current, progress
from service.store.appending import Connection
from service.store.current import Row

WORKER: Final = "rows"
MOST_REUSED: Final = 6_000
"""Sections and levels kept between two steps: those of some 200 trusts."""
AT_ONCE: Final = 20
"""Rows that are written by one statement."""
OF_THE_DAY: Final = 40
"""Rows of an older day that a step makes anew, beside those that grew."""
_log = structlog.get_logger("rows")


class Sources(Struct, frozen=True):
    """What rows are made from: where the log ends, and histories at hand; now: the clock."""

    latest: Latest
    histories: Histories
    registers: Registers
    now: Callable[[], dt.datetime]


class Rows:
    """Makes rows step by step; remembers for which day all of them are."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._day: dt.date | None = None
        self._reuse = Reuse(MOST_REUSED)

    async def step(self, connection: Connection) -> bool:
        """Make the rows of all that grew, and some of an older day; return whether more are left.

        Raises progress.MovedError when the worker's position was changed by hand.
        """
        now = self._sources.now()
        day = dates.today(now)
        reached = await progress.reached(connection, WORKER, FOLD)
        head = (await self._sources.latest.head()).position
        codes = await _grown(connection, reached, head)
        aged = await self._aged(connection, day)
        await self.make(connection, {*codes, *aged}, head, day)
        if reached < head or aged:
            await progress.reach(connection, WORKER, FOLD, head, now)
        return len(aged) == OF_THE_DAY

    async def make(
        self, connection: Connection, codes: Iterable[str], up_to: int, day: dt.date
    ) -> None:
        """Make and write the rows of some organisations; others get their turn between two."""
        waiting: list[Row] = []
        source = AtHand(self._sources.histories, self._sources.registers, self._reuse)
        for code in sorted(codes):
            waiting.append(await fresh.row(source, code, up_to, day))
            if len(waiting) == AT_ONCE:
                await _write(connection, waiting)
                waiting = []
            await asyncio.sleep(0)
        if waiting:
            await _write(connection, waiting)

    async def _aged(self, connection: Connection, day: dt.date) -> Sequence[str]:
        """Return rows of an older day; those that could not be made are tried once a day."""
        if self._day == day:
            return ()
        model = first_model().full_name
        found = await current.older(connection, FOLD, model, day, OF_THE_DAY)
        if len(found) < OF_THE_DAY:
            self._day = day
            found += await current.parked(connection, FOLD, model)
        return found


async def _grown(connection: Connection, reached: int, head: int) -> Sequence[str]:
    """Return whose rows rest on a history that grew."""
    if reached == 0:
        return await current.everybody(connection) if head else ()
    if reached >= head:
        return ()
    found = await current.grown(connection, reached, head, fresh.PLACING)
    resting = await current.resting(connection, FOLD, first_model().full_name, found)
    return sorted({*found.codes, *resting})


async def _write(connection: Connection, rows: Sequence[Row]) -> None:
    for row in rows:
        if row.fault is not None:
            _log.error("no picture", organisation=row.organisation, fault=row.fault)
    await current.write(connection, FOLD, first_model().full_name, rows)


__all__ = ["WORKER", "Rows", "Sources"]
