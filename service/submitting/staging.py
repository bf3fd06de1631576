"""Checking a file whole, before anything of it is recorded; its rows are put down as they pass.

Read once, block by block: what fits into one batch stays in memory, more is staged. Then every
block is held against the log and the blocks before it. All of it happens in one transaction of the
caller's: whatever goes wrong, or is killed, nothing of it is there.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from service.domain.caller import Caller
from service.domain.codec import Submitted
from service.domain.problems import MOST_ERRORS, Problem, Refused
from service.domain.references import references
from service.intake.rows import Item, Wrong
from service.store import staged
from service.store.appending import Connection
from service.submitting import blocks
from service.submitting.blocks import Block, Entry
from service.submitting.foreseeing import Foresight
from service.submitting.telling import Locate, wrongs

SLICE: Final = 250
"""Rows that are read before the process's other requests get their turn."""
HELD: Final = 100_000
"""Rows up to which a file's events stay at hand, some 1 KB each: looked at again, not decoded."""
MOST_WRONG: Final = 100_000
"""Wrong rows after which a file is not read on: it is wrong as a whole."""


class Sizes(Struct, frozen=True):
    """Rows of a chunk, of the largest file that is one batch, and of any file."""

    chunk: int = 1000
    whole: int = 10_000
    most: int = 1_000_000


class Staging:
    """One file on its way from rows to chunks that are ready to be recorded."""

    def __init__(self, connection: Connection, upload: uuid.UUID, sizes: Sizes) -> None:
        self._connection = connection
        self.upload = upload
        self._sizes = sizes
        self._wanted: set[uuid.UUID] = set()
        self.organisations: set[str] = set()
        self._only: Block | None = None
        self._held: dict[int, Block] = {}
        self.form: Literal["whole", "apart"] = "whole"
        self.rows = self.wrong = self.known = self.chunks = 0
        self.first: list[Wrong] = []
        self.cut_short = False

    async def read(self, slices: AsyncIterator[Sequence[Entry]]) -> None:
        """Read all rows; raises Refused for a file without any, or with too many."""
        held: list[Entry] = []
        async for part in slices:
            held += part
            self.rows += len(part)
            self._refuse_too_long()
            if self.rows > self._sizes.whole:
                held = await self._stage_full(held)
            if self.wrong > MOST_WRONG:
                self.cut_short = True
                break
        if not self.rows:
            raise Refused(Problem("malformed_body", "there is no event in it: send at least one"))
        if self.form == "whole":
            self._only = self._taken(held)
            self.chunks = 1
        elif held:
            await self._stage(self._taken(held))

    async def foresee(self, caller: Caller, locate: Locate) -> None:
        """Hold every event against the log; what it would refuse becomes a wrong row."""
        sight = Foresight(caller, frozenset(self._wanted), await self._repeated())
        for chunk in range(self.chunks):
            block = self._only or self._held.pop(chunk, None) or await self._staged(chunk)
            found = await sight.look(self._connection, block.events)
            self.known += found.known
            if found.refused:
                block = await self._mark(chunk, block, found.refused, locate)
                self._only = self._only and block
        if self._only is not None:
            await self._put(0, self._only)

    async def events(self) -> AsyncIterator[Sequence[Submitted]]:
        """Yield the events of all rows without faults, in order."""
        for chunk in range(self.chunks):
            yield (self._only or await self._staged(chunk)).events

    def _refuse_too_long(self) -> None:
        if self.rows > self._sizes.most:
            detail = f"it has more than {self._sizes.most} rows (CAPMAP_FILE_ROWS)"
            raise Refused(Problem("file_limit", detail))

    async def _stage_full(self, held: list[Entry]) -> list[Entry]:
        """Stage what fills chunks; return the rest."""
        self.form = "apart"
        size = self._sizes.chunk
        while len(held) >= size:
            await self._stage(self._taken(held[:size]))
            held = held[size:]
        return held

    def _taken(self, entries: Sequence[Entry]) -> Block:
        for entry in entries:
            if isinstance(entry, Item):
                self._wanted.update(one.id for one in references(entry.submitted.event))
                self.organisations.add(entry.submitted.event.organisation)
        block = blocks.block(entries)
        self._note(block.wrong)
        return block

    def _note(self, wrong: Mapping[int, tuple[Wrong, ...]]) -> None:
        self.wrong += len(wrong)
        for one in itertools.chain.from_iterable(wrong.values()):
            if len(self.first) == MOST_ERRORS:
                return
            self.first.append(one)

    async def _stage(self, block: Block) -> None:
        await self._put(self.chunks, block)
        if self.rows <= HELD:
            self._held[self.chunks] = block
        self.chunks += 1

    async def _put(self, chunk: int, block: Block) -> None:
        places, bodies = await asyncio.to_thread(_packed, block)
        rows = staged.Chunk(chunk, len(block.places), len(block.wrong), places)
        await staged.put_chunk(self._connection, self.upload, rows)
        ids = [submitted.event.id for submitted in block.events]
        await staged.put_staged(self._connection, self.upload, chunk, ids, bodies)

    async def _staged(self, chunk: int) -> Block:
        packed = await staged.staged(self._connection, self.upload, chunk)
        events = await asyncio.to_thread(blocks.unpack_events, packed) if packed else ()
        return Block((), {}, events)

    async def _mark(
        self, chunk: int, block: Block, refused: Mapping[int, Problem], locate: Locate
    ) -> Block:
        """Return the block in which the refused events are wrong rows."""
        whole = block if block.places else await self._whole(chunk, block)
        at = blocks.good(whole, len(whole.places))
        said = {}
        for place, problem in refused.items():
            row = whole.places[at[place]]
            item = Item(row.sheet, row.row, block.events[place])
            said[place] = wrongs(item, problem, locate)
        self._note(said)
        marked = blocks.without(whole, said)
        if self._only is None:
            await self._put(chunk, marked)
        return marked

    async def _whole(self, chunk: int, block: Block) -> Block:
        (row,) = await staged.chunks(self._connection, self.upload, chunk, 1)
        kept = blocks.unpack_places(row.places)
        places = tuple([kept.place(index) for index in range(row.rows)])
        return Block(places, kept.wrong, block.events)

    async def _repeated(self) -> list[uuid.UUID]:
        if self._only is None:
            return await staged.repeated(self._connection, self.upload)
        counted = Counter(submitted.event.id for submitted in self._only.events)
        return [key for key, times in counted.items() if times > 1]


async def slices(entries: Iterator[Entry]) -> AsyncIterator[list[Entry]]:
    """Yield rows, read in a thread: a reader may block, and others get their turn in between."""
    while part := await asyncio.to_thread(_taken, entries):
        yield part


def _taken(entries: Iterator[Entry]) -> list[Entry]:
    return list(itertools.islice(entries, SLICE))


def _packed(block: Block) -> tuple[bytes, bytes]:
    return blocks.pack_places(block), blocks.pack_bodies(block.events)


__all__ = ["Sizes", "Staging", "slices"]
