"""Verifying the log: every hash, column and mention derived again from the bytes, in order.

Reads the tables themselves, page by page by position, in the memory of one page; names the first
bad position (invariant 5).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import asyncpg
import msgspec
from msgspec import Struct

from service.domain import chain, codec, corrections, disclosure
from service.domain.catalogue.record.event_corrected import EventCorrected
from service.domain.disclosure import POLICY
from service.domain.envelope import Event, Stamp, Target
from service.domain.faults import Unfit
from service.domain.references import reference, references
from service.domain.referred import Referred, all_named, grown, remember
from service.domain.register import BY_NAME
from service.store import appending
from service.store.appending import Connection

CHAIN: Final = """
-- $1 after, $2 limit. All columns of the log in order. Index: events_pkey.
SELECT position, id, organisation, version, type, type_version, effective, recorded_at,
       recorded_by, about, body, target, disclosed, policy, salt, hash
FROM events WHERE position > $1 ORDER BY position LIMIT $2
"""

HEAD: Final = """
-- Where the head says that the log ends, and the key of the rounding.
SELECT position, hash, (SELECT secret FROM log_secret) AS secret FROM log_head
"""

NAMED: Final = """
-- $1 after, $2 up to. Who is named where. Index: mentions_position.
SELECT position, array_agg(organisation) AS codes FROM mentions
WHERE position > $1 AND position <= $2 GROUP BY position
"""

STRAY: Final = """
-- $1 the last position. The first position where somebody is named and no event stands, if any.
-- Indexes: mentions_position, events_pkey.
SELECT min(position) FROM mentions
WHERE (position < 1 OR position > $1)
  AND NOT EXISTS (SELECT FROM events WHERE events.position = mentions.position)
"""


class Verdict(Struct, frozen=True):
    """What verifying found: how far the log is sound, and the first thing that is not."""

    position: int
    hash: str
    bad: int | None = None
    reason: str | None = None


class _Page(Struct, frozen=True):
    """What the rows of a page are held against.

    events: what each position holds. named: whom it mentions. wanted: ids that rows of the page
    refer to. known: these, with all that was named by then; grows with the rows, as it did when
    they were admitted.
    """

    events: Mapping[int, Event | codec.Unread]
    named: Mapping[int, frozenset[str]]
    wanted: frozenset[uuid.UUID]
    known: dict[uuid.UUID, Referred]
    secret: bytes


async def verify(
    connection: Connection, *, progress: Callable[[int, int], None], size: int = 2000
) -> Verdict:
    """Return whether the log is sound; `progress` is called with the position and the head's."""
    head = await connection.fetchrow(HEAD)
    assert head is not None  # noqa: S101 - the migration wrote the row
    position, previous = 0, chain.GENESIS
    versions: dict[str, int] = {}
    while rows := await connection.fetch(CHAIN, position, size):
        page = await _page(connection, rows, head["secret"])
        for row in rows:
            reason = (
                _gap(row, position)
                or _wrong(row, previous, versions)
                or _derived_differs(row, page)
            )
            if reason:
                return Verdict(position, previous.hex(), position + 1, reason)
            position, previous = row["position"], row["hash"]
        progress(position, head["position"])
    if position < head["position"] or (position == head["position"] and previous != head["hash"]):
        reason = f"the log ends at {position}, its head says {head['position']}: the tail was cut"
        return Verdict(position, previous.hex(), position + 1, reason)
    if position > head["position"] == await connection.fetchval(HEAD):
        reason = f"the head says that the log ends at {head['position']}, before this event"
        return Verdict(position, previous.hex(), head["position"] + 1, reason)
    if (stray := await connection.fetchval(STRAY, position)) is not None:
        reason = f"mentions name position {stray}, where the log has no event"
        return Verdict(position, previous.hex(), stray, reason)
    return Verdict(position, previous.hex())


async def _page(connection: Connection, rows: Sequence[asyncpg.Record], secret: bytes) -> _Page:
    first, last = rows[0]["position"], rows[-1]["position"]
    named = await connection.fetch(NAMED, first - 1, last)
    events = {
        row["position"]: codec.read(
            row["body"], row["type"], row["type_version"], row["organisation"]
        )
        for row in rows
    }
    read = [event for event in events.values() if not isinstance(event, codec.Unread)]
    wanted = {row["about"] for row in rows if row["about"] is not None}
    wanted |= {named.id for event in read for named in references(event)}
    found = await appending.referred(connection, wanted) if wanted else {}
    before = {key: one for key, one in found.items() if one.position < first}
    codes = {row["position"]: frozenset(row["codes"]) for row in named}
    return _Page(events, codes, frozenset(wanted), grown(before), secret)


def _gap(row: asyncpg.Record, position: int) -> str | None:
    if row["position"] == position + 1:
        return None
    return f"position {position + 1} is missing; the next is {row['position']}"


def _wrong(row: asyncpg.Record, previous: bytes, versions: dict[str, int]) -> str | None:
    try:
        target = msgspec.json.decode(row["target"], type=Target) if row["target"] else None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "its target is not readable"
    stamp = Stamp(
        row["position"], row["version"], row["recorded_at"], row["recorded_by"],
        row["type_version"], target,
    )  # fmt: skip
    stored = chain.stored(row["body"], stamp, row["target"])
    if chain.link(previous, row["salt"], stored) != row["hash"]:
        return "its hash is not the hash of its bytes and the one before"
    version = versions.get(row["organisation"], 0) + 1
    versions[row["organisation"]] = version
    if row["version"] != version:
        return f"its version is {row['version']}, the stream's next is {version}"
    return _differs(row)


def _differs(row: asyncpg.Record) -> str | None:
    """Name a column that is not what the bytes say."""
    try:
        members = msgspec.json.decode(row["body"], type=_Members)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return "its bytes are no event in JSON"
    said = {"id": str(row["id"]), "organisation": row["organisation"], "type": row["type"]}
    said["effective"] = row["effective"].isoformat()
    for name, value in said.items():
        if getattr(members, name) != value:
            return f"its column {name} says {value}, its bytes say {getattr(members, name)}"
    return None if row["policy"] == POLICY else f"its policy {row['policy']} is not known"


def _derived_differs(row: asyncpg.Record, page: _Page) -> str | None:
    """Name what is not as it follows from the bytes and from what they refer to."""
    named = page.named.get(row["position"], frozenset())
    event = page.events[row["position"]]
    if not isinstance(event, codec.Unread) and (differs := _differs_from(event, row, named, page)):
        return differs
    if row["about"] is not None or row["id"] in page.wanted:
        one = Referred(
            row["position"], row["type"], row["type_version"], row["organisation"], row["body"],
            row["about"], named,
        )  # fmt: skip
        remember(page.known, row["id"], one)
    return None


def _differs_from(
    event: Event, row: asyncpg.Record, named: frozenset[str], page: _Page
) -> str | None:
    if reference(event) != row["about"]:
        return "its column about is not what its bytes refer to"
    targets = []
    for refers in references(event):
        if refers.id not in page.known:
            return f"event {refers.id}, to which it refers, does not stand before it"
        targets.append(page.known[refers.id])
    first = targets[0] if targets else None
    differs = _target_differs(row, targets)
    if not differs and _is_of_this_release(row, event, first):
        differs = _disclosed_differs(row, event, first, page.secret)
        differs = differs or _named_differs(named, all_named(event, targets))
    return differs


def _is_of_this_release(row: asyncpg.Record, event: Event, target: Referred | None) -> bool:
    """Tell whether it was derived from the bytes as this release would; else nothing follows.

    An older version's bytes gave what its payload of then named; so did a correction of one.
    """
    if BY_NAME[row["type"]].version != row["type_version"]:
        return False
    if target is None or not isinstance(event.data, EventCorrected):
        return True
    try:
        corrections.payload(event.data, BY_NAME[target.type])
    except (KeyError, msgspec.MsgspecError, Unfit, RecursionError):
        return False
    return True


def _named_differs(found: frozenset[str], expected: frozenset[str]) -> str | None:
    if found == expected:
        return None
    return f"its mentions are {_listed(found)}, its bytes give {_listed(expected)}"


def _listed(codes: frozenset[str]) -> str:
    return ", ".join(sorted(codes)) or "none"


def _target_differs(row: asyncpg.Record, targets: Sequence[Referred]) -> str | None:
    """Say whether what was added of the targets is not theirs; 0.1.0 added the first alone."""
    kept = msgspec.json.decode(row["target"], type=Target) if row["target"] else None
    added = (kept, *kept.others) if kept else ()
    if bool(added) != bool(targets) or len(added) > len(targets):
        return "its column target does not hold what its bytes refer to"
    for one, target in zip(added, targets, strict=False):
        if (one.position, one.type, one.organisation) != (
            target.position, target.type, target.organisation,
        ):  # fmt: skip
            return "its column target is not what it refers to"
    return None


def _disclosed_differs(
    row: asyncpg.Record, event: Event, target: Referred | None, secret: bytes
) -> str | None:
    if target is None or not isinstance(event.data, EventCorrected):
        expected = disclosure.disclosed(BY_NAME[row["type"]], event.data, event, secret)
    else:
        try:
            kind = BY_NAME[target.type]
            expected = disclosure.disclosed_correction(event, target.body, kind, secret)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None  # the original, which gives the rounding, cannot be read
    return (
        None if row["disclosed"] == expected else "its column disclosed is not what its bytes give"
    )


class _Members(Struct):
    id: str
    type: str
    organisation: str
    effective: str
