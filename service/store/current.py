"""Current pictures as rows: written behind the log, overwritten only by what is newer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from service.store import reading
from service.store.appending import Connection

_COLUMNS: Final = """organisation, on_date, position, last_position, kind, name, trust_type,
       system_kind, host, status, rests_on, placed_by, summary, picture, fault"""

GROWN: Final = """
-- $1 after, $2 up to, $3 types that place organisations: whose histories grew, and whether by one
-- of those types. Indexes: events_pkey, mentions_position.
SELECT organisation, bool_or(places) AS places
FROM (
    SELECT organisation, type = ANY($3::text[]) AS places FROM events
    WHERE position > $1 AND position <= $2
    UNION ALL
    SELECT mentions.organisation, events.type = ANY($3::text[])
    FROM mentions JOIN events USING (position)
    WHERE mentions.position > $1 AND mentions.position <= $2
) AS grown
GROUP BY organisation
"""

EVERYBODY: Final = """
-- Every organisation that the log holds or names, one step into the indexes each.
-- Indexes: events_organisation_position, mentions_pkey.
WITH RECURSIVE own AS (
    (SELECT organisation FROM events ORDER BY organisation LIMIT 1)
    UNION ALL
    SELECT (SELECT events.organisation FROM events WHERE events.organisation > own.organisation
            ORDER BY events.organisation LIMIT 1)
    FROM own WHERE own.organisation IS NOT NULL
), named AS (
    (SELECT organisation FROM mentions ORDER BY organisation LIMIT 1)
    UNION ALL
    SELECT (SELECT mentions.organisation FROM mentions
            WHERE mentions.organisation > named.organisation
            ORDER BY mentions.organisation LIMIT 1)
    FROM named WHERE named.organisation IS NOT NULL
)
SELECT organisation FROM own WHERE organisation IS NOT NULL
UNION SELECT organisation FROM named WHERE organisation IS NOT NULL
ORDER BY organisation
"""

RESTING: Final = """
-- $1 fold, $2 model, $3 histories that grew, $4 those that grew by a type that places. Who rests on
-- them. Indexes: current_pictures_rests_on, current_pictures_placed_by.
SELECT organisation FROM current_pictures
WHERE fold = $1 AND model = $2 AND (rests_on && $3::text[] OR placed_by && $4::text[])
"""

OLDER: Final = """
-- $1 fold, $2 model, $3 day, $4 limit. Rows of an older day. Some hundred in all, read whole.
SELECT organisation FROM current_pictures
WHERE fold = $1 AND model = $2 AND on_date < $3 ORDER BY organisation LIMIT $4
"""

PARKED: Final = """
-- $1 fold, $2 model. Rows whose picture could not be made. Some hundred rows in all, read whole.
SELECT organisation FROM current_pictures
WHERE fold = $1 AND model = $2 AND fault IS NOT NULL ORDER BY organisation
"""

WRITE: Final = """
-- A row an element; one that stands there stays if it knew more, or as much of a later day. Lists
-- of codes come joined by commas. Index: current_pictures_pkey.
INSERT INTO current_pictures AS old
    (fold, model, organisation, on_date, position, last_position, kind, name, trust_type,
     system_kind, host, status, rests_on, placed_by, summary, picture, fault)
SELECT $1, $2, new.organisation, new.on_date, new.position, new.last_position, new.kind, new.name,
       new.trust_type, new.system_kind, new.host, new.status,
       string_to_array(new.rests_on, ','), string_to_array(new.placed_by, ','),
       new.summary::json, new.picture::json, new.fault
FROM unnest($3::text[], $4::date[], $5::bigint[], $6::bigint[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
            $15::text[], $16::text[], $17::text[])
     AS new (organisation, on_date, position, last_position, kind, name, trust_type, system_kind,
             host, status, rests_on, placed_by, summary, picture, fault)
ON CONFLICT (organisation, fold, model) DO UPDATE
SET on_date = excluded.on_date, position = excluded.position,
    last_position = excluded.last_position, kind = excluded.kind, name = excluded.name,
    trust_type = excluded.trust_type, system_kind = excluded.system_kind, host = excluded.host,
    status = excluded.status, rests_on = excluded.rests_on, placed_by = excluded.placed_by,
    summary = excluded.summary, picture = excluded.picture, fault = excluded.fault
WHERE (old.position, old.on_date) <= (excluded.position, excluded.on_date)
"""

PLACED: Final = f"""
-- $1 organisation, $2 up to, $3 types. What of a history says what it is and where it belongs, read
-- as reading.HISTORY is. Indexes: events_organisation_position, mentions_pkey, events_pkey.
SELECT history.* FROM set_config('capmap.organisation', $1, true) AS confined (code)
CROSS JOIN LATERAL (
    SELECT {reading.COLUMNS} FROM history_events
    WHERE confined.code IS NOT NULL
      AND history_of = $1 AND position <= $2 AND type = ANY($3::text[])
    OFFSET 0  -- it is looked at after the scope is set, and not before
) AS history
ORDER BY position
"""  # noqa: S608 - the columns are a constant

ONE: Final = f"""
-- $1 organisation, $2 fold, $3 model. Index: current_pictures_pkey.
SELECT {_COLUMNS} FROM current_pictures WHERE organisation = $1 AND fold = $2 AND model = $3
"""  # noqa: S608 - the columns are the constant above

LISTED: Final = """
-- $1 fold, $2 model, $3 kinds. The rows of a list in order of code, with those that could not be
-- made. Read whole: it lists them all.
SELECT organisation, on_date, summary, fault FROM current_pictures
WHERE fold = $1 AND model = $2 AND (kind = ANY($3::text[]) OR fault IS NOT NULL)
ORDER BY organisation
"""

SAID: Final = """
-- The last position that says which organisations there are. Index: events_register.
SELECT position FROM events
WHERE type IN (
    'TrustRegistered', 'TrustChanged', 'TrustMerged', 'TrustClosed', 'SystemEstablished',
    'SystemRenamed', 'SystemClosed', 'SystemSucceeded', 'EventCorrected', 'EventRetracted'
)
ORDER BY position DESC LIMIT 1
"""

REMOVE: Final = """
-- $1 organisations, $2 fold, $3 model. Rows of whom the log knows nothing. Index:
-- current_pictures_pkey.
DELETE FROM current_pictures WHERE organisation = ANY($1::text[]) AND fold = $2 AND model = $3
"""

REMOVE_UP_TO: Final = """
-- $1 organisation, $2 fold, $3 model, $4 position. A row that knew no more. Index:
-- current_pictures_pkey.
DELETE FROM current_pictures
WHERE organisation = $1 AND fold = $2 AND model = $3 AND position <= $4
"""

HELD: Final = """
-- $1 fold, $2 model. Who has a row. Some hundred rows, read whole.
SELECT organisation FROM current_pictures WHERE fold = $1 AND model = $2 ORDER BY organisation
"""

PRUNE: Final = """
-- $1 fold. Rows of every other fold version go. No index: it reads the table, seldom.
DELETE FROM current_pictures WHERE fold <> $1
"""


class Row(Struct, frozen=True):
    """One organisation's current picture. rests_on, placed_by: codes; summary, picture: JSON."""

    organisation: str
    on_date: dt.date
    position: int
    last_position: int
    kind: str
    name: str | None
    trust_type: str | None
    system_kind: str | None
    host: str | None
    status: str
    rests_on: tuple[str, ...]
    placed_by: tuple[str, ...]
    summary: str
    picture: str | None
    fault: str | None = None


class Listed(Struct, frozen=True, gc=False):
    """A row of a list."""

    organisation: str
    on_date: dt.date
    summary: str
    fault: str | None


class Grown(Struct, frozen=True):
    """Whose histories grew; placing: those that grew by a type that places organisations."""

    codes: frozenset[str]
    placing: frozenset[str]


async def grown(connection: Connection, after: int, up_to: int, types: Sequence[str]) -> Grown:
    """Return whose histories grew between two positions."""
    rows = await connection.fetch(GROWN, after, up_to, list(types))
    placing = frozenset(row["organisation"] for row in rows if row["places"])
    return Grown(frozenset(row["organisation"] for row in rows), placing)


async def everybody(connection: Connection) -> list[str]:
    """Return every organisation that the log holds or names."""
    return [row["organisation"] for row in await connection.fetch(EVERYBODY)]


async def resting(connection: Connection, fold: str, model: str, found: Grown) -> list[str]:
    """Return whose rows rest on histories that grew."""
    rows = await connection.fetch(RESTING, fold, model, list(found.codes), list(found.placing))
    return [row["organisation"] for row in rows]


async def older(
    connection: Connection, fold: str, model: str, day: dt.date, limit: int
) -> list[str]:
    """Return whose rows are of a day before."""
    rows = await connection.fetch(OLDER, fold, model, day, limit)
    return [row["organisation"] for row in rows]


async def parked(connection: Connection, fold: str, model: str) -> list[str]:
    """Return whose pictures could not be made."""
    return [row["organisation"] for row in await connection.fetch(PARKED, fold, model)]


async def write(connection: Connection, fold: str, model: str, rows: Sequence[Row]) -> None:
    """Write rows; none replaces one that knew more."""
    columns = zip(*(_values(row) for row in rows), strict=True)
    await connection.execute(WRITE, fold, model, *(list(column) for column in columns))


def _values(row: Row) -> tuple[object, ...]:
    values = list(msgspec.structs.astuple(row))
    values[10], values[11] = ",".join(row.rests_on), ",".join(row.placed_by)
    return tuple(values)


async def placing(
    connection: Connection, organisation: str, up_to: int, types: Sequence[str]
) -> list[reading.Stored]:
    """Return the events of some types of a history, as known at a position."""
    rows = await connection.fetch(PLACED, organisation, up_to, list(types))
    return [reading.Stored(*row) for row in rows]


async def one(connection: Connection, organisation: str, fold: str, model: str) -> Row | None:
    """Return the row of one organisation."""
    row = await connection.fetchrow(ONE, organisation, fold, model)
    if row is None:
        return None
    values = list(row.values())
    values[10], values[11] = tuple(values[10]), tuple(values[11])
    return Row(*values)


async def listed(
    connection: Connection, fold: str, model: str, kinds: Sequence[str]
) -> list[Listed]:
    """Return the rows of organisations of some kinds, in order of code."""
    return [Listed(*row) for row in await connection.fetch(LISTED, fold, model, list(kinds))]


async def said(connection: Connection) -> int:
    """Return the last position that says which organisations there are; 0 if none does."""
    return await connection.fetchval(SAID) or 0


async def held(connection: Connection, fold: str, model: str) -> list[str]:
    """Return who has a row."""
    return [row["organisation"] for row in await connection.fetch(HELD, fold, model)]


async def remove(connection: Connection, gone: Sequence[str], fold: str, model: str) -> None:
    """Remove the rows of organisations of whom the log knows nothing."""
    await connection.execute(REMOVE, list(gone), fold, model)


async def remove_up_to(
    connection: Connection, organisation: str, fold: str, model: str, position: int
) -> None:
    """Remove the row of an organisation unless it knew more than a position."""
    await connection.execute(REMOVE_UP_TO, organisation, fold, model, position)


async def prune(connection: Connection, fold: str) -> None:
    """Remove the rows of every other fold version."""
    await connection.execute(PRUNE, fold)


__all__ = [
    "Grown", "Listed", "Row", "everybody", "grown", "held", "listed", "older", "one", "parked",
    "placing", "prune", "remove", "remove_up_to", "resting", "said", "write",
]  # fmt: skip
