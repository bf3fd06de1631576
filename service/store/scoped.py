"""Reading the log within a scope: events of some organisations, and those that name one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from service.store import reading
from service.store.appending import Connection
from service.store.reading import Filter, Stored

OF_ORGANISATIONS: Final = f"""
-- As FILTERED, for several organisations ($10): their own events and those that name them; $11, in
-- whose stream, may be NULL. Of each no more is looked at than fills the page.
-- Indexes: events_organisation_position, mentions_pkey, events_pkey.
SELECT {reading.COLUMNS} FROM events WHERE position IN (
    SELECT near.position FROM unnest($10::text[]) AS code CROSS JOIN LATERAL (
        (SELECT position FROM events
         WHERE organisation = code AND position > $1 AND position <= $2
           AND ($4::text[] IS NULL OR type = ANY($4))
           AND ($5::date IS NULL OR effective >= $5) AND ($6::date IS NULL OR effective <= $6)
           AND ($7::timestamptz IS NULL OR recorded_at >= $7)
           AND ($8::timestamptz IS NULL OR recorded_at < $8)
           AND ($9::bigint[] IS NULL OR position = ANY($9))
           AND ($11::text IS NULL OR organisation = $11)
         ORDER BY position LIMIT $3)
        UNION ALL
        (SELECT named.position FROM mentions AS named JOIN events AS event USING (position)
         WHERE named.organisation = code AND named.position > $1 AND named.position <= $2
           AND ($4::text[] IS NULL OR event.type = ANY($4))
           AND ($5::date IS NULL OR event.effective >= $5)
           AND ($6::date IS NULL OR event.effective <= $6)
           AND ($7::timestamptz IS NULL OR event.recorded_at >= $7)
           AND ($8::timestamptz IS NULL OR event.recorded_at < $8)
           AND ($9::bigint[] IS NULL OR named.position = ANY($9))
           AND ($11::text IS NULL OR event.organisation = $11)
         ORDER BY named.position LIMIT $3)
    ) AS near
)
ORDER BY position LIMIT $3
"""  # noqa: S608 - the columns are the constant above

NAMED_AT: Final = """
-- $1 positions: who is named at each. Index: mentions_position.
SELECT position, array_agg(organisation ORDER BY organisation) AS codes FROM mentions
WHERE position = ANY($1::bigint[]) GROUP BY position
"""


async def page(
    connection: Connection, wanted: Filter, after: int, up_to: int, limit: int
) -> list[Stored]:
    """Return at most `limit` events after a position, in order."""
    statement, given = paging(wanted, after, up_to, limit)
    return reading.stored(await connection.fetch(statement, *given))


def paging(wanted: Filter, after: int, up_to: int, limit: int) -> tuple[str, tuple[object, ...]]:
    """Return the statement that finds a page, and what it is given."""
    if wanted.among is None:
        return reading.paging(wanted, after, up_to, limit)
    given = reading.parameters(wanted, after, up_to, limit)
    return OF_ORGANISATIONS, (*given, list(wanted.among), wanted.organisation)


async def named_at(connection: Connection, positions: Sequence[int]) -> dict[int, frozenset[str]]:
    """Return who is named at some positions; nobody where one is left out."""
    rows = await connection.fetch(NAMED_AT, list(positions))
    return {row["position"]: frozenset(row["codes"]) for row in rows}


__all__ = ["named_at", "page", "paging"]
