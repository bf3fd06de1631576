"""SQL of the rows of uploads: where each stands, what is staged of them, what they became."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Final

from msgspec import Struct

from service.store.appending import Connection

PUT_CHUNK: Final = """
-- $1 upload, $2 chunk, $3 rows, $4 wrong, $5 places. Index: upload_chunks_pkey.
INSERT INTO upload_chunks (upload, chunk, rows, wrong, places) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (upload, chunk) DO UPDATE SET wrong = excluded.wrong, places = excluded.places
"""

PUT_STAGED: Final = """
-- $1 upload, $2 chunk, $3 ids, $4 bodies. Index: upload_staged_pkey.
INSERT INTO upload_staged (upload, chunk, ids, bodies) VALUES ($1, $2, $3, $4)
ON CONFLICT (upload, chunk) DO UPDATE SET ids = excluded.ids, bodies = excluded.bodies
"""

EMPTY_STAGED: Final = """
-- $1 upload, $2 chunk. Nothing of it is left to record. Index: upload_staged_pkey.
DELETE FROM upload_staged WHERE upload = $1 AND chunk = $2
"""

STAGED: Final = """
-- $1 upload, $2 chunk. Index: upload_staged_pkey.
SELECT bodies FROM upload_staged WHERE upload = $1 AND chunk = $2
"""

PENDING: Final = """
-- $1 upload, $2 chunk, $3 how many: chunks after that one which have no outcome yet.
-- Indexes: upload_staged_pkey, upload_outcomes_pkey.
SELECT chunk, bodies FROM upload_staged AS staged
WHERE upload = $1 AND chunk > $2 AND NOT EXISTS (
    SELECT FROM upload_outcomes AS done
    WHERE done.upload = staged.upload AND done.chunk = staged.chunk
    OFFSET 0)  -- as in appending.SEEN
ORDER BY chunk LIMIT $3
"""

WAITING_IDS: Final = """
-- $1 upload, $2 first, $3 last chunk. The ids of what is staged. Index: upload_staged_pkey.
SELECT chunk, ids FROM upload_staged WHERE upload = $1 AND chunk BETWEEN $2 AND $3
"""

REPEATED: Final = """
-- $1 upload. Ids that are staged more than once. Index: upload_staged_pkey; all ids are hashed.
SELECT id FROM upload_staged CROSS JOIN LATERAL unnest(ids) AS id
WHERE upload = $1 GROUP BY id HAVING count(*) > 1
"""

CHUNKS: Final = """
-- $1 upload, $2 first chunk, $3 how many. Index: upload_chunks_pkey.
SELECT chunk, rows, wrong, places FROM upload_chunks
WHERE upload = $1 AND chunk >= $2 ORDER BY chunk LIMIT $3
"""

WRONG_CHUNKS: Final = """
-- $1 upload, $2 first chunk. The next chunks in which rows are wrong or were refused.
-- Indexes: upload_chunks_pkey, upload_outcomes_pkey.
SELECT chunk, rows, wrong, places FROM upload_chunks AS held
WHERE upload = $1 AND chunk >= $2 AND (wrong > 0 OR EXISTS (
    SELECT FROM upload_outcomes AS done
    WHERE done.upload = held.upload AND done.chunk = held.chunk AND done.refused > 0))
ORDER BY chunk LIMIT $3
"""

RECORDED: Final = """
-- $1 positions. Which event is where. Index: events_pkey.
SELECT position, id, hash FROM unnest($1::bigint[]) AS asked (position)
CROSS JOIN LATERAL (
    SELECT id, hash FROM events WHERE events.position = asked.position
    OFFSET 0  -- as in appending.SEEN
) AS event
"""

RECORDED_BY: Final = """
-- $1 upload, $2 chunk. The events that this chunk recorded, in order; those it found are not its.
-- Indexes: upload_outcomes_pkey, events_pkey.
SELECT one.position, event.id, event.organisation
FROM upload_outcomes CROSS JOIN LATERAL unnest(positions) WITH ORDINALITY AS one (position, place)
CROSS JOIN LATERAL (
    SELECT id, organisation FROM events WHERE events.position = one.position
    OFFSET 0  -- as in appending.SEEN
) AS event
WHERE upload = $1 AND chunk = $2 AND one.position > 0 ORDER BY one.place
"""

CHUNKS_DONE: Final = """
-- $1 upload. The chunks that have an outcome. Index: upload_outcomes_pkey.
SELECT chunk FROM upload_outcomes WHERE upload = $1 AND recorded > 0 ORDER BY chunk
"""

PUT_PIECE: Final = """
-- $1 upload, $2 piece, $3 body, $4 now.
INSERT INTO upload_files (upload, piece, body, kept_at) VALUES ($1, $2, $3, $4)
"""

PIECE: Final = """
-- $1 upload, $2 piece. Index: upload_files_pkey.
SELECT body FROM upload_files WHERE upload = $1 AND piece = $2
"""


class Chunk(Struct, frozen=True):
    """The rows of a chunk: how many, how many of them wrong, and where each stands (packed)."""

    chunk: int
    rows: int
    wrong: int
    places: bytes


class Recorded(Struct, frozen=True):
    """An event that an upload recorded."""

    position: int
    id: uuid.UUID
    organisation: str


async def put_chunk(connection: Connection, upload: uuid.UUID, chunk: Chunk) -> None:
    """Put the rows of a chunk down, or anew."""
    await connection.execute(PUT_CHUNK, upload, chunk.chunk, chunk.rows, chunk.wrong, chunk.places)


async def put_staged(
    connection: Connection, upload: uuid.UUID, chunk: int, ids: Sequence[uuid.UUID], bodies: bytes
) -> None:
    """Stage the events of a chunk, or stage them anew; a chunk without any is not staged."""
    if ids:
        await connection.execute(PUT_STAGED, upload, chunk, list(ids), bodies)
    else:
        await connection.execute(EMPTY_STAGED, upload, chunk)


async def staged(connection: Connection, upload: uuid.UUID, chunk: int) -> bytes | None:
    """Return the events of a chunk, packed; None where none is staged."""
    found: bytes | None = await connection.fetchval(STAGED, upload, chunk)
    return found


async def pending(
    connection: Connection, upload: uuid.UUID, after: int, limit: int
) -> list[tuple[int, bytes]]:
    """Return the next chunks without an outcome, each with its events, packed."""
    rows = await connection.fetch(PENDING, upload, after, limit)
    return [(row["chunk"], row["bodies"]) for row in rows]


async def waiting_ids(
    connection: Connection, upload: uuid.UUID, first: int, last: int
) -> dict[int, tuple[uuid.UUID, ...]]:
    """Return the ids of what is staged of some chunks."""
    rows = await connection.fetch(WAITING_IDS, upload, first, last)
    return {row["chunk"]: tuple(row["ids"]) for row in rows}


async def repeated(connection: Connection, upload: uuid.UUID) -> list[uuid.UUID]:
    """Return the ids that are staged more than once."""
    return [row["id"] for row in await connection.fetch(REPEATED, upload)]


async def chunks(connection: Connection, upload: uuid.UUID, first: int, limit: int) -> list[Chunk]:
    """Return chunks from one on."""
    return [Chunk(*row) for row in await connection.fetch(CHUNKS, upload, first, limit)]


async def wrong_chunks(
    connection: Connection, upload: uuid.UUID, first: int, limit: int
) -> list[Chunk]:
    """Return chunks from one on in which a row is wrong or was refused."""
    return [Chunk(*row) for row in await connection.fetch(WRONG_CHUNKS, upload, first, limit)]


async def recorded(
    connection: Connection, positions: Sequence[int]
) -> dict[int, tuple[uuid.UUID, bytes]]:
    """Return id and hash of the events at some positions."""
    rows = await connection.fetch(RECORDED, list(positions))
    return {row["position"]: (row["id"], row["hash"]) for row in rows}


async def recorded_by(connection: Connection, upload: uuid.UUID) -> AsyncIterator[list[Recorded]]:
    """Yield, chunk by chunk, the events that an upload recorded itself."""
    for row in await connection.fetch(CHUNKS_DONE, upload):
        found = await connection.fetch(RECORDED_BY, upload, row["chunk"])
        yield [Recorded(*event) for event in found]


async def put_piece(
    connection: Connection, upload: uuid.UUID, piece: int, body: bytes, now: dt.datetime
) -> None:
    """Keep a piece of an upload's file."""
    await connection.execute(PUT_PIECE, upload, piece, body, now)


async def pieces(connection: Connection, upload: uuid.UUID) -> AsyncIterator[bytes]:
    """Yield the pieces of an upload's file; none where it is not kept (any more)."""
    piece = 0
    while (body := await connection.fetchval(PIECE, upload, piece)) is not None:
        yield body
        piece += 1


__all__ = [
    "Chunk", "Recorded", "chunks", "pending", "pieces", "put_chunk", "put_piece", "put_staged",
    "recorded", "recorded_by", "repeated", "staged", "waiting_ids", "wrong_chunks",
]  # fmt: skip
