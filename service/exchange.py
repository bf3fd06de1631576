"""Import and export of events as NDJSON: streamed, in bounded memory, safe to repeat."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from typing import IO, Final

import msgspec
from msgspec import Raw, Struct

from service.domain import codec, dates, explain, strict
from service.domain.admission import Batch, Outcome
from service.domain.caller import Caller
from service.domain.envelope import SERVICE_MEMBERS
from service.domain.faults import Fault
from service.store import reading
from service.store.appending import Connection
from service.store.writer import Writer

CHUNK: Final = 1000
"""Events that an import hands to the writer at once; what has gathered is one transaction."""
AHEAD: Final = 12
"""Chunks that are decoded while earlier ones are being recorded."""
SLICE: Final = 50
"""Lines that are decoded before the writer gets its turn: it waits for the database meanwhile."""


class LineFault(Struct, frozen=True):
    """What is wrong with one line of a file, counted from 1."""

    line: int
    faults: tuple[Fault, ...]


class Imported(Struct):
    """How an import went."""

    read: int = 0
    recorded: int = 0
    known: int = 0
    faults: list[LineFault] = []


def check(lines: IO[bytes], report: Callable[[int], None]) -> list[LineFault]:
    """Return the faults of a whole file before anything of it is recorded, at most 100 lines."""
    found: list[LineFault] = []
    latest = _latest()
    for number, line in _numbered(lines, report):
        done = decode(line, latest)
        if not isinstance(done, codec.Submitted):
            found.append(LineFault(number, done))
            if len(found) == 100:
                break
    return found


async def load(
    lines: IO[bytes], writer: Writer, caller: Caller, report: Callable[[int], None]
) -> Imported:
    """Record a checked file, chunk by chunk, decoding the next while the last is recorded."""
    done = Imported()
    waiting: list[asyncio.Task[tuple[Outcome, ...]]] = []
    async for chunk in _chunks(lines, report):
        done.read += len(chunk)
        waiting.append(asyncio.create_task(writer.append(Batch(chunk, {}, caller))))
        if len(waiting) > AHEAD:
            _count(done, await waiting.pop(0))
    for task in waiting:
        _count(done, await task)
    return done


def _count(done: Imported, outcomes: tuple[Outcome, ...]) -> None:
    new = sum(outcome.outcome == "recorded" for outcome in outcomes)
    done.recorded += new
    done.known += len(outcomes) - new


async def _chunks(
    lines: IO[bytes], report: Callable[[int], None]
) -> AsyncIterator[tuple[codec.Submitted, ...]]:
    latest = _latest()
    chunk: list[codec.Submitted] = []
    for _, line in _numbered(lines, report):
        found = decode(line, latest)
        if isinstance(found, codec.Submitted):
            chunk.append(found)
        if len(chunk) % SLICE == 0:
            await asyncio.sleep(0)
        if len(chunk) == CHUNK:
            yield tuple(chunk)
            chunk = []
    if chunk:
        yield tuple(chunk)


def _numbered(lines: IO[bytes], report: Callable[[int], None]) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(lines, 1):
        report(len(line))
        if line.strip():
            yield number, line.rstrip(b"\r\n")


def _latest() -> dt.date:
    return min(dates.today(dt.datetime.now(dt.UTC)) + explain.AHEAD, dates.LATEST)


def decode(line: bytes, latest: dt.date) -> codec.Submitted | tuple[Fault, ...]:
    """Return the event of a line; members that the service adds are dropped."""
    if b'"position":' in line:
        try:
            members = msgspec.json.decode(line, type=dict[str, Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return explain.faults(line, latest)
        colons = sum(name.count(":") + 1 + bytes(v).count(b":") for name, v in members.items())
        if colons != line.count(b":") and (repeated := strict.repeated_faults(line)):
            return tuple(repeated)
        if any(name in members for name in SERVICE_MEMBERS):
            kept = {k: v for k, v in members.items() if k not in SERVICE_MEMBERS}
            line = msgspec.json.encode(kept)
    return codec.decode(line, latest)


async def export(connection: Connection, out: IO[bytes], report: Callable[[int], None]) -> int:
    """Write the whole log as NDJSON; return how many events were written."""
    head = await reading.head(connection)
    written = 0
    async for page in reading.pages(connection, reading.EVERYTHING, 0, head.position):
        out.write(b"".join(stored.line() + b"\n" for stored in page))
        written += len(page)
        report(page[-1].position)
    return written


__all__ = ["Imported", "LineFault", "check", "decode", "export", "load"]
