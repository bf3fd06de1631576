"""The same rows written and read by the driver alone: what the service's rates are measured by."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Sequence
from typing import Final

import asyncpg

from service.domain.admission import Admitted
from service.store import appending, reading

ROWS: Final = 1000
"""Rows that a raw transaction or page holds."""
LOCK: Final = "SELECT position, hash FROM log_head FOR UPDATE"
ONE_ROW: Final = """
INSERT INTO events (position, id, organisation, recorded_at, policy, version, type, type_version,
                    effective, recorded_by, about, body, target, disclosed, salt, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""

Parameters = tuple[object, ...]


async def in_batches(dsn: str, admitted: Sequence[Admitted], now: dt.datetime) -> float:
    """Insert the rows, 1,000 a transaction, from columns made beforehand; return the seconds."""
    slices = [admitted[at : at + ROWS] for at in range(0, len(admitted), ROWS)]
    columns = [appending.columns(one, now) for one in slices]
    connection = await asyncpg.connect(dsn)
    try:
        statement = await connection.prepare(appending.INSERT)
        begun = time.perf_counter()
        for parameters in columns:
            async with connection.transaction():
                await statement.fetch(*parameters)
        return time.perf_counter() - begun
    finally:
        await connection.close()


async def lock_per_append(
    dsn: str, admitted: Sequence[Admitted], now: dt.datetime, connections: int
) -> float:
    """Insert row by row, each under the lock of the head in its transaction; return the seconds."""
    rows = [_row(one, now) for one in admitted]
    rows.reverse()
    open_ones = [await asyncpg.connect(dsn) for _ in range(connections)]
    try:
        begun = time.perf_counter()
        await asyncio.gather(*(_append_each(one, rows) for one in open_ones))
        return time.perf_counter() - begun
    finally:
        for one in open_ones:
            await one.close()


def _row(one: Admitted, now: dt.datetime) -> Parameters:
    columns = appending.columns([one], now)
    return tuple(column[0] if isinstance(column, list) else column for column in columns)


async def _append_each(
    connection: asyncpg.Connection[asyncpg.Record], rows: list[Parameters]
) -> None:
    lock = await connection.prepare(LOCK)
    insert = await connection.prepare(ONE_ROW)
    move = await connection.prepare(appending.MOVE_HEAD)
    while rows:
        row = rows.pop()
        async with connection.transaction():
            head = await lock.fetchrow()
            if head is None:
                raise RuntimeError("the log has no head")
            position = head["position"] + 1
            await insert.fetch(position, *row[1:])
            await move.fetch(position, row[-1], row[3])


async def pages(dsn: str, up_to: int) -> float:
    """Read the log's rows by key, page by page, undecoded; return the seconds."""
    connection = await asyncpg.connect(dsn)
    try:
        statement = await connection.prepare(reading.PAGE)
        begun, after = time.perf_counter(), 0
        while rows := await statement.fetch(after, up_to, ROWS):
            after = rows[-1]["position"]
        if after != up_to:
            raise RuntimeError(f"read to {after} of {up_to}")
        return time.perf_counter() - begun
    finally:
        await connection.close()
