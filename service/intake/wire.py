"""What the process that reads workbooks is told, and what it answers: lengths and MessagePack.

A date is text to MessagePack, and a cell may be text: so dates go beside the cells of their row.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from msgspec import Struct

from service.intake.tables import Cell, Limits, Noted, Row, Unread

LENGTH: Final = 4
"""Bytes before each message that say its length, the greatest first."""
MOST_BYTES: Final = 1 << 28
"""No message is longer."""
CELLS: Final = 10_000
"""Cells that travel together."""
Plain = str | int | float | bool | None


class Asked(Struct, frozen=True):
    """One workbook to be read."""

    path: str
    limits: Limits
    known: frozenset[str]


class Line(Struct, frozen=True, gc=False, array_like=True):
    """A row on its way; dates: column, ordinal of the day, microseconds in it or -1 for none."""

    number: int
    cells: tuple[Plain, ...]
    dates: tuple[tuple[int, int, int], ...] = ()
    unread: tuple[Unread, ...] = ()


class Understood(Struct, frozen=True, tag=True, array_like=True):
    """The first answer: what was understood of the form."""

    noted: Noted


class No(Struct, frozen=True, tag=True, array_like=True):
    """The first answer, or the last, of what is refused."""

    code: str
    detail: str


class Began(Struct, frozen=True, tag=True, array_like=True):
    """A sheet begins."""

    name: str
    headings: Line


class Lines(Struct, frozen=True, tag=True, array_like=True):
    """Rows of the sheet that began last."""

    lines: tuple[Line, ...]


class Ended(Struct, frozen=True, tag=True, array_like=True):
    """The sheet that began last has no more rows."""


class Done(Struct, frozen=True, tag=True, array_like=True):
    """All was read: what ends without it was cut."""


Answer = Understood | No | Began | Lines | Ended | Done
encode: Final = msgspec.msgpack.Encoder().encode
decode_asked: Final = msgspec.msgpack.Decoder(Asked).decode
decode_answer: Final = msgspec.msgpack.Decoder(Answer).decode
_DAY: Final = dt.timedelta(days=1)


def memory(limits: Limits) -> str:
    """Return what is said of a workbook that asks for more memory than it is given."""
    return (
        f"reading the workbook takes more than {limits.workbook_memory_bytes >> 20} MB of memory;"
        " often a stray cell lies far below or far to the right of the others: delete the empty"
        " rows and columns, or save it as CSV"
    )


def packed(number: int, cells: list[Cell], unread: tuple[Unread, ...]) -> Line:
    """Return a row for its way."""
    dates = []
    for column, cell in enumerate(cells):
        if isinstance(cell, dt.date):
            dates.append((column, cell.toordinal(), _within(cell)))
            cells[column] = None
    return Line(number, tuple(cells), tuple(dates), unread)  # type: ignore[arg-type]  # no date is left


def _within(cell: dt.date) -> int:
    if not isinstance(cell, dt.datetime):
        return -1
    start = dt.datetime.combine(cell, dt.time())
    return (cell.replace(tzinfo=None) - start) // dt.timedelta(microseconds=1)


def unpacked(line: Line) -> Row:
    """Return a row as it was before its way."""
    if not line.dates:
        return Row(line.number, line.cells, line.unread)
    cells: list[Cell] = list(line.cells)
    for column, ordinal, within in line.dates:
        day = dt.date.fromordinal(ordinal)
        if within < 0:
            cells[column] = day
        else:
            midnight = dt.datetime.combine(day, dt.time())
            cells[column] = midnight + dt.timedelta(microseconds=within)
    return Row(line.number, tuple(cells), line.unread)
