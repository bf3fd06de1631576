"""Packs: a block of a history as bytes, and back.

A pack holds what the fold needs of some hundred entries – positions, days, assurance, payloads –
and neither ids nor sources: those are fetched when somebody drills (DESIGN.md, The fast path). The
same block gives the same bytes, so that a pack can be compared with one that is made anew.
"""

from __future__ import annotations

import functools
from typing import Final

import msgspec
from msgspec import Raw, Struct

from service.projections.history import FACT_OF, Block, Change, Fact, Facts, Unreadable

SIZE: Final = 512
"""Entries of a pack: the tail that is not sealed yet is read from the log, so it stays short."""


class _Packed(Struct, frozen=True, array_like=True):
    """A block on its way: facts of each type as rows, without what their type says already."""

    facts: dict[str, Raw]
    changes: tuple[Change, ...]
    replacements: dict[str, Raw]
    unread: tuple[Unreadable, ...]
    last_position: int
    entries: int


_PACKED: Final = msgspec.msgpack.Decoder(_Packed)
_ENCODER: Final = msgspec.msgpack.Encoder()


def pack(run: Block) -> bytes:
    """Return a block as bytes."""
    return _ENCODER.encode(
        _Packed(
            _rows(run.facts), run.changes, _rows(run.replacements), run.unread,
            run.last_position, run.entries,
        )
    )  # fmt: skip


def unpack(data: bytes) -> Block:
    """Return the block that the bytes hold; raises msgspec.MsgspecError if they hold none."""
    found = _PACKED.decode(data)
    return Block(
        _facts(found.facts), found.changes, _facts(found.replacements), found.unread,
        found.last_position, found.entries,
    )  # fmt: skip


def _rows(groups: Facts) -> dict[str, Raw]:
    return {
        kind: Raw(_ENCODER.encode([_row(fact) for fact in groups[kind]])) for kind in sorted(groups)
    }


def _row(fact: Fact) -> tuple[object, ...]:
    row = (
        fact.position, fact.organisation, fact.effective, fact.precision, fact.certain,
        fact.assurance, fact.source_kind, fact.data,
    )  # fmt: skip
    return (*row, fact.refers) if fact.refers else row


def _facts(groups: dict[str, Raw]) -> dict[str, tuple[Fact, ...]]:
    return {kind: _decoder(kind).decode(rows) for kind, rows in groups.items()}


@functools.cache
def _decoder(kind: str) -> msgspec.msgpack.Decoder[tuple[Fact, ...]]:
    # The element type is made at run time, once a type of the catalogue: no checker knows it.
    return msgspec.msgpack.Decoder(tuple.__class_getitem__((FACT_OF[kind], ...)))


__all__ = ["SIZE", "pack", "unpack"]
