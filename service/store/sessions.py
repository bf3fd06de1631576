"""Sessions of browsers: begun, looked up with the key that they rest on, seen, ended."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from service.domain.roles import Grant
from service.store.appending import Connection

BEGIN: Final = """
-- $1 hash, $2 caller, $3 key, $4 grants, $5 now, $6 when it ends at the latest.
INSERT INTO sessions (hash, caller, key, grants, begun_at, seen_at, ends_at)
VALUES ($1, $2, $3, $4::text::jsonb, $5, $5, $6)
"""

LIVE: Final = """
-- $1 hash, $2 now, $3 seen since when. A session of a key has the key's grants, and its end.
-- Indexes: sessions_pkey, keys_pkey.
SELECT caller, key, coalesce(keys.grants, sessions.grants)::text AS grants,
       least(ends_at, keys.expires_at) AS ends_at
FROM sessions LEFT JOIN keys ON keys.id = sessions.key
WHERE sessions.hash = $1 AND ends_at > $2 AND seen_at > $3
  AND keys.revoked_at IS NULL AND (keys.expires_at IS NULL OR keys.expires_at > $2)
"""

SEEN: Final = """
-- $1 hashes, $2 instants, one each. Never goes back. Index: sessions_pkey.
UPDATE sessions SET seen_at = seen.at
FROM unnest($1::bytea[], $2::timestamptz[]) AS seen (hash, at)
WHERE sessions.hash = seen.hash AND sessions.seen_at < seen.at
"""

END: Final = """
-- $1 hash. Index: sessions_pkey.
DELETE FROM sessions WHERE hash = $1
"""

SWEEP: Final = """
-- $1 now: takes away what has ended, a hundred at a time. Index: sessions_ends_at.
DELETE FROM sessions WHERE hash IN (
    SELECT hash FROM sessions WHERE ends_at <= $1 ORDER BY ends_at LIMIT 100
)
"""

LISTED: Final = """
-- $1 now, $2 seen since when: those that go on, the oldest first. They are few: no index.
SELECT sessions.caller, begun_at, seen_at, least(ends_at, keys.expires_at) AS ends_at
FROM sessions LEFT JOIN keys ON keys.id = sessions.key
WHERE ends_at > $1 AND seen_at > $2
  AND keys.revoked_at IS NULL AND (keys.expires_at IS NULL OR keys.expires_at > $1)
ORDER BY begun_at, sessions.caller
"""

END_OF: Final = """
-- $1 caller: ends all sessions of somebody. They are few: no index.
DELETE FROM sessions WHERE caller = $1 RETURNING hash
"""

OPAQUE_BY: Final = """
-- The log's secret, from which no subject can be told. One row: no index.
SELECT secret FROM log_secret
"""


class Session(Struct, frozen=True):
    """A session as it stands. ends_at: whatever happens, and at the latest with its key."""

    caller: str
    key: uuid.UUID | None
    grants: tuple[Grant, ...]
    ends_at: dt.datetime


class Seen(Struct, frozen=True):
    """A session as an operator sees it."""

    caller: str
    begun_at: dt.datetime
    seen_at: dt.datetime
    ends_at: dt.datetime


_GRANTS: Final = msgspec.json.Decoder(tuple[Grant, ...])


async def begin(connection: Connection, digest: bytes, new: Session, now: dt.datetime) -> None:
    """Keep a new session, under the hash of its cookie; of one with a key no grants are kept."""
    grants = msgspec.json.encode(new.grants, order="deterministic").decode()
    kept = None if new.key is not None else grants
    await connection.execute(SWEEP, now)
    await connection.execute(BEGIN, digest, new.caller, new.key, kept, now, new.ends_at)


async def live(
    connection: Connection, digest: bytes, now: dt.datetime, since: dt.datetime
) -> Session | None:
    """Return the session of a cookie, unless it has ended. since: seen then or later."""
    row = await connection.fetchrow(LIVE, digest, now, since)
    if row is None:
        return None
    return Session(row["caller"], row["key"], _GRANTS.decode(row["grants"]), row["ends_at"])


async def seen(connection: Connection, at: Mapping[bytes, dt.datetime]) -> None:
    """Note when sessions were seen last."""
    await connection.execute(SEEN, list(at), list(at.values()))


async def end(connection: Connection, digest: bytes) -> None:
    """End a session."""
    await connection.execute(END, digest)


async def listed(connection: Connection, now: dt.datetime, since: dt.datetime) -> list[Seen]:
    """Return the sessions that go on, the oldest first. since: seen then or later."""
    rows = await connection.fetch(LISTED, now, since)
    return [Seen(row["caller"], row["begun_at"], row["seen_at"], row["ends_at"]) for row in rows]


async def end_of(connection: Connection, caller: str) -> int:
    """End all sessions of somebody; return how many there were."""
    return len(await connection.fetch(END_OF, caller))


async def secret(connection: Connection) -> bytes:
    """Return the log's secret."""
    found: bytes = await connection.fetchval(OPAQUE_BY)
    return found


__all__ = ["Seen", "Session", "begin", "end", "end_of", "listed", "live", "secret", "seen"]
