"""The submitter's own file back, with a column that says what is wrong in each row.

The column stands behind the others, so that each keeps its letter, and is headed `# Messages`: a
file that is mended and sent again may keep it. A workbook comes back as a workbook, anything else
as CSV. What was written stands as it was, but nothing of it runs as a formula (CONVENTIONS.md 15);
a cell that could not be read comes back blank, as its message says what it showed.
"""

from __future__ import annotations

import csv as csv_format
import datetime as dt
import io
import itertools
import re
from collections.abc import Iterable, Mapping
from typing import BinaryIO, Final

from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from service.intake.columns import REMARK
from service.intake.tables import Cell, Row, Sheet, folded

HEADING: Final = f"{REMARK} Messages"
MOST_NOTES: Final = 1_000
"""So many wrong cells have a note of their own; all are coloured, and every row has its message."""
MOST_CHARACTERS: Final = 32_767
"""A cell of a workbook holds no more."""
_RUNS: Final = frozenset("=+-@")
"""What a spreadsheet may take for the beginning of a formula."""
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]|^'|'$")
"""What a workbook's sheet may not be called, though a sheet of another format may."""


class Message(Struct, frozen=True, gc=False):
    """One thing that is wrong. column: index from 0, None where it is about the whole row."""

    column: int | None
    said: str


Messages = Mapping[tuple[str, int], tuple[Message, ...]]
"""By the sheet's name and the row's number, as the file shows them."""


def escaped(text: str) -> str:
    """Return a text so that no spreadsheet runs it: with ' before what begins a formula.

    Blanks before it go, as some spreadsheets skip them; `cells` reads the text as it was.
    """
    bare = text.lstrip()
    return f"'{bare}" if bare[:1] in _RUNS else text


def csv(sheet: Sheet, messages: Messages, to: BinaryIO) -> None:
    """Write a sheet as CSV with its messages; UTF-8 with its mark."""
    text = io.TextIOWrapper(to, "utf-8-sig", newline="")
    writer = csv_format.writer(text)
    place = _place(sheet.headings)
    writer.writerow(_placed(map(_shown, sheet.headings.cells), place, HEADING))
    for row in sheet.rows:
        said = escaped(_joined(messages.get((sheet.name, row.number), ())))
        writer.writerow(_placed(map(_shown, row.cells), place, said))
    text.flush()
    text.detach()


def _place(headings: Row) -> int:
    """Return where the messages stand, from 0: where an earlier answer had them, else behind."""
    names = [folded(one or "") for one in headings.cells]
    return names.index(folded(HEADING)) if folded(HEADING) in names else len(names)


def _placed(cells: Iterable[str], place: int, said: str) -> list[str]:
    found = list(cells)
    found += [""] * (place + 1 - len(found))
    found[place] = said
    return found


class Looks(Struct, frozen=True):
    """How cells look: headings and messages, right ones and wrong ones by what they hold."""

    heading: Format
    message: Format
    right: Format
    right_date: Format
    wrong: Format
    wrong_date: Format


def workbook(sheets: Iterable[Sheet], messages: Messages, to: BinaryIO) -> None:
    """Write sheets as a workbook with their messages, wrong cells coloured and noted.

    Each row keeps its number, so that messages and rows are found by it. Rows are written as they
    come: memory does not grow with them.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(to, options) as book:
        looks = _looks(book)
        for number, sheet in enumerate(sheets, start=1):
            written = book.add_worksheet(_name(sheet.name, number, set(book.sheetnames)))
            _sheet(written, looks, sheet, messages)


def _name(name: str, number: int, taken: set[str]) -> str:
    """Return a name that a workbook takes: the sheet's own, where it may be."""
    fit = _NOT_IN_NAMES.sub("_", name)[:31] or f"Sheet{number}"
    used = {one.casefold() for one in taken}
    return fit if fit.casefold() not in used else f"{fit[:24]} ({number})"


def _looks(book: Workbook) -> Looks:
    red = {"bg_color": "#FFDAD6", "border": 1, "border_color": "#B3261E"}
    # A text that looks like a formula stays a text when its cell is edited.
    text = {"num_format": "@", "quote_prefix": True}
    day = {"num_format": "yyyy-mm-dd"}
    said = {"text_wrap": True, "valign": "top", "font_color": "#8C1D18", "quote_prefix": True}
    made = ({"bold": True, "bg_color": "#D9E6F2"}, said, text, day, text | red, day | red)
    return Looks(*map(book.add_format, made))


def _sheet(written: Worksheet, looks: Looks, sheet: Sheet, messages: Messages) -> None:
    top, place = sheet.headings.number - 1, _place(sheet.headings)
    written.set_column(place, place, 80)
    written.freeze_panes(top + 1, 0)
    for column, text in enumerate(_placed(map(_text, sheet.headings.cells), place, HEADING)):
        written.write_string(top, column, text, looks.heading)
    notes = itertools.count()
    for row in sheet.rows:
        said = messages.get((sheet.name, row.number), ())
        _row(written, looks, row, place, said)
        for one in said:
            if one.column is not None and next(notes) < MOST_NOTES:
                note = "\n".join(other.said for other in said if other.column == one.column)
                written.write_comment(row.number - 1, one.column, note, {"author": ""})


def _row(written: Worksheet, looks: Looks, row: Row, place: int, said: tuple[Message, ...]) -> None:
    wrong = {one.column for one in said}
    for column in range(max(len(row.cells), *(one + 1 for one in wrong if one is not None), 0)):
        cell = row.cells[column] if column < len(row.cells) else None
        if column != place:
            _cell(written, looks, (row.number - 1, column), cell, wrong=column in wrong)
    if said:
        written.write_string(row.number - 1, place, _joined(said)[:MOST_CHARACTERS], looks.message)


def _cell(
    written: Worksheet, looks: Looks, place: tuple[int, int], cell: Cell, *, wrong: bool
) -> None:
    if cell is None:
        if wrong:
            written.write_blank(*place, None, looks.wrong)
    elif isinstance(cell, bool):
        written.write_boolean(*place, cell, looks.wrong if wrong else None)
    elif isinstance(cell, dt.date):
        written.write_datetime(*place, cell, looks.wrong_date if wrong else looks.right_date)
    elif isinstance(cell, (int, float)):
        written.write_number(*place, cell, looks.wrong if wrong else None)
    else:
        written.write_string(*place, cell[:MOST_CHARACTERS], looks.wrong if wrong else looks.right)


def _joined(said: tuple[Message, ...]) -> str:
    return "; ".join(one.said for one in said)


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _shown(cell: Cell) -> str:
    return escaped(_text(cell)) if isinstance(cell, str) else _text(cell)


__all__ = [
    "HEADING", "MOST_NOTES", "Message", "Messages", "csv", "escaped", "workbook",
]  # fmt: skip
