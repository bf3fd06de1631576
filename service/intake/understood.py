"""What was understood of cells: as written, otherwise than written and told, or not at all."""

from __future__ import annotations

import datetime as dt
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from service.intake.tables import Cell, Unread

MOST_BITS: Final = 1024
"""A longer whole number is not written out: there is no such figure."""
Seen: TypeAlias = Cell | Unread
"""A cell as a row holds it, or what the sheet shows there instead of a value."""


class Read(Struct, frozen=True, gc=False):
    """What a cell says.

    json: the value as JSON text; None where the cell says nothing.
    how: how it was taken, where that is not just what was written; a phrase, told once a column.
    precision: of a date that names a month or a year only.
    """

    json: str | None
    how: str = ""
    precision: str = ""


NOTHING: Final = Read(None)


class Misread(ValueError):  # noqa: N818 - a word of this room: the cell cannot be understood
    """A cell cannot be read as its column asks.

    code: the rule's kind. rule: what must hold and the way out. nearest: what was probably meant.
    """

    def __init__(self, code: str, rule: str, nearest: str | None = None) -> None:
        super().__init__(rule)
        self.code = code
        self.rule = rule
        self.nearest = nearest


class Understood(Struct, frozen=True):
    """Cells of a column that were taken otherwise than they were written.

    column: its letter; heading: as the sheet has it. how: a phrase, "pounds → pence". seen, taken:
    the first such cell, and the value that was made of it. cells: how many there were.
    """

    sheet: str
    column: str
    heading: str
    how: str
    seen: str
    taken: str
    cells: int


class Tally(Struct):
    """Counts the cells of a column that were taken in one way, with the first of them."""

    how: str
    seen: str
    taken: str
    cells: int = 0


class Told(Struct, frozen=True):
    """What one column was taken for; grows while its cells are read, one tally a way."""

    letter: str
    heading: str
    ways: dict[str, Tally]

    def tally(self, cell: Seen, read: Read) -> Tally:
        """Return the count that a cell of this reading belongs to."""
        if read.how not in self.ways:
            self.ways[read.how] = Tally(read.how, as_shown(cell), _taken(read))
        return self.ways[read.how]

    def summary(self, sheet: str) -> list[Understood]:
        """Return what was understood of the column, in the order in which it was met."""
        return [
            Understood(sheet, self.letter, self.heading, way.how, way.seen, way.taken, way.cells)
            for way in self.ways.values()
            if way.cells
        ]


def _taken(read: Read) -> str:
    if read.json is None:
        return ""
    return read.json[1:-1] if read.json[0] == '"' else read.json


def as_shown(cell: Seen) -> str:
    """Return a cell as a person sees it in the sheet, at most 120 characters."""
    if cell is None:
        return ""
    if isinstance(cell, Unread):
        return cell.shown
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    text = _text(cell)
    return text if len(text) <= 120 else text[:119] + "…"


def _text(cell: str | float | dt.date) -> str:
    if isinstance(cell, str):
        return cell if cell.isascii() else cell.encode("utf-8", "replace").decode()
    if isinstance(cell, int) and cell.bit_length() > MOST_BITS:
        return "a number past all limits"
    return format(cell, ".15g") if isinstance(cell, float) else str(cell)


def text_of(value: str) -> str:
    """Return a text as JSON; raises Misread for halves of surrogate pairs, which no text holds."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        rule = "must be text: it holds half a character; type it anew"
        raise Misread("control_character", rule) from None


__all__ = [
    "NOTHING",
    "Misread",
    "Read",
    "Seen",
    "Tally",
    "Told",
    "Understood",
    "as_shown",
    "text_of",
]
