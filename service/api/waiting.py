"""Current rows for lists: read where they say just what the log says, waited for when asked to.

A list at the head of the log needs rows of that day that have taken in the last event that says
which organisations there are; later events of other types change nothing in it. Where rows are not
there yet, the list is folded from the register part of the log, as for any other moment.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec

from service.behind.rows import WORKER
from service.domain.faults import Fault
from service.domain.model import first_model
from service.domain.problems import Problem, Refused
from service.projections.organisations import Summary
from service.projections.version import FOLD
from service.store import current, pool, progress, reading
from service.store.appending import Connection

PATIENCE: Final = 5.0
"""Seconds that a read waits for what is behind (CONVENTIONS.md 4)."""
LOOK: Final = 0.02
"""Seconds between two looks."""
_KINDS: Final = ("trust", "system")
_SUMMARY: Final = msgspec.json.Decoder(Summary)


async def reached(reads: pool.Pool, position: int) -> None:
    """Return once rows have taken in a position; raises Refused, saying what lags, after 5 s.

    A position that nobody can have been told, as the log ends before it, is refused at once; on a
    replica the log itself may lag.
    """
    lags = ""
    try:
        async with asyncio.timeout(PATIENCE):
            # What is waited for is written by other processes: there is nothing to be set here.
            while lags := await _lag(reads, position):  # noqa: ASYNC110 - as the line above
                await asyncio.sleep(LOOK)
    except TimeoutError:
        said = f"after {PATIENCE:g} s {lags or 'the database does not answer'}"
        raise Refused(Problem("unavailable", said)) from None


async def _lag(reads: pool.Pool, position: int) -> str:
    """Return what lags behind a position; empty if nothing does."""
    async with pool.lent(reads) as connection:
        head = (await reading.head(connection)).position
        if head < position and not await reading.on_replica(connection):
            rule = f"must not lie beyond the head of the log, position {head}"
            fault = Fault("?wait_for", "wait_for", rule, value=str(position))
            raise Refused(Problem("invalid_parameter", f"wait_for {rule}", (fault,)))
        if head < position:
            return f"the log that is read ends at {head}, before {position}"
        rows = await _rows(connection)
    return f"current rows are at {rows}, before {position}" if rows < position else ""


async def _rows(connection: Connection) -> int:
    try:
        return await progress.reached(connection, WORKER, FOLD)
    except progress.MovedError:
        return 0


async def summaries(connection: Connection, on: dt.date, head: int) -> Sequence[Summary] | None:
    """Return all organisations from rows, or None where they do not say what the log says.

    connection: a snapshot of the log that ends at `head` or later.
    """
    said = await current.said(connection)
    if not 0 < said <= min(head, await _rows(connection)):
        return None
    rows = await current.listed(connection, FOLD, first_model().full_name, _KINDS)
    if any(row.on_date != on or row.fault is not None for row in rows):
        return None
    return [_SUMMARY.decode(row.summary) for row in rows]


__all__ = ["reached", "summaries"]
