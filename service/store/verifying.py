"""Verifying the log: every hash and every column derived again from the bytes, in order.

Reads the table itself, page by page by position; names the first bad position (invariant 5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import asyncpg
import msgspec
from msgspec import Struct

from service.domain import chain, codec, disclosure
from service.domain.catalogue.record.event_corrected import EventCorrected
from service.domain.disclosure import POLICY
from service.domain.envelope import Stamp, Target
from service.domain.references import reference
from service.domain.register import BY_NAME
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

ORIGINAL: Final = """
-- $1 id. The bytes of what a correction is about. Index: events_id.
SELECT type, body FROM events WHERE id = $1
"""


class Verdict(Struct, frozen=True):
    """What verifying found: how far the log is sound, and the first thing that is not."""

    position: int
    hash: str
    bad: int | None = None
    reason: str | None = None


async def verify(
    connection: Connection, *, progress: Callable[[int, int], None], size: int = 2000
) -> Verdict:
    """Return whether the log is sound; `progress` is called with the position and the head's."""
    head = await connection.fetchrow(HEAD)
    assert head is not None  # noqa: S101 - the migration wrote the row
    position, previous = 0, chain.GENESIS
    versions: dict[str, int] = {}
    while rows := await connection.fetch(CHAIN, position, size):
        for row in rows:
            reason = (
                _gap(row, position)
                or _wrong(row, previous, versions)
                or await _disclosed_differs(connection, row, head["secret"])
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
    return Verdict(position, previous.hex())


def _gap(row: asyncpg.Record, position: int) -> str | None:
    if row["position"] == position + 1:
        return None
    return f"position {position + 1} is missing; the next is {row['position']}"


def _wrong(row: asyncpg.Record, previous: bytes, versions: dict[str, int]) -> str | None:
    try:
        target = msgspec.json.decode(row["target"], type=Target) if row["target"] else None
    except msgspec.MsgspecError:
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
    event = codec.read(row["body"], row["type"], row["type_version"], row["organisation"])
    if not isinstance(event, codec.Unread) and reference(event) != row["about"]:
        return "its column about is not what its bytes refer to"
    return None if row["policy"] == POLICY else f"its policy {row['policy']} is not known"


async def _disclosed_differs(
    connection: Connection, row: asyncpg.Record, secret: bytes
) -> str | None:
    """Say whether the rounded payload is not what the bytes give; what is unread is passed over."""
    event = codec.read(row["body"], row["type"], row["type_version"], row["organisation"])
    if isinstance(event, codec.Unread) or BY_NAME[row["type"]].version != row["type_version"]:
        return None
    if not isinstance(event.data, EventCorrected):
        expected = disclosure.disclosed(BY_NAME[row["type"]], event.data, event, secret)
    else:
        original = await connection.fetchrow(ORIGINAL, event.data.event)
        if original is None or original["type"] not in BY_NAME:
            return None
        kind = BY_NAME[original["type"]]
        try:
            expected = disclosure.disclosed_correction(event, original["body"], kind, secret)
        except msgspec.MsgspecError:  # the original, or the payload for it, cannot be read
            return None
    return (
        None if row["disclosed"] == expected else "its column disclosed is not what its bytes give"
    )


class _Members(Struct):
    id: str
    type: str
    organisation: str
    effective: str
