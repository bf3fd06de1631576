"""The log as it is disclosed: for rounded readers the disclosed payload in the exact one's place.

Each statement is that of `reading` or `scoped` but for the columns and one parameter behind the
others: of whom the reader gets exact counts. So it finds the same rows by the same indexes. Neither
the exact payload nor the hash that covers it leaves the database for anybody else (MODEL.md §5).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg
import msgspec

from service.domain import codec
from service.domain.disclosure import EXACT, POLICY, TOTALS, Disclosure
from service.domain.envelope import Event
from service.domain.reader import Reader
from service.domain.roles import ALL
from service.store import reading, scoped
from service.store.appending import Connection
from service.store.reading import COLUMNS, Filter, Stored

_COLUMNS: Final = """position, id, organisation, version, type, type_version, effective,
       recorded_at, recorded_by, about,
       CASE WHEN disclosed IS NULL OR organisation = ANY($exact::text[]) THEN body
            WHEN body IS JSON THEN convert_to(($payload)::text, 'UTF8')
            ELSE '{"data":null}'::bytea END AS body,
       target, CASE WHEN organisation = ANY($exact::text[]) THEN hash END AS hash,
       disclosed IS NOT DISTINCT FROM 'null'::bytea AND organisation <> ALL($exact::text[])
           AS withheld,
       disclosed IS NOT NULL AND organisation <> ALL($exact::text[]) AS rewritten"""
"""$exact: of whom everything is given. Of a body that somebody changed behind the service's back
nothing is given to others.
"""
_PAYLOADS: Final[Mapping[Disclosure, str]] = {
    POLICY: """jsonb_set(convert_from(body, 'UTF8')::jsonb, '{data}',
                         convert_from(disclosed, 'UTF8')::jsonb)""",
    TOTALS: """CASE disclosed WHEN 'null'::bytea
                 THEN jsonb_set(convert_from(body, 'UTF8')::jsonb, '{data}', 'null')
                 ELSE convert_from(body, 'UTF8')::jsonb #- '{data,by}' #- '{data,data,by}' END""",
}
"""The whole event as it is given: with what is disclosed, or without parts, a correction's too."""


_OWN: Final = {
    reading.PAGE: 3,
    reading.FILTERED: 9,
    reading.OF_ORGANISATION: 10,
    scoped.OF_ORGANISATIONS: 11,
    reading.HISTORY: 3,
    reading.ONE: 1,
    reading.ABOUT: 1,
}
"""The statements that are read so, and how many parameters each has of its own."""


def _disclosed(statement: str, disclosure: Disclosure) -> str:
    """Return a statement that reads what is disclosed, with one parameter more."""
    columns = _COLUMNS.replace("$payload", _PAYLOADS[disclosure])
    return statement.replace(COLUMNS, columns.replace("$exact", f"${_OWN[statement] + 1}"))


STATEMENTS: Final[Mapping[Disclosure, Mapping[str, str]]] = {
    disclosure: {statement: _disclosed(statement, disclosure) for statement in _OWN}
    for disclosure in _PAYLOADS
}
"""By what is disclosed and the statement of `reading` or `scoped` in whose place they are."""


async def page(  # noqa: PLR0913, PLR0917 - as `scoped.page`, and of whom everything is given
    reader: Reader,
    connection: Connection,
    wanted: Filter,
    after: int,
    up_to: int,
    limit: int,
) -> list[Stored]:
    """Return at most `limit` events after a position, in order."""
    if reader.exact == ALL or wanted.organisation in reader.exact:
        return await scoped.page(connection, wanted, after, up_to, limit)
    statement, given = scoped.paging(wanted, after, up_to, limit)
    found = STATEMENTS[reader.otherwise][statement]
    return _canonical(await connection.fetch(found, *given, list(reader.exact)))


async def history(
    disclosure: Disclosure, connection: Connection, organisation: str, after: int, up_to: int
) -> list[Stored]:
    """Return an organisation's own events and those that mention it, between two positions.

    Disclosed bodies are to be decoded, not shown: their members are in no order.
    """
    if disclosure == EXACT:
        return await reading.history(connection, organisation, after, up_to)
    statement = STATEMENTS[disclosure][reading.HISTORY]
    rows = await connection.fetch(statement, organisation, after, up_to, [])
    return [Stored(*row) for row in rows]


async def one(reader: Reader, connection: Connection, key: uuid.UUID) -> Stored | None:
    """Return one event by its id."""
    if reader.exact == ALL:
        return await reading.one(connection, key)
    statement = STATEMENTS[reader.otherwise][reading.ONE]
    found = _canonical(await connection.fetch(statement, key, list(reader.exact)))
    return found[0] if found else None


async def about(reader: Reader, connection: Connection, key: uuid.UUID) -> list[Stored]:
    """Return all that corrects, disputes, confirms, settles or retracts an event."""
    if reader.exact == ALL:
        return await reading.about(connection, key)
    statement = STATEMENTS[reader.otherwise][reading.ABOUT]
    return _canonical(await connection.fetch(statement, key, list(reader.exact)))


def _canonical(rows: Sequence[asyncpg.Record]) -> list[Stored]:
    """Return rows with their bodies in the order of every event, as far as they can be read."""
    found: list[Stored] = []
    for row in rows:
        stored = Stored(*row)
        event = stored.event() if stored.rewritten and not stored.withheld else None
        if isinstance(event, Event):
            stored = msgspec.structs.replace(stored, body=codec.encode(event))
        found.append(stored)
    return found


__all__ = ["STATEMENTS", "about", "history", "one", "page"]
