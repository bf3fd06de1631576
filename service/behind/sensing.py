"""The open warnings of organisations, and those about what was just recorded.

Nothing of it is kept: a warning is what a history says today. An append does not wait for it; who
asks for warnings with a receipt gets them after the commit.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Collection, Container
from typing import Final

from msgspec import Struct

from service.behind.disclosing import Disclosed
from service.behind.registers import Registers
from service.domain.reader import Reader
from service.projections import closure
from service.projections.history import History
from service.projections.overlay import NOTHING, Overlay
from service.projections.senses import register
from service.projections.senses.check import OpenWarning

MOST_ORGANISATIONS: Final = 50
"""Of so many organisations are the warnings looked for at once: each history is read whole."""


class EventWarnings(Struct, frozen=True):
    """The open warnings about some events, by organisation and position; at most a thousand.

    more: how many are not listed. organisations_left_out: of how many nothing was looked for.
    """

    items: tuple[OpenWarning, ...]
    more: int
    organisations_left_out: int


class Known(Struct, frozen=True):
    """Where histories are, for whom, up to which position, and which day is today.

    up_to: not beyond the last head asked for. beyond: what stands behind it in no log.
    """

    histories: Disclosed
    registers: Registers
    up_to: int
    today: dt.date
    reader: Reader
    beyond: Overlay = NOTHING

    async def load(self, code: str) -> History:
        """Return an organisation's history."""
        if code in self.beyond:
            return await self.histories.beyond(self.reader, code, self.up_to, self.beyond[code])
        return await self.histories.load(self.reader, code, self.up_to)


async def open_warnings(known: Known, code: str) -> tuple[OpenWarning, ...]:
    """Return the open warnings of an organisation, trust or system."""
    found: dict[str, History] = {}
    while wanted := register.missing(code, found):
        for one in sorted(wanted):
            found[one] = await known.load(one)
    while around := closure.neighbours(code, found):
        found |= await known.registers.load(around, known.up_to)
    return register.warnings(code, found, known.today)


async def about(known: Known, codes: Collection[str], positions: Container[int]) -> EventWarnings:
    """Return the open warnings about events at some positions, of the first fifty organisations.

    codes: in whose streams the events stand. positions: a range or a set.
    """
    found: list[OpenWarning] = []
    for code in sorted(codes)[:MOST_ORGANISATIONS]:
        found += register.about(await open_warnings(known, code), positions)
        await asyncio.sleep(0)  # each may have read a long history: others get their turn
    first = register.listed(found)
    left = max(0, len(codes) - MOST_ORGANISATIONS)
    return EventWarnings(first.items, first.more, left)


__all__ = ["MOST_ORGANISATIONS", "EventWarnings", "Known", "about", "open_warnings"]
