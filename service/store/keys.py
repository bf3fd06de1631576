"""SQL of keys: made, looked up by their hash, listed, revoked, noted as used."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Final

import asyncpg
import msgspec
from msgspec import Struct

from service.domain.roles import Grant
from service.store.appending import Connection

MAKE: Final = """
-- $1 id, $2 name, $3 hash, $4 grants, $5 now, $6 by whom, $7 until when.
INSERT INTO keys (id, name, hash, grants, made_at, made_by, expires_at)
VALUES ($1, $2, $3, $4::text::jsonb, $5, $6, $7)
"""

BY_HASH: Final = """
-- $1 hash. Index: keys_hash_key.
SELECT id, name, hash, grants::text, made_at, made_by, expires_at, revoked_at, last_used_at
FROM keys WHERE hash = $1
"""

LISTED: Final = """
-- Every key, oldest first. They are few: no index.
SELECT id, name, hash, grants::text, made_at, made_by, expires_at, revoked_at, last_used_at
FROM keys ORDER BY made_at, id
"""

REVOKE: Final = """
-- $1 id, $2 now. The first revocation stands. Index: keys_pkey.
UPDATE keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1
RETURNING id, name, hash, grants::text, made_at, made_by, expires_at, revoked_at, last_used_at
"""

USED: Final = """
-- $1 ids, $2 instants, one each. Never goes back. Index: keys_pkey.
UPDATE keys SET last_used_at = used.at
FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at)
WHERE keys.id = used.id AND (keys.last_used_at IS NULL OR keys.last_used_at < used.at)
"""


class New(Struct, frozen=True):
    """A key as it is made. hash: SHA-256 of the 32 bytes that its holder alone has."""

    id: uuid.UUID
    name: str
    hash: bytes
    grants: tuple[Grant, ...]
    made_at: dt.datetime
    made_by: str
    expires_at: dt.datetime | None


class Key(Struct, frozen=True):
    """A key as it stands."""

    id: uuid.UUID
    name: str
    hash: bytes
    grants: tuple[Grant, ...]
    made_at: dt.datetime
    made_by: str
    expires_at: dt.datetime | None
    revoked_at: dt.datetime | None
    last_used_at: dt.datetime | None

    def live(self, now: dt.datetime) -> bool:
        """Tell whether it opens anything at an instant."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


_GRANTS: Final = msgspec.json.Decoder(tuple[Grant, ...])


async def make(connection: Connection, new: New) -> None:
    """Keep a new key."""
    grants = msgspec.json.encode(new.grants, order="deterministic").decode()
    await connection.execute(
        MAKE, new.id, new.name, new.hash, grants, new.made_at, new.made_by, new.expires_at
    )


async def by_hash(connection: Connection, digest: bytes) -> Key | None:
    """Return the key whose bytes have a hash."""
    return _key(await connection.fetchrow(BY_HASH, digest))


async def listed(connection: Connection) -> list[Key]:
    """Return every key, the oldest first."""
    return [key for row in await connection.fetch(LISTED) if (key := _key(row)) is not None]


async def revoke(connection: Connection, key: uuid.UUID, now: dt.datetime) -> Key | None:
    """Revoke a key and return it; again: as it was the first time."""
    return _key(await connection.fetchrow(REVOKE, key, now))


async def used(connection: Connection, at: Mapping[uuid.UUID, dt.datetime]) -> None:
    """Note when keys were used last."""
    await connection.execute(USED, list(at), list(at.values()))


def _key(row: asyncpg.Record | None) -> Key | None:
    if row is None:
        return None
    key, name, digest, grants, *rest = row
    return Key(key, name, digest, _GRANTS.decode(grants), *rest)


__all__ = ["Key", "New", "by_hash", "listed", "make", "revoke", "used"]
