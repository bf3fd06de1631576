"""What any file of rows becomes, whatever program wrote it: sheets, their rows, and what was noted.

`formats.opened` makes these from a file; the reading of meaning begins where they end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final, Literal, Self, TypeAlias

from msgspec import Struct

Cell: TypeAlias = str | int | float | bool | dt.date | dt.datetime | None
"""A value as the file holds it, untrimmed; None is blank. A whole number of a workbook is an int,
a date at midnight a date; a CSV has text only."""

Format: TypeAlias = Literal["csv", "xlsx", "xlsm", "xls", "ods"]


class Unread(Struct, frozen=True, gc=False, array_like=True):
    """A cell that shows something which is no value: an error, or a formula never calculated.

    column: index from 0; shown: what the sheet shows there (“#N/A”, “=B2*2”); why: a sentence that
    says what it is and the way out.
    """

    column: int
    shown: str
    why: str


class Row(Struct, frozen=True, gc=False, array_like=True):
    """One row: at least one of its cells holds something.

    number: as the sheet shows it: the heading row counts, blank rows count, from 1. cells: may be
    fewer or more than the headings; unread: the cells that are None here but not blank there.
    """

    number: int
    cells: tuple[Cell, ...]
    unread: tuple[Unread, ...] = ()


class Sheet(Struct, frozen=True):
    """One sheet that is read. name: "" for CSV; headings: its first row that is not blank.

    rows: streamed once, without blank rows and without the headings; raises `problems.Refused`
    where the file turns out to be cut, broken or past a limit.
    """

    name: str
    headings: Row
    rows: Iterator[Row]


class LeftOut(Struct, frozen=True):
    """A sheet that is not read, and why: “it is empty”, “no heading of it is known”."""

    sheet: str
    why: str


class Noted(Struct, frozen=True, kw_only=True):
    """What was understood of the form, to be shown to whoever sent the file.

    encoding, delimiter: of CSV only (“utf-8”, “cp1252”, “utf-16”; “,”). sheets: the names read, in
    order. remarks: one sentence each on what was taken in a way that the sender may not expect.
    """

    format: Format
    encoding: str | None = None
    delimiter: str | None = None
    sheets: tuple[str, ...] = ("",)
    left_out: tuple[LeftOut, ...] = ()
    remarks: tuple[str, ...] = ()


def _nothing() -> None:
    """Close what holds nothing open."""


class Opened(Struct, frozen=True):
    """A file whose form is understood. Use it in a `with`: a workbook holds a process until then.

    sheets: gives the sheets in order; each one's rows are to be read before the next is asked for.
    """

    noted: Noted
    sheets: Callable[[], Iterator[Sheet]]
    close: Callable[[], None] = _nothing

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Limits(Struct, frozen=True, kw_only=True):
    """What a file may cost; `docs/settings.md` says when to change each.

    rows and sheets count per file, columns per row; expansion is the ratio of unpacked to packed
    bytes of a workbook; workbook_* bound the process that reads workbooks: its address space, and
    the seconds of processor time that it may take.
    """

    file_bytes: int = 67_108_864
    rows: int = 1_000_000
    columns: int = 300
    sheets: int = 100
    cell_characters: int = 32_767
    expansion: int = 200
    workbook_memory_bytes: int = 805_306_368
    workbook_seconds: int = 60


DEFAULT: Final = Limits()


def folded(heading: object) -> str:
    """Return a heading as it is compared: case, blanks around and line ends within do not count."""
    return " ".join(str(heading).split()).casefold()


def letters(column: int) -> str:
    """Return a column's letters as a sheet shows them: 0 is A, 25 Z, 26 AA."""
    found = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(ord("A") + rest) + found
    return found
