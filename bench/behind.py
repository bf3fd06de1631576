"""`python -m bench.behind [--quick]`: what runs behind the log, measured.

First, how fast everything is made anew, with none and with four fifths of the events recorded
late. Then how soon an acknowledged append is in the rows, at 1,000 appends a second over 25 trusts,
with rows made in the process that appends (as `capmap serve` does).
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import random
import resource
import tempfile
import time
from pathlib import Path
from typing import Final

import asyncpg

from bench import events
from bench.databases import Databases
from service.api.rooms import Rooms
from service.app import behind, opened
from service.behind import rebuild
from service.domain import codec
from service.domain.admission import Batch
from service.domain.caller import LOCAL
from service.domain.catalogue.context import regulator_rated
from service.domain.catalogue.culture import culture_surveyed
from service.domain.catalogue.record import return_made
from service.domain.catalogue.register import income_reported, trust_registered
from service.settings import Settings
from service.store import embedded

TRUSTS: Final = tuple(f"ZT{number:03d}" for number in range(200))
MIX: Final = (
    regulator_rated.TYPE, culture_surveyed.TYPE, income_reported.TYPE, return_made.TYPE,
)  # fmt: skip
BASE: Final = 20_000
"""Events that are appended; the rest of a log are copies of them, as the database can make them."""
CHUNK: Final = 1000
RATE: Final = 1000
LATEST: Final = dt.date(2100, 12, 31)
COPY: Final = """
INSERT INTO events SELECT position + $1, gen_random_uuid(), organisation, version, type,
    type_version, effective, recorded_at, recorded_by, about, body, target, disclosed, policy, salt,
    hash
FROM events WHERE position > $2 AND position <= $3
"""


def main() -> None:
    """Measure on a server of the bench's own, in a folder that is removed afterwards."""
    parser = argparse.ArgumentParser(prog="python -m bench.behind", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer events")
    quick = parser.parse_args().quick
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
        embedded.running(Path(folder), say=_unheard) as dsn,
    ):
        asyncio.run(_measure(dsn, 200_000 if quick else 1_000_000, 4 if quick else 20))


async def _measure(dsn: str, total: int, seconds: int) -> None:
    databases = Databases(dsn)
    await databases.prepare()
    for late in (0.0, 0.8):
        await _rebuilt(databases, total, late)
    for before in (2_500, 25_000):
        await _visible(databases, before, seconds)


async def _rebuilt(databases: Databases, total: int, late: float) -> None:
    """Print how fast a log of so many events is made anew, and the memory of the largest."""
    dsn = await databases.fresh()
    await _fill(dsn, total, late)
    began = time.perf_counter()
    await rebuild.rebuild(dsn, lambda *_: None)
    took = time.perf_counter() - began
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"rebuild of {total:,} events, {late:.0%} late: {total / took:,.0f}/s,"
        f" at most {own} MB in the process that reads the log"
    )
    await databases.drop(dsn)


async def _fill(dsn: str, total: int, late: float) -> None:
    chance = random.Random(1)
    lines = [_event(at, chance, late) for at in range(BASE)]
    async with opened(Settings(behind=False), dsn) as rooms:
        first = [events.event(trust_registered.TYPE, code, events.FIRST_DAY) for code in TRUSTS]
        await _append(rooms, first)
        await _append(rooms, lines)
    connection = await asyncpg.connect(dsn)
    registered, end = len(TRUSTS), len(TRUSTS) + BASE
    for copy in range(1, total // BASE):
        await connection.execute(COPY, copy * BASE, registered, end)
    await connection.execute("UPDATE log_head SET position = (SELECT max(position) FROM events)")
    await connection.execute("ANALYZE events")
    await connection.close()


def _event(number: int, chance: random.Random, late: float) -> bytes:
    """Return an event whose day follows the one before, or that is recorded late."""
    day = chance.randrange(events.DAYS) if chance.random() < late else number * events.DAYS // BASE
    effective = events.FIRST_DAY + dt.timedelta(days=day)
    return events.event(MIX[number % len(MIX)], chance.choice(TRUSTS), effective)


async def _append(rooms: Rooms, lines: list[bytes]) -> None:
    for at in range(0, len(lines), CHUNK):
        batch = tuple(_decoded(line) for line in lines[at : at + CHUNK])
        await rooms.writer.append(Batch(batch, {}, LOCAL))


def _decoded(line: bytes) -> codec.Submitted:
    found = codec.decode(line, LATEST)
    if not isinstance(found, codec.Submitted):
        raise RuntimeError(f"the bench's own event was refused: {found}")  # noqa: TRY004 - no type
    return found


async def _visible(databases: Databases, before: int, seconds: int) -> None:
    """Print how soon appends are in the rows, of a log with so many events over 25 trusts."""
    dsn = await databases.fresh()
    codes = events.CODES[:25]
    settings = Settings()
    async with opened(settings, dsn) as rooms:
        await _append(rooms, events.registrations())
        await _append(rooms, events.mixed(before, codes))
        async with behind(settings, dsn, rooms):
            await _taken_in(dsn, before)
            load = [_decoded(line) for line in events.mixed(RATE * seconds, codes)]
            appended, seen = await _under_load(rooms, dsn, load)
    print(
        f"{RATE:,} appends/s over 25 trusts of {before // 25:,} events and more:"
        f" in the rows after {_at(seen, 0.5)} ms (median), {_at(seen, 0.99)} ms (99 %);"
        f" acknowledged after {_at(appended, 0.5)} and {_at(appended, 0.99)} ms"
    )
    await databases.drop(dsn)


async def _under_load(
    rooms: Rooms, dsn: str, load: list[codec.Submitted]
) -> tuple[list[float], list[float]]:
    """Return for each event the seconds to its acknowledgement, and from there to the rows."""
    took: list[float] = []
    acknowledged: list[tuple[int, float]] = []

    async def one(event: codec.Submitted) -> None:
        began = time.perf_counter()
        (done,) = await rooms.writer.append(Batch((event,), {}, LOCAL))
        took.append(time.perf_counter() - began)
        acknowledged.append((done.position, time.perf_counter()))

    watch = asyncio.create_task(_watched(dsn, acknowledged, len(load)))
    began, tasks = time.perf_counter(), []
    for number, event in enumerate(load):
        await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        tasks.append(asyncio.create_task(one(event)))
    await asyncio.gather(*tasks)
    return took, await watch


async def _watched(dsn: str, acknowledged: list[tuple[int, float]], count: int) -> list[float]:
    connection = await asyncpg.connect(dsn)
    seen: list[float] = []
    while len(seen) < count:
        position = await _position(connection)
        now = time.perf_counter()
        acknowledged.sort()
        there = [at for at in acknowledged if at[0] <= position]
        del acknowledged[: len(there)]
        seen += [now - when for _, when in there]
        await asyncio.sleep(0.003)
    await connection.close()
    return seen


async def _taken_in(dsn: str, position: int) -> None:
    connection = await asyncpg.connect(dsn)
    while await _position(connection) < position:  # noqa: ASYNC110 - written by a task of its own
        await asyncio.sleep(0.05)
    await connection.close()


async def _position(connection: asyncpg.Connection[asyncpg.Record]) -> int:
    rows = "SELECT position FROM behind WHERE worker = 'rows'"
    return await connection.fetchval(rows) or 0


def _at(seconds: list[float], share: float) -> int:
    return round(1000 * sorted(seconds)[max(0, int(len(seconds) * share) - 1)])


def _unheard(_: str) -> None:
    """Say nothing: the bench prints its lines only."""


if __name__ == "__main__":
    main()
