"""Many lines into the log at its own rate: read once, held against it whole, then recorded.

Nothing is staged: what was read is at hand, or in a file beside, in canonical form, so that what is
recorded is what was looked at. What the log would refuse is known before anything is recorded;
only what others record in between may still refuse a chunk.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import IO, Final

from msgspec import Struct

from service.domain import codec
from service.domain.caller import Caller
from service.domain.references import references
from service.store.appending import Connection
from service.store.writer import Writer
from service.submitting import exchange, telling
from service.submitting.exchange import CHUNK, SLICE, Imported, Line, LineFault
from service.submitting.foreseeing import Foresight

KEPT: Final = 32 * 1024 * 1024
"""The events of a file of up to so many bytes are kept at hand."""
MOST_LINES: Final = 100
"""Lines whose faults are told; a file with more is wrong as a whole."""
BITS: Final = 64
"""Bits an event by which an id that comes again is told; see `Met`."""
SHORTEST: Final = 256
"""Bytes of a line at least, nearly always: by it the bits are counted."""
Report = Callable[[int], None]


class Met:
    """Ids that were met, a bit each.

    Of a hundred ids that come once, one or two share the bit of another: they are taken for ones
    that come again, which costs the memory of their bodies and changes nothing else.
    """

    def __init__(self, size: int) -> None:
        """size: bytes of the file."""
        self._size = BITS * max(1024, size // SHORTEST)
        self._bits = bytearray(self._size // 8)

    def again(self, key: uuid.UUID) -> bool:
        """Tell whether an id was met, and meet it."""
        byte, bit = divmod(key.int % self._size, 8)
        held = self._bits[byte]
        self._bits[byte] = held | 1 << bit
        return bool(held >> bit & 1)


class Held(Struct, frozen=True):
    """A file that was read: what is wrong with its first lines, and its events.

    kept: the events, where they are few; else they are in the file beside. wanted: ids that events
    refer to; repeated: that come more than once, and a few more.
    """

    faults: tuple[LineFault, ...]
    events: int
    kept: tuple[Line, ...] | None
    beside: IO[bytes]
    wanted: frozenset[uuid.UUID]
    repeated: frozenset[uuid.UUID]


def read(lines: IO[bytes], size: int, beside: IO[bytes], report: Report) -> Held:
    """Read all lines of a file of so many bytes, up to a hundred that are wrong."""
    last, met, events, length = exchange.latest(), Met(size), 0, 0
    faults: list[LineFault] = []
    kept: list[Line] = []
    wanted: set[uuid.UUID] = set()
    repeated: set[uuid.UUID] = set()
    for number, line in exchange.numbered(lines, report):
        found = exchange.decode(line, last)
        if not isinstance(found, codec.Submitted):
            faults.append(LineFault(number, found))
            if len(faults) == MOST_LINES:
                break
            continue
        events, length = events + 1, length + len(line)
        if met.again(found.event.id):
            repeated.add(found.event.id)
        wanted.update([one.id for one in references(found.event)])
        kept.append(Line(number, found))
        if length > KEPT and len(kept) >= CHUNK:
            _put(kept, beside)
            kept = []
    if length > KEPT:
        _put(kept, beside)
    few = tuple(kept) if length <= KEPT else None
    return Held(tuple(faults), events, few, beside, frozenset(wanted), frozenset(repeated))


def _put(lines: list[Line], beside: IO[bytes]) -> None:
    beside.write(b"".join([b"%d %b\n" % (one.number, one.submitted.body) for one in lines]))


async def foresee(
    held: Held, connection: Connection, caller: Caller, report: Report
) -> tuple[LineFault, ...]:
    """Return what the log would refuse as it stands, of up to a hundred lines."""
    sight = Foresight(caller, held.wanted, held.repeated)
    faults: list[LineFault] = []
    async for chunk in _ahead(_chunks(held)):
        found = await sight.look(connection, [line.submitted for line in chunk])
        report(len(chunk))
        for place, problem in sorted(found.refused.items()):
            faults.append(LineFault(chunk[place].number, telling.faults(problem)))
        if len(faults) >= MOST_LINES:
            break
    return tuple(faults[:MOST_LINES])


async def record(held: Held, writer: Writer, caller: Caller, report: Report) -> Imported:
    """Record a file in chunks; see `exchange.record`."""
    return await exchange.record(_told(_chunks(held), report), writer, caller)


async def _told(chunks: AsyncIterator[list[Line]], report: Report) -> AsyncIterator[list[Line]]:
    async for chunk in chunks:
        report(len(chunk))
        yield chunk


async def _chunks(held: Held) -> AsyncIterator[list[Line]]:
    """Yield the events; others get their turn while they are decoded."""
    if held.kept is not None:
        for at in range(0, len(held.kept), CHUNK):
            yield list(held.kept[at : at + CHUNK])
        return
    held.beside.seek(0)
    chunk: list[Line] = []
    for line in _lines(held.beside):
        chunk.append(line)
        if len(chunk) % SLICE == 0:
            await asyncio.sleep(0)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _lines(beside: IO[bytes]) -> Iterator[Line]:
    for line in beside:
        number, _, body = line.partition(b" ")
        yield Line(int(number), codec.canonical(body.rstrip(b"\n")))


async def _ahead(chunks: AsyncIterator[list[Line]]) -> AsyncIterator[list[Line]]:
    """Yield chunks, each made while the one before is looked at."""
    following = asyncio.ensure_future(anext(chunks, None))
    try:
        while (chunk := await following) is not None:
            following = asyncio.ensure_future(anext(chunks, None))
            yield chunk
    finally:
        following.cancel()


__all__ = ["Held", "Met", "foresee", "read", "record"]
