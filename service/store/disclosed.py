"""The log as it is disclosed: for rounded readers the disclosed payload in the exact one's place.

Each statement is that of `reading` or `scoped` but for the columns and one parameter behind the
others: of whom the reader gets exact counts. So it finds the same rows by the same indexes. Neither
the exact payload nor the hash that covers it leaves the database for anybody else (MODEL.md §5).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

import asyncpg
import msgspec

from service.domain import codec
from service.domain.disclosure import EXACT, Disclosure
from service.domain.envelope import Event
from service.domain.roles import ALL, Organisations
from service.store import reading, scoped
from service.store.appending import Connection
from service.store.reading import COLUMNS, Filter, Stored

DISCLOSED: Final = """position, id, organisation, version, type, type_version, effective,
       recorded_at, recorded_by, about,
       CASE WHEN disclosed IS NULL OR organisation = ANY($exact::text[]) THEN body
            WHEN body IS JSON THEN convert_to(jsonb_set(convert_from(body, 'UTF8')::jsonb, '{data}',
                                              convert_from(disclosed, 'UTF8')::jsonb)::text, 'UTF8')
            ELSE '{"data":null}'::bytea END AS body,
       target, CASE WHEN organisation = ANY($exact::text[]) THEN hash END AS hash,
       disclosed IS NOT DISTINCT FROM 'null'::bytea AND organisation <> ALL($exact::text[])
           AS withheld"""
"""$exact: of whom everything is given. Of a body that somebody changed behind the service's back
nothing is given to others.
"""


def _disclosed(statement: str, place: int) -> str:
    """Return a statement that reads what is disclosed; place: of the parameter behind its own."""
    return statement.replace(COLUMNS, DISCLOSED.replace("$exact", f"${place}"))


PAGE: Final = _disclosed(reading.PAGE, 4)
FILTERED: Final = _disclosed(reading.FILTERED, 10)
OF_ORGANISATION: Final = _disclosed(reading.OF_ORGANISATION, 11)
OF_ORGANISATIONS: Final = _disclosed(scoped.OF_ORGANISATIONS, 12)
HISTORY: Final = _disclosed(reading.HISTORY, 4)
ONE: Final = _disclosed(reading.ONE, 2)
ABOUT: Final = _disclosed(reading.ABOUT, 2)
_IN_PLACE: Final = {
    reading.PAGE: PAGE,
    reading.FILTERED: FILTERED,
    reading.OF_ORGANISATION: OF_ORGANISATION,
    scoped.OF_ORGANISATIONS: OF_ORGANISATIONS,
}


async def page(  # noqa: PLR0913, PLR0917 - as `scoped.page`, and of whom everything is given
    exact: Organisations,
    connection: Connection,
    wanted: Filter,
    after: int,
    up_to: int,
    limit: int,
) -> list[Stored]:
    """Return at most `limit` events after a position, in order."""
    if exact == ALL:
        return await scoped.page(connection, wanted, after, up_to, limit)
    statement, given = scoped.paging(wanted, after, up_to, limit)
    return _canonical(await connection.fetch(_IN_PLACE[statement], *given, list(exact)))


async def history(
    disclosure: Disclosure, connection: Connection, organisation: str, after: int, up_to: int
) -> list[Stored]:
    """Return an organisation's own events and those that mention it, between two positions.

    Disclosed bodies are to be decoded, not shown: their members are in no order.
    """
    if disclosure == EXACT:
        return await reading.history(connection, organisation, after, up_to)
    rows = await connection.fetch(HISTORY, organisation, after, up_to, [])
    return [Stored(*row) for row in rows]


async def one(exact: Organisations, connection: Connection, key: uuid.UUID) -> Stored | None:
    """Return one event by its id."""
    if exact == ALL:
        return await reading.one(connection, key)
    found = _canonical(await connection.fetch(ONE, key, list(exact)))
    return found[0] if found else None


async def about(exact: Organisations, connection: Connection, key: uuid.UUID) -> list[Stored]:
    """Return all that corrects, disputes, confirms, settles or retracts an event."""
    if exact == ALL:
        return await reading.about(connection, key)
    return _canonical(await connection.fetch(ABOUT, key, list(exact)))


def _canonical(rows: Sequence[asyncpg.Record]) -> list[Stored]:
    """Return rows with their bodies in the order of every event, as far as they can be read.

    An event with its hash is as it was recorded.
    """
    found: list[Stored] = []
    for row in rows:
        stored = Stored(*row)
        event = stored.event() if stored.hash is None and not stored.withheld else None
        if isinstance(event, Event):
            stored = msgspec.structs.replace(stored, body=codec.encode(event))
        found.append(stored)
    return found


__all__ = ["DISCLOSED", "about", "history", "one", "page"]
