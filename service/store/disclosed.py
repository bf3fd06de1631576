"""The log as it is disclosed: for rounded readers the disclosed payload in the exact one's place.

Each statement is that of `reading` but for the columns, so it finds the same rows by the same
indexes. Neither the exact payload nor the hash that covers it leaves the database then (MODEL.md
§5).
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
from service.store import reading, scoped
from service.store.appending import Connection
from service.store.reading import COLUMNS, Filter, Stored

DISCLOSED: Final = """position, id, organisation, version, type, type_version, effective,
       recorded_at, recorded_by, about,
       CASE WHEN disclosed IS NULL THEN body
            WHEN body IS JSON THEN convert_to(jsonb_set(convert_from(body, 'UTF8')::jsonb, '{data}',
                                              convert_from(disclosed, 'UTF8')::jsonb)::text, 'UTF8')
            ELSE '{"data":null}'::bytea END AS body,
       target, NULL::bytea AS hash, disclosed IS NOT DISTINCT FROM 'null'::bytea AS withheld"""
"""Of a body that somebody changed behind the service's back nothing is given."""

PAGE: Final = reading.PAGE.replace(COLUMNS, DISCLOSED)
FILTERED: Final = reading.FILTERED.replace(COLUMNS, DISCLOSED)
OF_ORGANISATION: Final = reading.OF_ORGANISATION.replace(COLUMNS, DISCLOSED)
HISTORY: Final = reading.HISTORY.replace(COLUMNS, DISCLOSED)
OF_ORGANISATIONS: Final = scoped.OF_ORGANISATIONS.replace(COLUMNS, DISCLOSED)
ONE: Final = reading.ONE.replace(COLUMNS, DISCLOSED)
ABOUT: Final = reading.ABOUT.replace(COLUMNS, DISCLOSED)


async def page(  # noqa: PLR0913, PLR0917 - as `scoped.page`, and as it is disclosed
    disclosure: Disclosure,
    connection: Connection,
    wanted: Filter,
    after: int,
    up_to: int,
    limit: int,
) -> list[Stored]:
    """Return at most `limit` events after a position, in order."""
    if disclosure == EXACT:
        return await scoped.page(connection, wanted, after, up_to, limit)
    statement, given = scoped.paging(wanted, after, up_to, limit)
    in_place = {
        reading.PAGE: PAGE,
        reading.FILTERED: FILTERED,
        reading.OF_ORGANISATION: OF_ORGANISATION,
        scoped.OF_ORGANISATIONS: OF_ORGANISATIONS,
    }
    return _canonical(await connection.fetch(in_place[statement], *given))


async def history(
    disclosure: Disclosure, connection: Connection, organisation: str, after: int, up_to: int
) -> list[Stored]:
    """Return an organisation's own events and those that mention it, between two positions.

    Disclosed bodies are to be decoded, not shown: their members are in no order.
    """
    if disclosure == EXACT:
        return await reading.history(connection, organisation, after, up_to)
    rows = await connection.fetch(HISTORY, organisation, after, up_to)
    return [Stored(*row) for row in rows]


async def one(disclosure: Disclosure, connection: Connection, key: uuid.UUID) -> Stored | None:
    """Return one event by its id."""
    if disclosure == EXACT:
        return await reading.one(connection, key)
    found = _canonical(await connection.fetch(ONE, key))
    return found[0] if found else None


async def about(disclosure: Disclosure, connection: Connection, key: uuid.UUID) -> list[Stored]:
    """Return all that corrects, disputes, confirms, settles or retracts an event."""
    if disclosure == EXACT:
        return await reading.about(connection, key)
    return _canonical(await connection.fetch(ABOUT, key))


def _canonical(rows: Sequence[asyncpg.Record]) -> list[Stored]:
    """Return rows with their bodies in the order of every event, as far as they can be read."""
    found: list[Stored] = []
    for row in rows:
        stored = Stored(*row)
        event = stored.event()
        if isinstance(event, Event) and not stored.withheld:
            stored = msgspec.structs.replace(stored, body=codec.encode(event))
        found.append(stored)
    return found


__all__ = ["DISCLOSED", "about", "history", "one", "page"]
