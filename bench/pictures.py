"""The measurements of pictures, over a generated history of 200 trusts.

Each prints lines of its own: no raw driver computes a picture. Where there is something to hold it
against, that is what the driver alone needs to read the same rows. How soon an append is in the
rows behind the log is measured by `bench.behind`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import multiprocessing
import random
import resource
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import asyncpg
import msgspec

from bench import events, http_load, readers, server
from bench.databases import Databases
from bench.rows import record
from service.behind import running, sealer
from service.behind.disclosing import Disclosed
from service.behind.histories import Histories
from service.behind.latest import Latest
from service.behind.pictures import Asked, Pictures
from service.behind.registers import Registers
from service.domain.disclosure import EXACT, POLICY
from service.domain.model import first_model
from service.generator import history
from service.generator.plan import Plan
from service.store import reading
from service.store.pool import Pool, lent

TRUSTS: Final = 200
SYSTEM: Final = "ZS01"
"""The largest that the generator makes: 25 trusts, ZT001 to ZT025."""
MEMBERS: Final = tuple(f"ZT{number:03d}" for number in range(1, 26))
LATE: Final = 0.1
ON: Final = "2025-12-31"
CONNECTIONS: Final = 4
APPENDS: Final = 10
"""Events a second that the system's trusts receive meanwhile."""
READS_ALONE: Final = {"CAPMAP_BEHIND": "false"}
Line = str


class Size(NamedTuple):
    """How much is measured. pictures: of one trust; seconds: of each load; reads: after appends."""

    events: int
    pictures: int
    seconds: float
    reads: int


FULL: Final = Size(1_000_000, 500, 20, 200)
QUICK: Final = Size(100_000, 100, 3, 30)


class Reading(NamedTuple):
    """One measurement: what it is called, and what gives its lines."""

    name: str
    measure: Callable[[Databases, Size], Awaitable[list[Line]]]


async def one_trust(databases: Databases, size: Size) -> list[Line]:
    """A trust's picture in the service without HTTP, nothing of its history kept."""
    async with _filled(databases, size) as dsn, running.pool(dsn) as connections:
        async with lent(connections) as first, lent(connections) as beside:
            head = (await reading.head(first)).position
            await sealer.rebuild(first, beside, head, lambda _: None)
        chance = random.Random(1)
        registers = Registers(connections)
        ours: list[float] = []
        alone: list[float] = []
        for number in range(size.pictures):
            asked = _any_picture(chance, head)
            if number % 2:
                alone.append(await _rows(connections, asked))
            ours.append(await _uncached(connections, registers, asked))
            if not number % 2:
                alone.append(await _rows(connections, asked))
    ratio = statistics.median(raw / own for raw, own in zip(alone, ours, strict=True))
    about = f"{size.events // TRUSTS:,} events of a trust and more, random dates and positions"
    return [
        f"{_at(ours, 0.5)} ms median, {_at(ours, 0.99)} ms at 99 %; {about}",
        f"its rows alone {_at(alone, 0.5)} ms median: ratio {ratio:.2f}",
    ]


def _any_picture(chance: random.Random, head: int) -> Asked:
    on = dt.date(2018, 1, 1) + dt.timedelta(days=chance.randrange(365 * 8))
    up_to = chance.randint(head // 2, head)
    code = chance.choice(MEMBERS)
    return Asked(code, "trust", on, up_to, now=False, evidence="both", model=first_model())


async def _uncached(connections: Pool, registers: Registers, asked: Asked) -> float:
    latest = Latest(connections)
    await latest.head()
    begun = time.perf_counter()
    found = {one: Histories(connections, latest, disclosure=one) for one in (EXACT, POLICY)}
    histories = Disclosed(latest, found)
    made = await Pictures(latest, histories, registers).picture(asked)
    took = time.perf_counter() - begun
    if made.organisation is None:
        raise RuntimeError(f"{asked.code} is not known at {asked.up_to}")
    return took


async def _rows(connections: Pool, asked: Asked) -> float:
    """Return the seconds in which the driver alone reads the rows of a history."""
    async with lent(connections) as connection:
        begun = time.perf_counter()
        await reading.history(connection, asked.code, 0, asked.up_to)
        return time.perf_counter() - begun


async def one_system(databases: Databases, size: Size) -> list[Line]:
    """The picture of 25 trusts over HTTP: again and again, while they grow, after a restart.

    Nothing works behind the log meanwhile: the packs are made between the first two reads.
    """
    path = f"/api/v1/systems/{SYSTEM}/picture?on={ON}"
    request = readers.get(path)
    lines: list[Line] = []
    async with _filled(databases, size) as dsn:
        async with server.serving(dsn, READS_ALONE) as port:
            whole = _expect(await readers.ask(port, request), 200)
            lines.append(f"first read, nothing sealed: {_ms(whole.seconds)} ms")
        await _rebuilt(dsn)
        async with server.serving(dsn, READS_ALONE) as port:
            first = _expect(await readers.ask(port, request), 200)
            lines.append(f"first read after a restart, from packs: {_ms(first.seconds)} ms")
            full = await readers.keep_asking(port, request, CONNECTIONS, size.seconds)
            lines.append(f"whole answers ({len(whole.body):,} bytes): {_rate(full, size)}")
            again = readers.get(path, first.header(b"etag"))
            same = await readers.keep_asking(port, again, CONNECTIONS, size.seconds)
            _expect(same[-1], 304)
            lines.append(f"answered 304: {_rate(same, size)}")
            lines.append(f"with {APPENDS} events/s: {await _growing(port, request, size)}")
    return lines


async def _growing(port: int, request: bytes, size: Size) -> str:
    appending = asyncio.create_task(_append(port, size.seconds))
    found = await readers.keep_asking(port, request, CONNECTIONS, size.seconds)
    return f"{_rate(found, size)}, {await appending} events"


async def _append(port: int, seconds: float) -> int:
    """Record events of the system's trusts at their rate; return how many."""
    count = int(APPENDS * seconds)
    begun = time.perf_counter()
    for number, line in enumerate(events.mixed(count, MEMBERS)):
        await asyncio.sleep(max(0.0, begun + number / APPENDS - time.perf_counter()))
        _expect(await readers.ask(port, http_load.request(line)), 201)
    return count


async def rebuilt(databases: Databases, size: Size) -> list[Line]:
    """All packs made anew from the log, in a process of its own, for its memory."""
    lines: list[Line] = []
    for late in (0.0, 0.8):
        async with _filled(databases, size, late) as dsn:
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
                work = asyncio.get_running_loop().run_in_executor(alone, _rebuilt_in_process, dsn)
                count, seconds, most = await work
        lines.append(f"{late:.0%} late: {count / seconds:,.0f} events/s, at most {most} MB")
    return lines


def _rebuilt_in_process(dsn: str) -> tuple[int, float, int]:
    """Return events, seconds, and the most memory in MB."""
    count, seconds = asyncio.run(_rebuilt(dsn))
    return count, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


async def _rebuilt(dsn: str) -> tuple[int, float]:
    connection, beside = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    head = (await reading.head(connection)).position
    begun = time.perf_counter()
    await sealer.rebuild(connection, beside, head, lambda _: None)
    took = time.perf_counter() - begun
    await connection.close()
    await beside.close()
    return head, took


async def visible(databases: Databases, size: Size) -> list[Line]:
    """An event acknowledged, then the next read of its trust: it must be seen there."""
    path = f"/api/v1/trusts/{MEMBERS[0]}/picture?on={ON}"
    took: list[float] = []
    async with _filled(databases, size) as dsn, server.serving(dsn) as port:
        await readers.ask(port, readers.get(path))
        for line in events.mixed(size.reads, MEMBERS[:1]):
            done = _expect(await readers.ask(port, http_load.request(line)), 201)
            begun = time.perf_counter()
            seen = _expect(await readers.ask(port, readers.get(path)), 200)
            took.append(time.perf_counter() - begun)
            if _position(seen) < _recorded(done):
                raise RuntimeError(f"recorded at {_recorded(done)}, read as of {_position(seen)}")
    each = f"{_at(took, 0.5)} ms median, {_at(took, 0.99)} ms at 99 %"
    return [f"seen by the next read, always; that read took {each}"]


def _position(answer: readers.Answer) -> int:
    return int(msgspec.json.decode(answer.body)["moment"]["known_at"]["position"])


def _recorded(answer: readers.Answer) -> int:
    found = msgspec.json.decode(answer.body)
    return int(found["events"][0]["position"])


@asynccontextmanager
async def _filled(databases: Databases, size: Size, late: float = LATE) -> AsyncIterator[str]:
    """Give a database of its own with the generated history, unmeasured."""
    dsn = await databases.fresh()
    try:
        await record(dsn, _lines(size, late))
        connection = await asyncpg.connect(dsn)
        await connection.execute("ANALYZE")
        await connection.close()
        yield dsn
    finally:
        await databases.drop(dsn)


def _lines(size: Size, late: float) -> list[bytes]:
    """Return the history's lines, those that it sends twice once."""
    found = dict.fromkeys(history.lines(Plan(1, TRUSTS, size.events, late)))
    return [line.rstrip(b"\n") for line in found]


def _expect(answer: readers.Answer, status: int) -> readers.Answer:
    if answer.status != status:
        raise RuntimeError(f"{answer.status} instead of {status}: {answer.body[:400]!r}")
    return answer


def _rate(found: Sequence[readers.Answer], size: Size) -> str:
    seconds = [answer.seconds for answer in found]
    each = f"{_at(seconds, 0.5)} ms median, {_at(seconds, 0.99)} ms at 99 %"
    return f"{len(found) / size.seconds:,.0f}/s, {each}"


def _at(seconds: Sequence[float], share: float) -> str:
    return _ms(sorted(seconds)[max(0, int(len(seconds) * share) - 1)])


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.1f}"


READINGS: Final = (
    Reading("picture of a trust, uncached", one_trust),
    Reading("picture of 25 trusts over HTTP", one_system),
    Reading("rebuild of all packs", rebuilt),
    Reading("append, then the next read", visible),
)
