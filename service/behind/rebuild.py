"""Everything behind the log made anew, beside the live ones: packs, then rows from those packs.

Readers find the old or the new, never none; the service may go on meanwhile. What differed is told.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct

from service.behind import fresh, rows, running, sealer
from service.behind.fresh import AtHand
from service.behind.histories import Histories
from service.behind.latest import Latest
from service.domain import dates
from service.domain.model import first_model
from service.projections.version import FOLD
from service.store import current, mismatches, packs, progress
from service.store.appending import Connection
from service.store.current import Row
from service.store.pool import Pool, lent

AT_HAND: Final = 60_000
"""Entries kept decoded meanwhile, some 500 bytes each."""
Report = Callable[[str, int, int], None]
"""Told how far it is: what is made (packs, rows), how many of how many."""


class Rebuilt(Struct, frozen=True):
    """What a rebuild did. differed: packs and rows that were not as the log says."""

    position: int
    rows: int
    differed: tuple[str, ...]


async def rebuild(dsn: str, report: Report) -> Rebuilt:
    """Make all packs and rows anew up to where the log ends when it begins.

    Raises what the database raises; what was made until then stays, and is right.
    """
    _settle_memory()
    async with running.pool(dsn) as connections:
        latest = Latest(connections)
        head = (await latest.head()).position
        async with lent(connections) as connection, lent(connections) as beside:
            replaced = await sealer.rebuild(
                connection, beside, head, lambda at: report("packs", at, head)
            )
            await progress.reset(connection, sealer.WORKER, FOLD, head, running.now())
        histories = Histories(connections, latest, AT_HAND)
        made, wrong = await _rows(connections, histories, head, report)
    named = tuple(f"pack {pack.organisation} {pack.number}" for pack in replaced)
    return Rebuilt(head, made, named + wrong)


def _settle_memory() -> None:
    """Keep the collector from looking through events in passing, which hold no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def prune(dsn: str) -> None:
    """Remove the packs and rows of every other fold version."""
    async with running.pool(dsn) as connections, lent(connections) as connection:
        await packs.prune(connection, FOLD)
        await current.prune(connection, FOLD)
        await progress.prune(connection, FOLD)


async def _rows(
    connections: Pool, histories: Histories, head: int, report: Report
) -> tuple[int, tuple[str, ...]]:
    """Make every row anew; return how many, and which were not as the log said they should be."""
    wrong: list[str] = []
    now = running.now()
    day = dates.today(now)
    model = first_model().full_name
    async with lent(connections) as connection:
        codes = await current.everybody(connection)
        for at, code in enumerate(codes, 1):
            made = await fresh.row(AtHand(histories), code, head, day)
            if await _differs(connection, AtHand(histories), made):
                wrong.append(f"row {code}")
            await _replace(connection, made, model)
            report("rows", at, len(codes))
        unknown = sorted(set(await current.held(connection, FOLD, model)) - set(codes))
        await current.remove(connection, unknown, FOLD, model)
        await progress.reset(connection, rows.WORKER, FOLD, head, now)
        await mismatches.forget(connection)
    return len(codes), (*wrong, *(f"row {code}" for code in unknown))


async def _replace(connection: Connection, made: Row, model: str) -> None:
    """Put a row in the place of whatever stands there, but for one that knows more."""
    async with connection.transaction():
        await current.remove_up_to(connection, made.organisation, FOLD, model, made.position)
        await current.write(connection, FOLD, model, [made])


async def _differs(connection: Connection, source: AtHand, made: Row) -> bool:
    """Tell whether the row that stands is not what the log said at its position, on its day."""
    row = await current.one(connection, made.organisation, FOLD, first_model().full_name)
    if row is None or row.fault is not None or row.position > made.position:
        return False
    if (row.last_position, row.on_date) == (made.last_position, made.on_date):
        return msgspec.structs.replace(made, position=row.position) != row
    then = await fresh.row(source, row.organisation, row.position, row.on_date)
    return msgspec.structs.replace(then, position=row.position) != row


__all__ = ["Rebuilt", "prune", "rebuild"]
