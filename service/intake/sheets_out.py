"""The submitter's own file back, with a column that says what is wrong in each row.

The column is headed `# Messages`: a file that is mended and sent again may keep it. A workbook comes
back as one, anything else as CSV; what was written stands as it was, but nothing of it can run as a
formula (CONVENTIONS.md 15).
"""

from __future__ import annotations

import csv as csv_format
import datetime as dt
import io
from collections.abc import Callable, Iterable, Mapping
from typing import BinaryIO, Final

from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from service.intake.columns import REMARK
from service.intake.tables import Cell, Row, Sheet

HEADING: Final = f"{REMARK} Messages"
MOST_NOTES: Final = 1_000
"""So many wrong cells have a note of their own; all are coloured, and every row has its message."""
MOST_CHARACTERS: Final = 32_767
"""A cell of a workbook holds no more."""
_RUNS: Final = frozenset("=+-@\t\r")
"""What a spreadsheet may take for the beginning of a formula."""


class Message(Struct, frozen=True, gc=False):
    """One thing that is wrong. column: index from 0, None where it is about the whole row."""

    column: int | None
    said: str


Messages = Mapping[tuple[str, int], tuple[Message, ...]]
"""By the sheet's name and the row's number, as the file shows them."""


def escaped(text: str) -> str:
    """Return a text so that no spreadsheet runs it: with ' before what begins a formula.

    `unescaped` takes it away again; so a text that begins so already gets another.
    """
    return f"'{text}" if text.lstrip("'")[:1] in _RUNS and text else text


def unescaped(text: str) -> str:
    """Return a text of a CSV as it was before `escaped`."""
    return text[1:] if text[:1] == "'" and text.lstrip("'")[:1] in _RUNS else text


def csv(sheet: Sheet, messages: Messages, to: BinaryIO) -> None:
    """Write a sheet as CSV, the messages as the first column; UTF-8 with its mark."""
    text = io.TextIOWrapper(to, "utf-8-sig", newline="")
    writer = csv_format.writer(text)
    writer.writerow([HEADING, *map(_shown, sheet.headings.cells)])
    for row in sheet.rows:
        said = messages.get((sheet.name, row.number), ())
        writer.writerow([escaped(_joined(said)), *map(_shown, row.cells)])
    text.flush()
    text.detach()


def workbook(sheets: Iterable[Sheet], messages: Messages, to: BinaryIO) -> None:
    """Write sheets as a workbook, the messages as the first column, wrong cells coloured.

    Each row keeps its number, so that messages and rows are found by it. Rows are written as they
    come: memory does not grow with them.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(to, options) as book:
        looks = _looks(book)
        for sheet in sheets:
            _sheet(book, looks, sheet, messages)


class Looks(Struct, frozen=True):
    """How cells look: `wrong` ones by what they hold, headings, messages, right ones."""

    heading: Format
    message: Format
    text: Format
    date: Format
    wrong: Format
    wrong_date: Format


def _looks(book: Workbook) -> Looks:
    red = {"bg_color": "#FFDAD6", "border": 1, "border_color": "#B3261E"}
    # A text that looks like a formula stays a text when its cell is edited.
    text = {"num_format": "@", "quote_prefix": True}
    day = {"num_format": "yyyy-mm-dd"}
    said = {"text_wrap": True, "valign": "top", "font_color": "#8C1D18", "quote_prefix": True}
    made = ({"bold": True, "bg_color": "#D9E6F2"}, said, text, day, text | red, day | red)
    return Looks(*map(book.add_format, made))


def _sheet(book: Workbook, looks: Looks, sheet: Sheet, messages: Messages) -> None:
    written = book.add_worksheet(sheet.name or None)
    written.set_column(0, 0, 60)
    written.freeze_panes(sheet.headings.number, 1)
    written.write_string(sheet.headings.number - 1, 0, HEADING, looks.heading)
    for place, cell in enumerate(sheet.headings.cells, start=1):
        written.write_string(sheet.headings.number - 1, place, _text(cell), looks.heading)
    noted = 0
    for row in sheet.rows:
        said = messages.get((sheet.name, row.number), ())
        _row(written, looks, row, said)
        if said and noted < MOST_NOTES:
            noted += _notes(written, row.number - 1, said)


def _row(written: Worksheet, looks: Looks, row: Row, said: tuple[Message, ...]) -> None:
    if said:
        written.write_string(row.number - 1, 0, _joined(said)[:MOST_CHARACTERS], looks.message)
    wrong = {one.column for one in said}
    for column, cell in enumerate(row.cells):
        _cell(written, looks, (row.number - 1, column + 1), cell, wrong=column in wrong)


def _cell(
    written: Worksheet, looks: Looks, place: tuple[int, int], cell: Cell, *, wrong: bool
) -> None:
    text, date = (looks.wrong, looks.wrong_date) if wrong else (looks.text, looks.date)
    if cell is None:
        if wrong:
            written.write_blank(*place, None, text)
    elif isinstance(cell, dt.date):
        written.write_datetime(*place, cell, date)
    elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
        written.write_number(*place, cell, looks.wrong if wrong else None)
    else:
        written.write_string(*place, _text(cell)[:MOST_CHARACTERS], text)


def _notes(written: Worksheet, row: int, said: tuple[Message, ...]) -> int:
    by_column: dict[int, list[str]] = {}
    for one in said:
        if one.column is not None:
            by_column.setdefault(one.column, []).append(one.said)
    for column, texts in by_column.items():
        written.write_comment(row, column + 1, "\n".join(texts)[:MOST_CHARACTERS], {"author": ""})
    return len(by_column)


def _joined(said: tuple[Message, ...]) -> str:
    return "; ".join(one.said for one in said)


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _shown(cell: Cell) -> str:
    return escaped(_text(cell)) if isinstance(cell, str) else _text(cell)


__all__ = [
    "HEADING", "MOST_NOTES", "Message", "Messages", "csv", "escaped", "unescaped", "workbook",
]  # fmt: skip
