"""The four measurements; each gives the seconds of one round, ours and raw."""

from __future__ import annotations

import functools
import io
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import asyncpg

from bench import events, http_load, raw, server
from bench.databases import Databases
from service import settings
from service.domain import codec
from service.domain.caller import LOCAL
from service.domain.envelope import Event
from service.store import reading
from service.store.pool import snapshot
from service.store.writer import SESSION, Writer
from service.submitting import importing

CONNECTIONS: Final = 32
BATCH_CONNECTIONS: Final = 4
BATCH: Final = 500
ALONE: Final = {"CAPMAP_BEHIND": os.environ.get("CAPMAP_BEHIND", "false")}
"""The log by itself: what works behind it is measured by `bench.behind`, or here if it is set."""
MOST_EVENTS: Final = settings.load({}).writer_events


class Round(NamedTuple):
    """Seconds of one round for the same events."""

    ours: float
    raw: float


class Row(NamedTuple):
    """One line of the table: what is measured, against what, and what it should reach."""

    name: str
    against: str
    measure: Callable[[Databases, int, bool], Awaitable[Round]]
    events: int
    quick_events: int
    least_rate: int | None
    least_ratio: float


async def singles(databases: Databases, count: int, ours_first: bool) -> Round:  # noqa: FBT001 - who goes first
    """Events one a request over HTTP, against one a transaction under the lock of the head."""
    registered, lines = events.registrations(), events.mixed(count)
    rows, now = events.admitted(registered + lines)
    requests = [http_load.request(line) for line in lines]

    async def ours() -> float:
        return await _over_http(databases, registered, requests, CONNECTIONS)

    async def alone() -> float:
        dsn = await databases.fresh()
        try:
            return await raw.lock_per_append(dsn, rows[len(registered) :], now, CONNECTIONS)
        finally:
            await databases.drop(dsn)

    return await _alternate(ours, alone, ours_first)


async def batches(databases: Databases, count: int, ours_first: bool) -> Round:  # noqa: FBT001 - who goes first
    """Batches of 500 over HTTP, against 1,000 rows a transaction."""
    registered, lines = events.registrations(), events.mixed(count)
    requests = [
        http_load.request(b"[" + b",".join(lines[at : at + BATCH]) + b"]")
        for at in range(0, count, BATCH)
    ]

    async def ours() -> float:
        return await _over_http(databases, registered, requests, BATCH_CONNECTIONS)

    return await _alternate(ours, _raw_batches(databases, registered, lines), ours_first)


async def imported(databases: Databases, count: int, ours_first: bool) -> Round:  # noqa: FBT001 - who goes first
    """`events import` of a file, check and all, against 1,000 rows a transaction."""
    registered, lines = events.registrations(), events.mixed(count)
    file = b"\n".join(lines) + b"\n"

    async def ours() -> float:
        dsn = await databases.fresh()
        try:
            await record(dsn, registered)
            begun = time.perf_counter()
            await load(dsn, file)
            return time.perf_counter() - begun
        finally:
            await databases.drop(dsn)

    return await _alternate(ours, _raw_batches(databases, registered, lines), ours_first)


async def read_back(databases: Databases, count: int, ours_first: bool) -> Round:  # noqa: FBT001 - who goes first
    """The whole log decoded, page by page, against its rows alone."""
    lines = events.registrations() + events.mixed(count)
    dsn = await databases.fresh()
    try:
        await record(dsn, lines)

        async def ours() -> float:
            return await _read_decoded(dsn, len(lines))

        async def alone() -> float:
            return await raw.pages(dsn, len(lines))

        await alone()  # both find the table in memory
        return await _alternate(ours, alone, ours_first)
    finally:
        await databases.drop(dsn)


async def record(dsn: str, lines: list[bytes]) -> None:
    """Put events into a log as the service does, unmeasured."""
    await load(dsn, b"\n".join(lines) + b"\n")


async def load(dsn: str, file: bytes) -> None:
    """Record a file of many lines as `events import` does: read, held against the log, recorded."""
    writer = Writer(functools.partial(asyncpg.connect, dsn, server_settings=SESSION), MOST_EVENTS)
    writer.start()
    try:
        with tempfile.TemporaryFile() as beside:
            held = importing.read(io.BytesIO(file), len(file), beside, _unheard)
            if held.faults or await _refused(dsn, held):
                raise RuntimeError("the bench's own events were refused")
            done = await importing.record(held, writer, LOCAL, _unheard)
    finally:
        await writer.close()
    sent = file.count(b"\n")
    if done.recorded != sent:
        raise RuntimeError(f"{done.recorded} of {sent} events were recorded")


async def _refused(dsn: str, held: importing.Held) -> bool:
    async with (
        asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool,
        snapshot(pool) as connection,
    ):
        return bool(await importing.foresee(held, connection, LOCAL, _unheard))


async def _alternate(
    ours: Callable[[], Awaitable[float]],
    alone: Callable[[], Awaitable[float]],
    ours_first: bool,  # noqa: FBT001 - who goes first
) -> Round:
    if ours_first:
        first = await ours()
        return Round(first, await alone())
    second = await alone()
    return Round(await ours(), second)


def _raw_batches(
    databases: Databases, registered: list[bytes], lines: list[bytes]
) -> Callable[[], Awaitable[float]]:
    rows, now = events.admitted(registered + lines)

    async def alone() -> float:
        dsn = await databases.fresh()
        try:
            return await raw.in_batches(dsn, rows[len(registered) :], now)
        finally:
            await databases.drop(dsn)

    return alone


async def _over_http(
    databases: Databases, registered: list[bytes], requests: list[bytes], connections: int
) -> float:
    dsn = await databases.fresh()
    try:
        async with server.serving(dsn, ALONE) as port:
            first = http_load.request(b"[" + b",".join(registered) + b"]")
            await http_load.drive(port, [first], 1)
            return await http_load.drive(port, requests, connections)
    finally:
        await databases.drop(dsn)


async def _read_decoded(dsn: str, up_to: int) -> float:
    connection = await asyncpg.connect(dsn)
    try:
        begun, seen = time.perf_counter(), 0
        async for page in reading.pages(connection, reading.EVERYTHING, 0, up_to):
            decoded: list[Event | codec.Unread] = [stored.event() for stored in page]
            seen += len(decoded)
        if seen != up_to:
            raise RuntimeError(f"read {seen} of {up_to}")
        return time.perf_counter() - begun
    finally:
        await connection.close()


def _unheard(_: int) -> None:
    """Show no progress: it would be measured along."""


ROWS: Final = (
    Row("POST, 1 event, 32 connections", "lock per append", singles, 20_000, 3_000, 6_000, 2.0),
    Row("POST, 500 events, 4 connections", "raw unnest", batches, 50_000, 10_000, None, 0.5),
    Row("events import", "raw unnest", imported, 50_000, 10_000, None, 0.5),
    Row("read and decode the log", "raw pages", read_back, 50_000, 10_000, None, 0.5),
)
