"""SQL of uploads: what was handed over, how it stands, what takes it back, and its key."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

from msgspec import Struct

from service.store.appending import Connection

PUT: Final = """
-- $1 to $15 as in `New`, in its order. Nothing when the upload is there already.
-- Index: uploads_pkey; uploads_of: what is taken back already is not taken back once more.
INSERT INTO uploads (id, kind, of, state, form, received_at, received_by, name, size, digest,
                     asked, notes, rows, wrong, chunks, finished_at)
VALUES ($1, $2, $3, $4::text, $5, $6::timestamptz, $7, $8, $9, $10, $11, $12, $13, $14, $15,
        CASE WHEN $4::text = 'recording' THEN NULL ELSE $6::timestamptz END)
ON CONFLICT DO NOTHING RETURNING number
"""

COMPLETE: Final = """
-- $1 id, $2 form, $3 rows, $4 chunks: what was counted after it was put. Index: uploads_pkey.
UPDATE uploads SET form = $2, rows = $3, chunks = $4 WHERE id = $1
"""

ONE: Final = """
-- $1 id. Index: uploads_pkey.
SELECT id, number, kind, of, state, form, received_at, received_by, name, size, digest, asked,
       notes, rows, wrong, chunks, finished_at
FROM uploads WHERE id = $1
"""

RETRACTION: Final = """
-- $1 id. The upload that takes this one back, if one does. Index: uploads_of.
SELECT id, number, kind, of, state, form, received_at, received_by, name, size, digest, asked,
       notes, rows, wrong, chunks, finished_at
FROM uploads WHERE of = $1
"""

PAGE: Final = """
-- $1 number, $2 how many: uploads before that one, newest first. Index: uploads_number.
SELECT id, number, kind, of, state, form, received_at, received_by, name, size, digest, asked,
       notes, rows, wrong, chunks, finished_at
FROM uploads WHERE number < $1 ORDER BY number DESC LIMIT $2
"""

PAGE_OF: Final = """
-- As PAGE, those that one caller ($3) handed over. Index: uploads_received_by.
SELECT id, number, kind, of, state, form, received_at, received_by, name, size, digest, asked,
       notes, rows, wrong, chunks, finished_at
FROM uploads WHERE received_by = $3 AND number < $1 ORDER BY number DESC LIMIT $2
"""

UNFINISHED: Final = """
-- $1 number. The next upload after that one which has rows left to record.
-- Index: uploads_recording.
SELECT id, number, kind, of, state, form, received_at, received_by, name, size, digest, asked,
       notes, rows, wrong, chunks, finished_at
FROM uploads WHERE state = 'recording' AND number > $1 ORDER BY number LIMIT 1
"""

FINISH: Final = """
-- $1 upload, $2 now. It is finished once no staged chunk is without an outcome.
-- Indexes: uploads_pkey, upload_staged_pkey, upload_outcomes_pkey.
UPDATE uploads SET finished_at = $2, state = CASE
        WHEN counted.taken = 0 THEN 'refused'
        WHEN counted.refused + wrong > 0 THEN 'partly_recorded'
        ELSE 'recorded' END
FROM (SELECT coalesce(sum(recorded + known), 0) AS taken, coalesce(sum(refused), 0) AS refused
      FROM upload_outcomes WHERE upload = $1) AS counted
WHERE id = $1 AND state = 'recording' AND NOT EXISTS (
    SELECT FROM upload_staged AS staged WHERE staged.upload = $1 AND NOT EXISTS (
        SELECT FROM upload_outcomes AS done
        WHERE done.upload = staged.upload AND done.chunk = staged.chunk))
RETURNING id
"""

UNSTAGE: Final = """
-- $1 upload. Its staged events go. Index: upload_staged_pkey.
DELETE FROM upload_staged WHERE upload = $1
"""

FORGET_FILES: Final = """
-- $1 instant. Files that were kept before it go. Index: upload_files_kept_at.
DELETE FROM upload_files WHERE kept_at < $1
"""

FORGET_KEYS: Final = """
-- $1 instant. Keys that were used before it may be used again. Index: upload_keys_used_at.
DELETE FROM upload_keys WHERE used_at < $1
"""

TAKE_KEY: Final = """
-- $1 caller, $2 key, $3 digest, $4 upload, $5 now, $6 since when a key stands. Waits for whoever
-- takes the same key now. Index: upload_keys_pkey.
INSERT INTO upload_keys AS old (caller, key, digest, upload, used_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (caller, key) DO UPDATE
SET digest = excluded.digest, upload = excluded.upload, used_at = excluded.used_at
WHERE old.used_at < $6 RETURNING upload
"""

KEY: Final = """
-- $1 caller, $2 key. Index: upload_keys_pkey.
SELECT digest, upload FROM upload_keys WHERE caller = $1 AND key = $2
"""


class New(Struct, frozen=True):
    """An upload as it is put down; see the migration for each member."""

    id: uuid.UUID
    kind: str
    of: uuid.UUID | None
    state: str
    form: str
    received_at: dt.datetime
    received_by: str
    name: str
    size: int
    digest: bytes
    asked: bytes
    notes: bytes
    rows: int
    wrong: int
    chunks: int


class Upload(Struct, frozen=True):
    """An upload as it stands. number: the order in which they came."""

    id: uuid.UUID
    number: int
    kind: str
    of: uuid.UUID | None
    state: str
    form: str
    received_at: dt.datetime
    received_by: str
    name: str
    size: int
    digest: bytes
    asked: bytes
    notes: bytes
    rows: int
    wrong: int
    chunks: int
    finished_at: dt.datetime | None


class Key(Struct, frozen=True):
    """Which upload a key was used for; digest: of what came with it."""

    digest: bytes
    upload: uuid.UUID


async def put(connection: Connection, new: New) -> bool:
    """Put an upload down; False when it is there already, or what it takes back is taken back."""
    values = [getattr(new, name) for name in New.__struct_fields__]
    return await connection.fetchval(PUT, *values) is not None


async def complete(
    connection: Connection, upload: uuid.UUID, form: str, rows: int, chunks: int
) -> None:
    """Say what was counted of an upload after it was put down."""
    await connection.execute(COMPLETE, upload, form, rows, chunks)


async def one(connection: Connection, upload: uuid.UUID) -> Upload | None:
    """Return an upload."""
    row = await connection.fetchrow(ONE, upload)
    return Upload(*row) if row else None


async def retraction(connection: Connection, upload: uuid.UUID) -> Upload | None:
    """Return the upload that takes one back, if there is one."""
    row = await connection.fetchrow(RETRACTION, upload)
    return Upload(*row) if row else None


async def page(connection: Connection, before: int, limit: int, of: str | None) -> list[Upload]:
    """Return uploads, newest first, that came before the one with a number; of: one caller's."""
    if of is None:
        rows = await connection.fetch(PAGE, before, limit)
    else:
        rows = await connection.fetch(PAGE_OF, before, limit, of)
    return [Upload(*row) for row in rows]


async def unfinished(connection: Connection, after: int) -> Upload | None:
    """Return the next upload with rows left to record, in the order in which they came."""
    row = await connection.fetchrow(UNFINISHED, after)
    return Upload(*row) if row else None


async def finish(connection: Connection, upload: uuid.UUID, now: dt.datetime) -> None:
    """Finish an upload once every chunk has its outcome; its staged events go."""
    async with connection.transaction():
        if await connection.fetchval(FINISH, upload, now) is not None:
            await connection.execute(UNSTAGE, upload)


async def unstage(connection: Connection, upload: uuid.UUID) -> None:
    """Remove what is staged of an upload."""
    await connection.execute(UNSTAGE, upload)


async def forget(connection: Connection, files: dt.datetime, keys: dt.datetime) -> None:
    """Remove files that were kept, and keys that were used, before an instant each."""
    await connection.execute(FORGET_FILES, files)
    await connection.execute(FORGET_KEYS, keys)


async def take_key(
    connection: Connection,
    owner: tuple[str, str],
    used_for: Key,
    now: dt.datetime,
    kept: dt.timedelta,
) -> Key | None:
    """Take a key for an upload; return what it was used for within a while, if it was.

    owner: the caller's id and the key. kept: for how long a key stands.
    """
    values = (*owner, used_for.digest, used_for.upload, now, now - kept)
    if await connection.fetchval(TAKE_KEY, *values) is not None:
        return None
    row = await connection.fetchrow(KEY, *owner)
    return Key(*row) if row else await take_key(connection, owner, used_for, now, kept)


__all__ = [
    "Key", "New", "Upload", "complete", "finish", "forget", "one", "page", "put", "retraction",
    "take_key", "unfinished", "unstage",
]  # fmt: skip
