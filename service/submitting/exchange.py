"""Import and export of events as NDJSON: streamed, in bounded memory, safe to repeat."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import IO, Final

import msgspec
from msgspec import Raw, Struct

from service.domain import codec, dates, explain, strict
from service.domain.admission import Batch, Outcome
from service.domain.caller import Caller
from service.domain.envelope import SERVICE_MEMBERS
from service.domain.faults import Fault
from service.domain.problems import Problem, Refused
from service.intake import cloudevents
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


class Line(Struct, frozen=True, gc=False):
    """An event of a file and the line it stands in, from 1."""

    number: int
    submitted: codec.Submitted


class Imported(Struct):
    """How an import went; faults: what the log refused, with the problem as a whole.

    What was recorded before it was refused stands: importing the mended file again is safe.
    """

    read: int = 0
    recorded: int = 0
    known: int = 0
    problem: Problem | None = None
    faults: tuple[LineFault, ...] = ()


async def load(
    lines: IO[bytes], writer: Writer, caller: Caller, report: Callable[[int], None]
) -> Imported:
    """Record the lines of a file that is known to be good; others of it are passed over."""
    return await record(_chunks(lines, report), writer, caller)


async def record(chunks: AsyncIterator[list[Line]], writer: Writer, caller: Caller) -> Imported:
    """Record chunks in their order, the next being decoded while the last is recorded.

    Each is recorded whole or not at all; those before one that the log refuses stand.
    """
    done = Imported()
    waiting: deque[tuple[list[Line], asyncio.Task[tuple[Outcome, ...]]]] = deque()
    async for chunk in chunks:
        done.read += len(chunk)
        batch = Batch(tuple([line.submitted for line in chunk]), {}, caller)
        waiting.append((chunk, asyncio.create_task(writer.append(batch))))
        if len(waiting) > AHEAD:
            await _count(done, *waiting.popleft())
        if done.problem is not None:
            break
    for chunk, task in waiting:
        await _count(done, chunk, task)
    return done


async def _count(
    done: Imported, chunk: list[Line], task: asyncio.Task[tuple[Outcome, ...]]
) -> None:
    try:
        outcomes = await task
    except Refused as refused:
        if done.problem is None:
            done.problem = refused.problem
            done.faults = tuple(at_line(chunk, fault) for fault in refused.problem.errors)
        return
    new = sum(outcome.outcome == "recorded" for outcome in outcomes)
    done.recorded += new
    done.known += len(outcomes) - new


def at_line(chunk: list[Line], fault: Fault) -> LineFault:
    """Return a fault of a batch's item as one of the line that it came from."""
    _, _, index, *rest = fault.pointer.split("/", 3)
    pointer = "".join(f"/{part}" for part in rest)
    moved = msgspec.structs.replace(fault, pointer=pointer)
    return LineFault(chunk[int(index)].number, (moved,))


async def _chunks(lines: IO[bytes], report: Callable[[int], None]) -> AsyncIterator[list[Line]]:
    last = latest()
    chunk: list[Line] = []
    for number, line in numbered(lines, report):
        found = decode(line, last)
        if isinstance(found, codec.Submitted):
            chunk.append(Line(number, found))
        if len(chunk) % SLICE == 0:
            await asyncio.sleep(0)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def numbered(lines: IO[bytes], report: Callable[[int], None]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank with their numbers, from 1."""
    for number, line in enumerate(lines, 1):
        report(len(line))
        if line.strip():
            yield number, line.rstrip(b"\r\n")


def latest() -> dt.date:
    """Return the last effective date that is accepted today."""
    return min(dates.today(dt.datetime.now(dt.UTC)) + explain.AHEAD, dates.LATEST)


def decode(line: bytes, latest: dt.date) -> codec.Submitted | tuple[Fault, ...]:
    """Return the event of a line, a CloudEvent's too; members that the service adds are dropped.

    latest: the last effective date that is accepted.
    """
    if b'"specversion"' in line and cloudevents.is_one(line):
        return cloudevents.decode(line, latest)
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


__all__ = [
    "CHUNK", "SLICE", "Imported", "Line", "LineFault", "at_line", "decode", "export", "latest",
    "load", "numbered", "record",
]  # fmt: skip
