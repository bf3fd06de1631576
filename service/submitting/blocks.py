"""A block: so many rows of a file in their order, those that are events and those that are wrong.

Blocks are what is checked, staged, recorded and told at once, so nothing grows with the file.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from service.domain import codec
from service.domain.codec import Submitted
from service.intake.rows import Item, Wrong

LEVEL: Final = 1
"""Of zlib: a million canonical events take a sixth of their bytes, at 150 MB/s."""
Entry = Item | tuple[Wrong, ...]


class Place(Struct, frozen=True, gc=False, array_like=True):
    """Where a row stands. row: as the sheet shows it."""

    sheet: str
    row: int


class Block(Struct, frozen=True):
    """Rows in their order. wrong: faults by index; events: of all other rows, in order."""

    places: tuple[Place, ...]
    wrong: Mapping[int, tuple[Wrong, ...]]
    events: tuple[Submitted, ...]


class Kept(Struct, frozen=True, array_like=True):
    """What is kept of a block for ever: its rows and what was wrong with them."""

    sheets: tuple[str, ...]
    which: tuple[int, ...]
    rows: tuple[int, ...]
    wrong: dict[int, tuple[Wrong, ...]]

    def place(self, index: int) -> Place:
        """Return where a row stands."""
        return Place(self.sheets[self.which[index]], self.rows[index])


_KEPT: Final = msgspec.msgpack.Decoder(Kept)
_BODIES: Final = msgspec.msgpack.Decoder(list[bytes])
_ENCODER: Final = msgspec.msgpack.Encoder()


def block(entries: Iterable[Entry]) -> Block:
    """Return the block of some rows."""
    places, wrong, events = [], {}, []
    for index, entry in enumerate(entries):
        if isinstance(entry, Item):
            places.append(Place(entry.sheet, entry.row))
            events.append(entry.submitted)
        else:
            places.append(Place(entry[0].sheet, entry[0].row))
            wrong[index] = entry
    return Block(tuple(places), wrong, tuple(events))


def good(found: Block | Kept, rows: int) -> list[int]:
    """Return the indexes of the rows without faults, in order: where each event stands."""
    return [index for index in range(rows) if index not in found.wrong]


def without(found: Block, refused: Mapping[int, tuple[Wrong, ...]]) -> Block:
    """Return a block in which some events, by their place among the events, are wrong rows."""
    indexes = good(found, len(found.places))
    wrong = dict(found.wrong) | {indexes[place]: said for place, said in refused.items()}
    events = tuple(one for place, one in enumerate(found.events) if place not in refused)
    return Block(found.places, wrong, events)


def pack_places(found: Block) -> bytes:
    """Return what is kept of a block as bytes."""
    sheets = tuple(dict.fromkeys(place.sheet for place in found.places))
    number = {sheet: index for index, sheet in enumerate(sheets)}
    kept = Kept(
        sheets,
        tuple([number[place.sheet] for place in found.places]),
        tuple([place.row for place in found.places]),
        dict(found.wrong),
    )
    return zlib.compress(_ENCODER.encode(kept), LEVEL)


def unpack_places(raw: bytes) -> Kept:
    """Return what was kept of a block."""
    return _KEPT.decode(zlib.decompress(raw))


def pack_bodies(events: Iterable[Submitted]) -> bytes:
    """Return the canonical bytes of events as one."""
    return zlib.compress(_ENCODER.encode([event.body for event in events]), LEVEL)


def unpack_events(raw: bytes) -> tuple[Submitted, ...]:
    """Return the events of canonical bytes that this release packed."""
    return tuple([codec.canonical(body) for body in _BODIES.decode(zlib.decompress(raw))])


__all__ = [
    "Block", "Entry", "Kept", "Place", "block", "good", "pack_bodies", "pack_places",
    "unpack_events", "unpack_places", "without",
]  # fmt: skip
