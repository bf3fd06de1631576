"""Rows of the log as the fold takes them."""

from __future__ import annotations

from collections.abc import Sequence

from service.projections.history import Entry
from service.store import reading
from service.store.appending import Connection


def entry(row: reading.Stored) -> Entry:
    """Return a row of the log as an entry of a history."""
    return Entry(row.position, row.event(), row.of())


async def entries(connection: Connection, code: str, after: int, up_to: int) -> Sequence[Entry]:
    """Return the entries of a history between two positions."""
    return [entry(row) for row in await reading.history(connection, code, after, up_to)]


__all__ = ["entries", "entry"]
