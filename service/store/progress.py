"""How far what runs behind the log has come, and what went wrong last."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from msgspec import Struct

from service.store.appending import Connection

PROGRESS: Final = """
-- Every worker of every fold version, with where the log ends, and when what it has not taken in
-- began. Some rows, read whole. Index: events_pkey.
SELECT worker, fold, behind.position, progressed_at, error, failed_at,
       log_head.position AS head, log_head.recorded_at AS head_recorded_at,
       (SELECT recorded_at FROM events WHERE events.position = behind.position + 1) AS waiting_since
FROM behind CROSS JOIN log_head ORDER BY worker, fold
"""

REACHED: Final = """
-- $1 worker, $2 fold. Where it has come to, and whether the log is there what it was then: a
-- position that was changed by hand, or that lies beyond the head, has another hash, or none.
-- Indexes: behind_pkey, events_pkey.
SELECT position, mark IS NULL OR position = 0
       OR mark IS NOT DISTINCT FROM (
           SELECT hash FROM events WHERE events.position = behind.position
       ) AS sound
FROM behind WHERE worker = $1 AND fold = $2
"""

REACH: Final = """
-- $1 worker, $2 fold, $3 position, $4 now. Never back: any number of processes work at once.
-- Indexes: behind_pkey, events_pkey.
INSERT INTO behind AS old (worker, fold, position, progressed_at, mark)
VALUES ($1, $2, $3, $4, (SELECT hash FROM events WHERE events.position = $3))
ON CONFLICT (worker, fold) DO UPDATE
SET position = greatest(old.position, excluded.position), progressed_at = excluded.progressed_at,
    mark = CASE WHEN excluded.position < old.position THEN old.mark ELSE excluded.mark END,
    error = NULL, failed_at = NULL
"""

RESET: Final = """
-- $1 worker, $2 fold, $3 position, $4 now. As REACH, also back: all was made anew from the log.
-- Indexes: behind_pkey, events_pkey.
INSERT INTO behind AS old (worker, fold, position, progressed_at, mark)
VALUES ($1, $2, $3, $4, (SELECT hash FROM events WHERE events.position = $3))
ON CONFLICT (worker, fold) DO UPDATE
SET position = excluded.position, progressed_at = excluded.progressed_at, mark = excluded.mark,
    error = NULL, failed_at = NULL
"""

FAIL: Final = """
-- $1 worker, $2 fold, $3 error, $4 now. What went wrong, until something goes well again.
INSERT INTO behind AS old (worker, fold, position, progressed_at, error, failed_at)
VALUES ($1, $2, 0, $4, $3, $4)
ON CONFLICT (worker, fold) DO UPDATE SET error = excluded.error, failed_at = excluded.failed_at
"""


TURN: Final = """
-- $1 worker. Whether this session may work now: so that of many processes one does. No relation.
SELECT pg_try_advisory_lock(hashtext('capmap ' || current_schema() || ' ' || $1))
"""

TURN_OVER: Final = """
-- $1 worker. The next session may work. No relation.
SELECT pg_advisory_unlock(hashtext('capmap ' || current_schema() || ' ' || $1))
"""

RECOVER: Final = """
-- $1 worker, $2 fold. What went wrong is over. Index: behind_pkey.
UPDATE behind SET error = NULL, failed_at = NULL
WHERE worker = $1 AND fold = $2 AND error IS NOT NULL
"""

PRUNE: Final = """
-- $1 fold. The progress of every other fold version goes. Some rows, read whole.
DELETE FROM behind WHERE fold <> $1
"""


class MovedError(Exception):
    """A worker's position is not where it left it; the text says the way out."""


class Progress(Struct, frozen=True):
    """One worker: where it is and where the log ends; error: its last, if it has not recovered.

    waiting_since: when the first event that it has not taken in was recorded, if there is one.
    """

    worker: str
    fold: str
    position: int
    progressed_at: dt.datetime
    error: str | None
    failed_at: dt.datetime | None
    head: int
    head_recorded_at: dt.datetime
    waiting_since: dt.datetime | None


async def progress(connection: Connection) -> list[Progress]:
    """Return every worker's progress."""
    return [Progress(*row) for row in await connection.fetch(PROGRESS)]


async def reached(connection: Connection, worker: str, fold: str) -> int:
    """Return the position up to which a worker has taken the log in; 0 if it never began.

    Raises MovedError when the position was changed by hand, or the log is another one.
    """
    row = await connection.fetchrow(REACHED, worker, fold)
    if row is None:
        return 0
    if not row["sound"]:
        raise MovedError(
            f"the position {row['position']} of {worker} was changed behind the service's back,"
            " or the log is another one: run `capmap rebuild`"
        )
    return int(row["position"])


async def reach(
    connection: Connection, worker: str, fold: str, position: int, now: dt.datetime
) -> None:
    """Note that a worker has taken in the log up to a position."""
    await connection.execute(REACH, worker, fold, position, now)


async def reset(
    connection: Connection, worker: str, fold: str, position: int, now: dt.datetime
) -> None:
    """Note that all up to a position was made anew, wherever the worker was."""
    await connection.execute(RESET, worker, fold, position, now)


async def recover(connection: Connection, worker: str, fold: str) -> None:
    """Note that what went wrong with a worker is over."""
    await connection.execute(RECOVER, worker, fold)


@asynccontextmanager
async def turn(connection: Connection, worker: str) -> AsyncIterator[bool]:
    """Yield whether no other session does this worker's work; holds it for the block if so."""
    mine = bool(await connection.fetchval(TURN, worker))
    try:
        yield mine
    finally:
        if mine and not connection.is_closed():
            await connection.execute(TURN_OVER, worker)


async def prune(connection: Connection, fold: str) -> None:
    """Remove the progress of every other fold version."""
    await connection.execute(PRUNE, fold)


async def fail(
    connection: Connection, worker: str, fold: str, error: str, now: dt.datetime
) -> None:
    """Note what went wrong with a worker."""
    await connection.execute(FAIL, worker, fold, error[:500], now)


__all__ = [
    "MovedError", "Progress", "fail", "progress", "prune", "reach", "reached", "recover", "reset",
    "turn",
]  # fmt: skip
