"""SQL of appending: lock the head, look up what a group of batches needs, insert, move the head."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

import asyncpg
from msgspec import Struct

from service.domain import access, links
from service.domain.admission import (
    REGISTRATIONS,
    Admitted,
    Batch,
    Seen,
    Standing,
    Stream,
)
from service.domain.disclosure import POLICY
from service.domain.envelope import Event, type_name
from service.domain.references import reference, references
from service.domain.referred import Referred, grown
from service.domain.register import TYPE_OF

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:  # asyncpg's class takes no parameter at run time
    Connection = asyncpg.Connection

LOCK_HEAD: Final = """
-- Lock the head row: from here to the commit nobody else appends, so positions have no gap.
SELECT position, hash, greatest(recorded_at, clock_timestamp()) AS now,
       (SELECT secret FROM log_secret) AS secret
FROM log_head FOR UPDATE
"""

CLOCK: Final = """
-- $1 the head's instant. The server's clock, never before it. No relation.
SELECT greatest($1::timestamptz, clock_timestamp()) AS now
"""

SEEN: Final = """
-- $1 ids. Which are in the log, where, with which content. Index: events_id.
SELECT id, position, hash, body FROM unnest($1::uuid[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT position, hash, body FROM events WHERE events.id = asked.id
    OFFSET 0  -- else a planner that is asked for a thousand ids reads the whole log
) AS event
"""

STREAMS: Final = """
-- $1 codes. Version and first type of each stream. Index: events_organisation_position.
SELECT code, newest.version, oldest.type
FROM unnest($1::text[]) AS code
CROSS JOIN LATERAL (
    SELECT version FROM events WHERE organisation = code ORDER BY position DESC LIMIT 1
) AS newest
CROSS JOIN LATERAL (
    SELECT type FROM events WHERE organisation = code ORDER BY position LIMIT 1
) AS oldest
"""

REFERRED: Final = """
-- $1 ids. The events referred to, and all events about them, with every code each ever named.
-- Indexes: events_id, events_about, events_pkey, mentions_position.
WITH RECURSIVE tree AS (
    SELECT id, position FROM events WHERE id = ANY($1::uuid[])
    UNION
    SELECT event.id, event.position FROM tree CROSS JOIN LATERAL (
        SELECT id, position FROM events WHERE about = tree.id
        OFFSET 0  -- else a planner that takes the tree for a large one reads all of the index
    ) AS event
)
SELECT event.id, event.position, event.type, event.type_version, event.organisation, event.body,
       event.about, coalesce(named.codes, '{}') AS codes
FROM tree CROSS JOIN LATERAL (
    SELECT id, position, type, type_version, organisation, body, about FROM events
    WHERE position = tree.position
    OFFSET 0  -- as above
) AS event
CROSS JOIN LATERAL (
    SELECT array_agg(organisation) AS codes FROM mentions WHERE position = event.position
) AS named
"""

LINKED: Final = """
-- Mergers and memberships of systems, and what corrects or retracts them, step by step: bodies as
-- they are, for `links` to judge. Indexes: events_links, events_about.
WITH RECURSIVE linked AS (
    SELECT position, id, organisation, type, type_version, effective, about, body FROM events
    WHERE type IN ('TrustMerged', 'SystemJoinedSystem', 'SystemLeftSystem')
    UNION ALL
    SELECT event.* FROM linked CROSS JOIN LATERAL (
        SELECT position, id, organisation, type, type_version, effective, about, body FROM events
        WHERE about = linked.id AND type IN ('EventCorrected', 'EventRetracted')
          AND position > linked.position
        OFFSET 0  -- as in REFERRED
    ) AS event
)
SELECT position, id, organisation, type, type_version, effective, about, body FROM linked
"""

INSERT: Final = """
-- One row an element of the arrays; $4 to $6 are the same for all of a group.
INSERT INTO events (position, id, organisation, recorded_at, policy, version, type, type_version,
                    effective, recorded_by, about, body, target, disclosed, salt, hash)
SELECT new.position, new.id, new.organisation, $4::timestamptz, $5::text, new.version, new.type,
       new.type_version, new.effective, new.recorded_by, new.about, new.body, new.target,
       new.disclosed, new.salt, new.hash
FROM unnest($1::bigint[], $2::uuid[], $3::text[], $6::integer[], $7::text[], $8::smallint[],
            $9::date[], $10::text[], $11::uuid[], $12::bytea[], $13::bytea[], $14::bytea[],
            $15::bytea[], $16::bytea[])
     AS new (position, id, organisation, version, type, type_version, effective, recorded_by,
             about, body, target, disclosed, salt, hash)
"""

MENTION: Final = """
-- $1 codes, $2 positions: who is named where.
INSERT INTO mentions (organisation, position)
SELECT code, place FROM unnest($1::text[], $2::bigint[]) AS new (code, place)
"""

MOVE_HEAD: Final = """
-- $1 position, $2 hash, $3 recorded at: the head is where the last insert ended.
UPDATE log_head SET position = $1, hash = $2, recorded_at = $3
"""


class Head(Struct, frozen=True):
    """Where the log ends. now: what the next event is recorded at; secret: rounding's key."""

    position: int
    hash: bytes
    now: dt.datetime
    secret: bytes


async def lock(connection: Connection) -> Head:
    """Lock the head until the transaction ends, and return it."""
    row = await connection.fetchrow(LOCK_HEAD)
    assert row is not None  # noqa: S101 - the migration wrote it
    return Head(row["position"], row["hash"], row["now"], row["secret"])


async def standing(connection: Connection, batches: Sequence[Batch], head: Head) -> Standing:
    """Return what the log, up to its locked head, knows of all that the batches touch."""
    events = [submitted.event for batch in batches for submitted in batch.events]
    about = {named.id for event in events for named in references(event)}
    targets = grown(await _with_originals(connection, about)) if about else {}
    touched = _touch_links(events, targets)
    return Standing(
        position=head.position,
        hash=head.hash,
        now=head.now,
        secret=head.secret,
        seen=await _seen(connection, events),
        streams=await _streams(connection, _codes(batches, events)),
        referred=targets,
        links=await linked(connection) if touched else {},
        wanted=frozenset(about),
    )


async def ahead(
    connection: Connection, batches: Sequence[Batch], before: Standing
) -> Standing | None:
    """Return what the log will know once the group in flight, which left `before`, has landed.

    To be called while the group in flight holds the head: nobody else can add to the log until it
    lands. None where events refer to others or tie organisations: that is looked up under the lock.
    """
    events = [submitted.event for batch in batches for submitted in batch.events]
    if any(references(event) or type_name(event) in links.ORIGINALS for event in events):
        return None
    now: dt.datetime = await connection.fetchval(CLOCK, before.now)
    codes = _codes(batches, events)
    seen = await _seen(connection, events)
    streams = await _streams(connection, codes)
    for event in events:
        if event.id in before.seen:
            seen[event.id] = before.seen[event.id]
    streams |= {code: before.streams[code] for code in codes if code in before.streams}
    return Standing(before.position, before.hash, now, before.secret, seen, streams, {}, {})


def _codes(batches: Sequence[Batch], events: Sequence[Event]) -> set[str]:
    """Return the codes whose streams are touched, named in versions, or the trusts of sites."""
    codes = {event.organisation for event in events}
    codes |= {code[:3] for code in codes if len(code) == 5}
    # What is no code has no stream; asked for, a NUL in it would fail the whole group.
    return codes | {code for batch in batches for code in batch.expected if code.isalnum()}


async def _seen(connection: Connection, events: Sequence[Event]) -> dict[uuid.UUID, Seen]:
    rows = await connection.fetch(SEEN, [event.id for event in events])
    return {row["id"]: Seen(row["position"], row["hash"], row["body"]) for row in rows}


async def _streams(connection: Connection, codes: set[str]) -> dict[str, Stream]:
    found: dict[str, Stream] = {}
    for row in await connection.fetch(STREAMS, list(codes)):
        bearer: Literal["trust", "system"] = (
            "system" if REGISTRATIONS.get(row["type"]) == "system" else "trust"
        )
        found[row["code"]] = Stream(row["version"], bearer)
    return found


async def referred(connection: Connection, ids: set[uuid.UUID]) -> dict[uuid.UUID, Referred]:
    """Return events that others refer to and all about them, each with what itself named."""
    return {
        row["id"]: Referred(
            row["position"], row["type"], row["type_version"], row["organisation"], row["body"],
            row["about"], frozenset(row["codes"]),
        )
        for row in await connection.fetch(REFERRED, list(ids))
    }  # fmt: skip


async def _with_originals(connection: Connection, ids: set[uuid.UUID]) -> dict[uuid.UUID, Referred]:
    """Return the same, and of a correction or retraction what it is about: who may record that."""
    found: dict[uuid.UUID, Referred] = {}
    wanted = ids
    while wanted:
        found |= await referred(connection, wanted)
        about = {one.about for one in found.values() if one.type in access.CHANGES and one.about}
        wanted = about - found.keys()
    return found


async def linked(connection: Connection) -> dict[str, list[links.Told]]:
    """Return what was told of mergers and memberships of systems, by organisation."""
    return links.read([links.Row(*row) for row in await connection.fetch(LINKED)])


def _touch_links(events: Sequence[Event], targets: Mapping[uuid.UUID, Referred]) -> bool:
    """Tell whether events may make or change a link.

    What an earlier correction or retraction was about is not looked up: any of them counts.
    """
    kinds = {TYPE_OF[kind].name for kind in set(map(type, events))}
    if kinds.isdisjoint(links.CHANGES):
        return not kinds.isdisjoint(links.ORIGINALS)
    changes = [event for event in events if type_name(event) in links.CHANGES]
    changed = [targets.get(found) for event in changes if (found := reference(event))]
    kinds = kinds - links.CHANGES | {target.type for target in changed if target}
    return not kinds.isdisjoint(links.ORIGINALS | links.CHANGES)


FEW: Final = 64
"""Up to so many events INSERT is quicker than COPY, which takes a round trip more."""


async def insert(connection: Connection, admitted: Sequence[Admitted], now: dt.datetime) -> None:
    """Insert the admitted events with their mentions and move the head behind them."""
    last = admitted[-1]
    if len(admitted) <= FEW:
        await connection.execute(INSERT, *columns(admitted, now))
    else:
        rows = (row(one, now) for one in admitted)
        await connection.copy_records_to_table("events", records=rows, columns=COPIED)
    named = [(code, one.stamp.position) for one in admitted for code in one.named]
    if named:
        codes, places = zip(*named, strict=True)
        await connection.execute(MENTION, list(codes), list(places))
    await connection.execute(MOVE_HEAD, last.stamp.position, last.hash, now)


COPIED: Final = (
    "position", "id", "organisation", "version", "type", "type_version", "effective",
    "recorded_at", "recorded_by", "about", "body", "target", "disclosed", "policy", "salt", "hash",
)  # fmt: skip


def row(one: Admitted, now: dt.datetime) -> tuple[object, ...]:
    """Return an event as COPY takes it, in the order of COPIED."""
    event, stamp = one.event, one.stamp
    return (
        stamp.position, event.id, event.organisation, stamp.version, one.type, stamp.type_version,
        event.effective, now, stamp.recorded_by, one.about, one.body, one.target, one.disclosed,
        POLICY, one.salt, one.hash,
    )  # fmt: skip


def columns(admitted: Sequence[Admitted], now: dt.datetime) -> tuple[object, ...]:
    """Return the parameters of INSERT for these events, an array a column."""
    return (
        [one.stamp.position for one in admitted],
        [one.event.id for one in admitted],
        [one.event.organisation for one in admitted],
        now,
        POLICY,
        [one.stamp.version for one in admitted],
        [one.type for one in admitted],
        [one.stamp.type_version for one in admitted],
        [one.event.effective for one in admitted],
        [one.stamp.recorded_by for one in admitted],
        [one.about for one in admitted],
        [one.body for one in admitted],
        [one.target for one in admitted],
        [one.disclosed for one in admitted],
        [one.salt for one in admitted],
        [one.hash for one in admitted],
    )


__all__ = [
    "FEW", "Connection", "Head", "ahead", "columns", "insert", "linked", "lock", "referred",
    "standing",
]  # fmt: skip
