"""The sealer: makes packs of histories that have grown long, behind the log.

Append never waits for it, and a picture needs none of it: what is not sealed is read from the log.
It may be killed between any two statements, and run in any number of processes: a pack is the same
whoever makes it, and the position it has come to is noted only after what lies before is sealed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Final

from service.behind.entries import entries
from service.projections.history import Entry, block
from service.projections.packing import SIZE, pack
from service.projections.version import FOLD
from service.store import bodies, packs, progress, reading
from service.store.appending import Connection

WORKER: Final = "sealer"
WINDOW: Final = 20_000
"""Positions of the log that are looked at in one step."""
AT_ONCE: Final = 32
"""Packs that are written by one statement, at least."""
PAGE: Final = 1000
"""Positions that a rebuild reads at once."""


async def step(connection: Connection, beside: Connection, now: Callable[[], dt.datetime]) -> bool:
    """Seal what has grown since the last step; return whether there is more to look at.

    beside: a second connection, for reading a long log while its packs are written.
    """
    head = (await reading.head(connection)).position
    reached = await progress.reached(connection, WORKER, FOLD)
    if reached == 0 and head > WINDOW:
        await rebuild(connection, beside, head, lambda _: None)
        await progress.reach(connection, WORKER, FOLD, head, now())
        return False
    up_to = min(head, reached + WINDOW)
    if reached < up_to:
        touched = await reading.touched(connection, reached, up_to)
        await seal(connection, touched, up_to)
        await progress.reach(connection, WORKER, FOLD, up_to, now())
    return up_to < head


async def seal(connection: Connection, organisations: Iterable[str], up_to: int) -> None:
    """Seal the tails of some histories, as far as they fill packs."""
    codes = sorted(organisations)
    ends = await packs.ends(connection, codes, FOLD)
    tails = await reading.tails(connection, {c: _end(ends, c).last_position for c in codes}, up_to)
    for code, tail in sorted(tails.items()):
        if tail >= SIZE:
            end = _end(ends, code)
            found = await entries(connection, code, end.last_position, up_to)
            await packs.seal(connection, list(_packs(code, end.number, found)), FOLD)


def _end(ends: dict[str, packs.End], code: str) -> packs.End:
    return ends.get(code, packs.End())


def _packs(code: str, last: int, found: Sequence[Entry]) -> Iterable[packs.Pack]:
    """Yield the packs that entries fill; what is left over waits for more."""
    for number, at in enumerate(range(0, len(found) - SIZE + 1, SIZE), last + 1):
        run = found[at : at + SIZE]
        yield packs.Pack(code, number, run[0].position, run[-1].position, pack(block(run)))


async def rebuild(
    connection: Connection, beside: Connection, up_to: int, report: Callable[[int], None]
) -> list[packs.Pack]:
    """Make every pack anew from the log; return those that had been changed and were replaced.

    The log is read on `beside`, the packs are written on `connection`, both while the page before
    is decoded. Readers find the old pack or the new one, never none.
    """
    replaced: list[packs.Pack] = []
    writing: asyncio.Task[list[packs.Pack]] | None = None
    waiting: list[packs.Pack] = []
    try:
        async for made, position in _all(beside, up_to):
            waiting += made
            report(position)
            if len(waiting) >= AT_ONCE:
                replaced += await writing if writing else []
                writing = asyncio.create_task(packs.seal(connection, waiting, FOLD))
                waiting = []
        replaced += await writing if writing else []
    finally:
        if writing is not None:
            await asyncio.wait([writing])
    replaced += await packs.seal(connection, waiting, FOLD)
    report(up_to)
    return replaced


async def _all(log: Connection, up_to: int) -> AsyncIterator[tuple[list[packs.Pack], int]]:
    """Yield the packs of every history, reading the log once, with how far it was read."""
    runs = _Runs()
    coming = asyncio.create_task(_page(log, 0, up_to))
    try:
        while (page := await coming)[0]:
            coming = asyncio.create_task(_page(log, page[0][-1].position, up_to))
            yield runs.take(*page), page[0][-1].position
    finally:
        await asyncio.wait([coming])


async def _page(
    log: Connection, after: int, up_to: int
) -> tuple[list[bodies.Body], dict[int, tuple[str, ...]]]:
    """Return a page of the log, and who is named at which of its positions."""
    rows = await bodies.bodies(log, after, up_to, PAGE)
    if not rows:
        return rows, {}
    return rows, await reading.mentioned(log, rows[0].position, rows[-1].position)


class _Runs:
    """The runs of all histories that fill no pack yet."""

    def __init__(self) -> None:
        self._open: dict[str, list[Entry]] = {}
        self._numbers: dict[str, int] = {}

    def take(
        self, rows: Sequence[bodies.Body], named: Mapping[int, tuple[str, ...]]
    ) -> list[packs.Pack]:
        """Add a page; return the packs that it fills."""
        full: list[packs.Pack] = []
        for row in rows:
            made = Entry(row.position, row.event(), row.of())
            for code in (row.organisation, *named.get(row.position, ())):
                run = self._open.setdefault(code, [])
                run.append(made)
                if len(run) == SIZE:
                    full.append(self._filled(code, run))
        return full

    def _filled(self, code: str, run: list[Entry]) -> packs.Pack:
        number = self._numbers.get(code, -1) + 1
        (made,) = _packs(code, number - 1, run)
        self._numbers[code], self._open[code] = number, []
        return made


__all__ = ["WORKER", "rebuild", "seal", "step"]
