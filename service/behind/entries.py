"""Rows of the log as the fold takes them."""

from __future__ import annotations

from collections.abc import Sequence

from service.domain.disclosure import Disclosure
from service.projections.history import Entry
from service.store import disclosed, reading
from service.store.appending import Connection


def entry(row: reading.Stored) -> Entry:
    """Return a row of the log as an entry of a history."""
    return Entry(row.position, row.event(), row.of())


async def entries(connection: Connection, code: str, after: int, up_to: int) -> Sequence[Entry]:
    """Return the entries of a history between two positions."""
    return [entry(row) for row in await reading.history(connection, code, after, up_to)]


async def entries_for(
    disclosure: Disclosure, connection: Connection, code: str, after: int, up_to: int
) -> Sequence[Entry]:
    """Return the entries of a history as those get them for whom it is disclosed so."""
    rows = await disclosed.history(disclosure, connection, code, after, up_to)
    return [Entry(row.position, row.event(), row.of(), disclosure) for row in rows]


__all__ = ["entries", "entries_for", "entry"]
