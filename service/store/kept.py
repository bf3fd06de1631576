"""SQL of kept answers: a key is taken for a request, given its answer, let go, forgotten."""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec import Struct

from service.store.appending import Connection

TAKE: Final = """
-- $1 caller, $2 key, $3 digest, $4 now; free again: $5 answered before it, $6 begun before it and
-- never answered. Waits for whoever takes the same key now. Index: kept_answers_pkey.
INSERT INTO kept_answers AS old (caller, key, digest, begun_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (caller, key) DO UPDATE
SET digest = excluded.digest, begun_at = excluded.begun_at, body = NULL
WHERE old.begun_at < $5 OR (old.body IS NULL AND old.begun_at < $6)
RETURNING begun_at
"""

ONE: Final = """
-- $1 caller, $2 key. Index: kept_answers_pkey.
SELECT digest, body FROM kept_answers WHERE caller = $1 AND key = $2
"""

ANSWER: Final = """
-- $1 caller, $2 key, $3 when it was taken, $4 body. Nothing where it was taken anew since.
-- Index: kept_answers_pkey.
UPDATE kept_answers SET body = $4 WHERE caller = $1 AND key = $2 AND begun_at = $3
"""

LET_GO: Final = """
-- $1 caller, $2 key, $3 when it was taken. Nothing where it was taken anew since.
-- Index: kept_answers_pkey.
DELETE FROM kept_answers WHERE caller = $1 AND key = $2 AND begun_at = $3
"""

FORGET: Final = """
-- $1 instant. What was begun before it goes. Index: kept_answers_begun_at.
DELETE FROM kept_answers WHERE begun_at < $1
"""


class Owned(Struct, frozen=True):
    """A key that was taken. digest: SHA-256 of what is asked; begun_at: by which it is known."""

    caller: str
    key: str
    digest: bytes
    begun_at: dt.datetime


class Kept(Struct, frozen=True):
    """What a key was used for. body: the answer, None while it is under way."""

    digest: bytes
    body: bytes | None


async def take(
    connection: Connection, owned: Owned, since: dt.datetime, abandoned: dt.datetime
) -> Kept | None:
    """Take a key; return what it was used for since an instant, if it was.

    abandoned: what was begun before this instant and has no answer is taken over.
    """
    values = (owned.caller, owned.key, owned.digest, owned.begun_at, since, abandoned)
    if await connection.fetchval(TAKE, *values) is not None:
        return None
    row = await connection.fetchrow(ONE, owned.caller, owned.key)
    return Kept(*row) if row else await take(connection, owned, since, abandoned)


async def answer(connection: Connection, owned: Owned, body: bytes) -> None:
    """Keep an answer."""
    await connection.execute(ANSWER, owned.caller, owned.key, owned.begun_at, body)


async def let_go(connection: Connection, owned: Owned) -> None:
    """Give a key back: nothing was done with it."""
    await connection.execute(LET_GO, owned.caller, owned.key, owned.begun_at)


async def forget(connection: Connection, before: dt.datetime) -> None:
    """Remove what was begun before an instant."""
    await connection.execute(FORGET, before)


__all__ = ["Kept", "Owned", "answer", "forget", "let_go", "take"]
