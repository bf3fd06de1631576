"""Reading the log: by position, organisation, type and ranges; whole histories; one event.

Rows leave as Structs. Pages run by position, so that a page costs the same wherever it begins.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

import asyncpg
import msgspec
from msgspec import Struct

from service.domain import chain, codec, withheld
from service.domain.envelope import Event, Stamp, Target
from service.store.appending import Connection

COLUMNS = """position, id, organisation, version, type, type_version, effective, recorded_at,
       recorded_by, about, body, target, hash"""

HEAD: Final = """
-- The head of the log: its id, last position, hash and time.
SELECT log, position, hash, recorded_at FROM log_head
"""

REPLICA: Final = """
-- Whether the log is read on a replica, which may be behind. No relation.
SELECT pg_is_in_recovery()
"""

PAGE: Final = f"""
-- $1 after, $2 up to, $3 limit. The log in order. Index: events_pkey.
SELECT {COLUMNS} FROM events
WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3
"""  # noqa: S608 - the columns are the constant above

FILTERED: Final = f"""
-- $1 after, $2 up to, $3 limit; $4 types, $5 to $8 ranges, $9 positions may be NULL.
-- Index: events_pkey.
SELECT {COLUMNS} FROM events
WHERE position > $1 AND position <= $2
  AND ($4::text[] IS NULL OR type = ANY($4))
  AND ($5::date IS NULL OR effective >= $5) AND ($6::date IS NULL OR effective <= $6)
  AND ($7::timestamptz IS NULL OR recorded_at >= $7)
  AND ($8::timestamptz IS NULL OR recorded_at < $8)
  AND ($9::bigint[] IS NULL OR position = ANY($9))
ORDER BY position LIMIT $3
"""  # noqa: S608 - the columns are the constant above

OF_ORGANISATION: Final = f"""
-- As FILTERED, for one organisation ($10): its own events. Index: events_organisation_position.
SELECT {COLUMNS} FROM events
WHERE organisation = $10 AND position > $1 AND position <= $2
  AND ($4::text[] IS NULL OR type = ANY($4))
  AND ($5::date IS NULL OR effective >= $5) AND ($6::date IS NULL OR effective <= $6)
  AND ($7::timestamptz IS NULL OR recorded_at >= $7)
  AND ($8::timestamptz IS NULL OR recorded_at < $8)
  AND ($9::bigint[] IS NULL OR position = ANY($9))
ORDER BY position LIMIT $3
"""  # noqa: S608 - the columns are the constant above

HISTORY: Final = f"""
-- $1 organisation, $2 after, $3 up to: own events and mentions, read while the transaction, which
-- is this statement where there is no other, is confined to the organisation. Indexes:
-- events_organisation_position, mentions_pkey (mentions_position where little lies between),
-- events_pkey.
SELECT history.* FROM set_config('capmap.organisation', $1, true) AS confined (code)
CROSS JOIN LATERAL (
    SELECT {COLUMNS} FROM history_events
    WHERE confined.code IS NOT NULL AND history_of = $1 AND position > $2 AND position <= $3
    OFFSET 0  -- it is looked at after the scope is set, and not before
) AS history
ORDER BY position
"""  # noqa: S608 - the columns are the constant above

TOUCHED: Final = """
-- $1 after, $2 up to: the histories that grew, by how many entries, the last at which position.
-- Indexes: events_pkey, mentions_position.
SELECT organisation, count(*) AS entries, max(position) AS last
FROM (
    SELECT organisation, position FROM events WHERE position > $1 AND position <= $2
    UNION ALL
    SELECT organisation, position FROM mentions WHERE position > $1 AND position <= $2
) AS grown
GROUP BY organisation
"""

TAILS: Final = """
-- $1 codes, $2 after, $3 up to. How long each history is from there on, counted to 100,000.
-- Indexes: events_organisation_position, mentions_pkey.
SELECT code, (
    SELECT count(*) FROM (
        SELECT FROM events WHERE organisation = code AND position > after AND position <= $3
        UNION ALL
        SELECT FROM mentions WHERE organisation = code AND position > after AND position <= $3
        LIMIT 100000
    ) AS entries
) AS tail
FROM unnest($1::text[], $2::bigint[]) AS wanted (code, after)
"""

MENTIONED: Final = """
-- $1 from, $2 to: who is named at which position. Index: mentions_position.
SELECT position, array_agg(organisation ORDER BY organisation) AS codes FROM mentions
WHERE position BETWEEN $1 AND $2 GROUP BY position
"""

REGISTER: Final = f"""
-- $1 up to. The events that say which organisations there are. Index: events_register.
SELECT {COLUMNS} FROM events
WHERE position <= $1 AND type IN (
    'TrustRegistered', 'TrustChanged', 'TrustMerged', 'TrustClosed', 'SystemEstablished',
    'SystemRenamed', 'SystemClosed', 'SystemSucceeded', 'EventCorrected', 'EventRetracted'
)
ORDER BY position
"""  # noqa: S608 - the columns are the constant above

BELONGING: Final = f"""
-- $1 after, $2 up to. What says what each organisation is and where it belongs, with what corrects
-- or retracts it. Indexes: events_belonging, events_register.
SELECT {COLUMNS} FROM events
WHERE position > $1 AND position <= $2 AND type IN (
    'TrustRegistered', 'TrustMerged', 'TrustClosed', 'TrustJoinedSystem', 'TrustLeftSystem',
    'SystemEstablished', 'SystemClosed', 'SystemJoinedSystem', 'SystemLeftSystem'
)
UNION ALL
SELECT {COLUMNS} FROM events
WHERE position > $1 AND position <= $2 AND type IN ('EventCorrected', 'EventRetracted')
  AND (position('"type":"Trust'::bytea IN target) > 0
       OR position('"type":"System'::bytea IN target) > 0
       OR position('"type":"Event'::bytea IN target) > 0)
ORDER BY position
"""  # noqa: S608 - the columns are the constant above

ONE: Final = f"""
-- $1 id. Index: events_id.
SELECT {COLUMNS} FROM events WHERE id = $1
"""  # noqa: S608 - the columns are the constant above

ABOUT: Final = f"""
-- $1 id. All that corrects, disputes, confirms, settles or retracts it, step by step.
-- Indexes: events_about, events_pkey.
WITH RECURSIVE tree AS (
    SELECT id, position FROM events WHERE about = $1
    UNION
    SELECT event.id, event.position FROM events AS event JOIN tree ON event.about = tree.id
)
SELECT {COLUMNS} FROM events WHERE position IN (SELECT position FROM tree) ORDER BY position
"""  # noqa: S608 - the columns are the constant above

RECORDED_AT: Final = """
-- $1 position. When it was recorded. Index: events_pkey.
SELECT recorded_at, hash FROM events WHERE position = $1
"""


class Head(Struct, frozen=True):
    """Where the log ends."""

    log: uuid.UUID
    position: int
    hash: bytes
    recorded_at: dt.datetime


class Stored(Struct, frozen=True, gc=False):
    """One row of the log. As rounded readers get it: without hash; withheld: without payload.

    rewritten: the body is not the recorded bytes.
    """

    position: int
    id: uuid.UUID
    organisation: str
    version: int
    type: str
    type_version: int
    effective: dt.date
    recorded_at: dt.datetime
    recorded_by: str
    about: uuid.UUID | None
    body: bytes
    target: bytes | None
    hash: bytes | None
    withheld: bool = False
    rewritten: bool = False

    def line(self) -> bytes:
        """Return the event as it is fed and exported: stored bytes and hash."""
        whole = chain.stored(self.body, self.stamp(), self.target)
        if self.hash is None:
            return whole
        return b'%b,"hash":"%b"}' % (whole[:-1], self.hash.hex().encode())

    def stamp(self) -> Stamp:
        """Return what the log added to the event."""
        return Stamp(
            self.position,
            self.version,
            self.recorded_at,
            self.recorded_by,
            self.type_version,
            self.of(),
        )

    def of(self) -> Target | None:
        """Return what the event refers to, as the service added it."""
        return msgspec.json.decode(self.target, type=Target) if self.target else None

    def event(self) -> Event | codec.Unread:
        """Return the event, decoded and upcast, or what cannot be read."""
        if self.withheld:
            return withheld.read(self.body, self.type, self.organisation, self.about)
        return codec.read(self.body, self.type, self.type_version, self.organisation)


class Touched(Struct, frozen=True, gc=False):
    """How a history grew: by so many entries, the last of them at a position."""

    entries: int
    last: int


class Filter(Struct, frozen=True):
    """Which events are wanted; None is any. Ranges of days include both ends.

    organisation: in whose stream. among: of these, or naming one of them; `scoped` reads those.
    """

    organisation: str | None = None
    among: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    effective_from: dt.date | None = None
    effective_to: dt.date | None = None
    recorded_from: dt.datetime | None = None
    recorded_before: dt.datetime | None = None
    positions: tuple[int, ...] | None = None


EVERYTHING: Final = Filter()


async def head(connection: Connection) -> Head:
    """Return the head of the log."""
    row = await connection.fetchrow(HEAD)
    assert row is not None  # noqa: S101 - the migration wrote the row
    return Head(row["log"], row["position"], row["hash"], row["recorded_at"])


async def on_replica(connection: Connection) -> bool:
    """Tell whether the log is read on a replica, which may be behind."""
    return bool(await connection.fetchval(REPLICA))


async def page(
    connection: Connection, wanted: Filter, after: int, up_to: int, limit: int
) -> list[Stored]:
    """Return at most `limit` events after a position, in order."""
    statement, given = paging(wanted, after, up_to, limit)
    return stored(await connection.fetch(statement, *given))


def paging(wanted: Filter, after: int, up_to: int, limit: int) -> tuple[str, tuple[object, ...]]:
    """Return the statement that finds a page, and what it is given."""
    if wanted == EVERYTHING:
        return PAGE, (after, up_to, limit)
    given = parameters(wanted, after, up_to, limit)
    if wanted.organisation is None:
        return FILTERED, given
    return OF_ORGANISATION, (*given, wanted.organisation)


def parameters(wanted: Filter, after: int, up_to: int, limit: int) -> tuple[object, ...]:
    """Return $1 to $9 of FILTERED."""
    types = list(wanted.types) if wanted.types is not None else None
    positions = list(wanted.positions) if wanted.positions is not None else None
    return (
        after, up_to, limit, types, wanted.effective_from, wanted.effective_to,
        wanted.recorded_from, wanted.recorded_before, positions,
    )  # fmt: skip


def stored(rows: Sequence[asyncpg.Record]) -> list[Stored]:
    """Return rows of COLUMNS."""
    return [Stored(*row) for row in rows]


async def pages(
    connection: Connection, wanted: Filter, after: int, up_to: int, size: int = 1000
) -> AsyncIterator[list[Stored]]:
    """Yield the log page by page in bounded memory; the next page is fetched meanwhile."""
    coming = asyncio.ensure_future(page(connection, wanted, after, up_to, size))
    try:
        while found := await coming:
            if len(found) == size:
                coming = asyncio.ensure_future(
                    page(connection, wanted, found[-1].position, up_to, size)
                )
            yield found
            if len(found) < size:
                return
    finally:
        if not coming.done():
            await asyncio.wait([coming])


async def history(
    connection: Connection, organisation: str, after: int, up_to: int
) -> list[Stored]:
    """Return an organisation's own events and those that mention it, between two positions."""
    return stored(await connection.fetch(HISTORY, organisation, after, up_to))


async def touched(connection: Connection, after: int, up_to: int) -> dict[str, Touched]:
    """Return whose histories grew between two positions, and by how much."""
    rows = await connection.fetch(TOUCHED, after, up_to)
    return {row["organisation"]: Touched(row["entries"], row["last"]) for row in rows}


async def tails(connection: Connection, ends: Mapping[str, int], up_to: int) -> dict[str, int]:
    """Return how many entries of each history lie after a position of its own."""
    rows = await connection.fetch(TAILS, list(ends), list(ends.values()), up_to)
    return {row["code"]: row["tail"] for row in rows}


async def mentioned(connection: Connection, first: int, last: int) -> dict[int, tuple[str, ...]]:
    """Return who is named at which position between two, both included."""
    rows = await connection.fetch(MENTIONED, first, last)
    return {row["position"]: tuple(row["codes"]) for row in rows}


async def register(connection: Connection, up_to: int) -> list[Stored]:
    """Return the events that say which organisations there are."""
    return stored(await connection.fetch(REGISTER, up_to))


async def belonging(connection: Connection, after: int, up_to: int) -> list[Stored]:
    """Return the events that say what organisations are and where they belong, in order."""
    return stored(await connection.fetch(BELONGING, after, up_to))


async def one(connection: Connection, key: uuid.UUID) -> Stored | None:
    """Return one event by its id."""
    row = await connection.fetchrow(ONE, key)
    return Stored(*row) if row is not None else None


async def about(connection: Connection, key: uuid.UUID) -> list[Stored]:
    """Return all that corrects, disputes, confirms, settles or retracts an event."""
    return stored(await connection.fetch(ABOUT, key))


async def position_before(connection: Connection, instant: dt.datetime, up_to: int) -> int:
    """Return the last position recorded before an instant; 0 if there is none.

    Recorded time never falls as position rises, so halving finds it in log2(n) look-ups by key.
    """
    low, high = 0, up_to
    while low < high:
        middle = (low + high + 1) // 2
        found = await recorded(connection, middle)
        if found is not None and found[0] < instant:
            low = middle
        else:
            high = middle - 1
    return low


async def recorded(connection: Connection, position: int) -> tuple[dt.datetime, bytes] | None:
    """Return when a position was recorded, and its hash; None if it is not in the log."""
    row = await connection.fetchrow(RECORDED_AT, position)
    return (row["recorded_at"], row["hash"]) if row is not None else None
