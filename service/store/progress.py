"""How far what runs behind the log has come, and what went wrong last."""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec import Struct

from service.store.appending import Connection

PROGRESS: Final = """
-- Every worker of every fold version, with where the log ends. Some rows, read whole.
SELECT worker, fold, behind.position, progressed_at, error, failed_at,
       log_head.position AS head, log_head.recorded_at AS head_recorded_at
FROM behind CROSS JOIN log_head ORDER BY worker, fold
"""

REACHED: Final = """
-- $1 worker, $2 fold. Where it has come to. Index: behind_pkey.
SELECT position FROM behind WHERE worker = $1 AND fold = $2
"""

REACH: Final = """
-- $1 worker, $2 fold, $3 position, $4 now. Never back: any number of processes work at once.
INSERT INTO behind AS old (worker, fold, position, progressed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (worker, fold) DO UPDATE
SET position = greatest(old.position, excluded.position), progressed_at = excluded.progressed_at,
    error = NULL, failed_at = NULL
"""

FAIL: Final = """
-- $1 worker, $2 fold, $3 error, $4 now. What went wrong, until something goes well again.
INSERT INTO behind AS old (worker, fold, position, progressed_at, error, failed_at)
VALUES ($1, $2, 0, $4, $3, $4)
ON CONFLICT (worker, fold) DO UPDATE SET error = excluded.error, failed_at = excluded.failed_at
"""


class Progress(Struct, frozen=True):
    """One worker: where it is and where the log ends; error: its last, if it has not recovered."""

    worker: str
    fold: str
    position: int
    progressed_at: dt.datetime
    error: str | None
    failed_at: dt.datetime | None
    head: int
    head_recorded_at: dt.datetime


async def progress(connection: Connection) -> list[Progress]:
    """Return every worker's progress."""
    return [Progress(*row) for row in await connection.fetch(PROGRESS)]


async def reached(connection: Connection, worker: str, fold: str) -> int:
    """Return the position up to which a worker has taken the log in; 0 if it never began."""
    return await connection.fetchval(REACHED, worker, fold) or 0


async def reach(
    connection: Connection, worker: str, fold: str, position: int, now: dt.datetime
) -> None:
    """Note that a worker has taken in the log up to a position."""
    await connection.execute(REACH, worker, fold, position, now)


async def fail(
    connection: Connection, worker: str, fold: str, error: str, now: dt.datetime
) -> None:
    """Note what went wrong with a worker."""
    await connection.execute(FAIL, worker, fold, error[:500], now)


__all__ = ["Progress", "fail", "progress", "reach", "reached"]
