"""What the audit found: packs and rows that are not what the log says; until they are again."""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec import Struct

from service.store.appending import Connection

FOUND: Final = """
-- Every mismatch that stands. None, or few.
SELECT what, organisation, number, fold, position, reason, found_at FROM mismatches
ORDER BY what, organisation, number, fold
"""

NOTE: Final = """
-- $1 what, $2 organisation, $3 number, $4 fold, $5 position, $6 reason, $7 now. The first finding
-- stands. Index: mismatches_pkey.
INSERT INTO mismatches (what, organisation, number, fold, position, reason, found_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
"""

CLEAR: Final = """
-- $1 what, $2 organisation, $3 number, $4 fold. It is as the log says. Index: mismatches_pkey.
DELETE FROM mismatches WHERE what = $1 AND organisation = $2 AND number = $3 AND fold = $4
"""

FORGET: Final = """
-- All was made anew from the log. None, or few.
DELETE FROM mismatches
"""


class Mismatch(Struct, frozen=True):
    """A pack or row that is not what the log says up to a position."""

    what: str
    organisation: str
    number: int
    fold: str
    position: int
    reason: str
    found_at: dt.datetime


async def found(connection: Connection) -> list[Mismatch]:
    """Return every mismatch that stands."""
    return [Mismatch(*row) for row in await connection.fetch(FOUND)]


async def note(connection: Connection, one: Mismatch) -> None:
    """Note a mismatch; the first finding of it stands."""
    await connection.execute(
        NOTE, one.what, one.organisation, one.number, one.fold, one.position, one.reason,
        one.found_at,
    )  # fmt: skip


async def clear(
    connection: Connection, what: str, organisation: str, number: int, fold: str
) -> None:
    """Note that a pack or row is as the log says."""
    await connection.execute(CLEAR, what, organisation, number, fold)


async def forget(connection: Connection) -> None:
    """Note that everything was made anew."""
    await connection.execute(FORGET)


__all__ = ["Mismatch", "clear", "forget", "found", "note"]
