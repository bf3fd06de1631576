"""The sealer: makes packs of histories that have grown long, behind the log.

Append never waits for it, and a picture needs none of it: what is not sealed is read from the log.
It may be killed between any two statements, and run in any number of processes: a pack is the same
whoever makes it, and the position it has come to is noted only after what lies before is sealed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Final

from service.behind.entries import entries, entry
from service.projections.history import Entry, block
from service.projections.packing import SIZE, pack
from service.projections.version import FOLD
from service.store import packs, progress, reading
from service.store.appending import Connection

WORKER: Final = "sealer"
WINDOW: Final = 20_000
"""Positions of the log that are looked at in one step."""
AT_ONCE: Final = 32
"""Packs that are written by one statement."""


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

    The log is read on `beside`, the packs are written on `connection`. Readers find the old pack
    or the new one, never none.
    """
    replaced: list[packs.Pack] = []
    waiting: list[packs.Pack] = []
    async for made, position in _all(beside, connection, up_to):
        waiting.append(made)
        if len(waiting) == AT_ONCE:
            replaced += await packs.seal(connection, waiting, FOLD)
            waiting = []
            report(position)
    replaced += await packs.seal(connection, waiting, FOLD)
    report(up_to)
    return replaced


async def _all(
    log: Connection, connection: Connection, up_to: int
) -> AsyncIterator[tuple[packs.Pack, int]]:
    """Yield every pack of every history, reading the log once, with how far it was read."""
    open_runs: dict[str, list[Entry]] = {}
    numbers: dict[str, int] = {}
    async for page in reading.pages(log, reading.EVERYTHING, 0, up_to):
        named = await reading.mentioned(connection, page[0].position, page[-1].position)
        for row in page:
            made = entry(row)
            for code in (row.organisation, *named.get(row.position, ())):
                run = open_runs.setdefault(code, [])
                run.append(made)
                if len(run) == SIZE:
                    number = numbers.get(code, -1) + 1
                    (full,) = _packs(code, number - 1, run)
                    numbers[code], open_runs[code] = number, []
                    yield full, row.position


__all__ = ["WORKER", "rebuild", "seal", "step"]
