"""Templates: a workbook and a CSV for each type of event, and one workbook with all types.

A sheet of events has a heading row, then rows that begin with `#`: which columns are needed, and an
example. The drop-downs rest on a very hidden sheet. The bytes of a release are always the same.
"""

from __future__ import annotations

import csv as csv_format
import datetime as dt
import functools
import io
from collections.abc import Iterable, Mapping
from itertools import count
from typing import Final

from msgspec import Struct
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from service.domain import dates
from service.domain.lists import LISTS
from service.domain.register import BY_NAME, TYPES
from service.intake import examples, guide
from service.intake.columns import (
    GUIDE_SHEET,
    INDEX_SHEET,
    LISTS_SHEET,
    REMARK,
    Column,
    Kind,
    columns,
)
from service.intake.tables import Cell, letters

REMARKS: Final = f"{REMARK} Remarks"
NEEDED: Final = f"{REMARK} Needed?"
EXAMPLE: Final = f"{REMARK} Example"
HOLDS: Final = f"{REMARK} May hold"
_LAST_ROW: Final = 1_048_575
_FIRST: Final = 3
"""The row, from 0, in which a person's own rows begin: after headings, hints and the example."""
_MADE: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)  # files have no zone
_YEARS: Final = tuple(f"{year}/{(year + 1) % 100:02d}" for year in range(2010, 2036))
_YES_NO: Final = ("yes", "no")
_NUMBERS: Final[Mapping[Kind, str]] = {
    "date": "yyyy-mm-dd", "count": "0", "quarter": "0", "money": "#,##0.00", "number": "General",
    "percent": "General", "share": "General",
}  # fmt: skip
_CHECKED: Final[Mapping[Kind, str]] = {
    "count": "integer", "quarter": "integer", "money": "decimal", "number": "decimal",
    "percent": "decimal", "share": "decimal",
}  # fmt: skip
_WIDTHS: Final[Mapping[str, int]] = {
    "Event type": 30, "Column": 32, "Needed?": 20, "What it means": 50, "What it may hold": 60,
    "Example": 24, "JSON path": 30,
}  # fmt: skip
# As xlsxwriter takes options of a validation and properties of a format.
Options = dict[str, object]


class Made(Struct, frozen=True):
    """A workbook in the making: its formats by name, its drop-downs' names by their values."""

    book: Workbook
    formats: Mapping[str, Format]
    lists: Mapping[tuple[str, ...], str]


def headed(type_name: str, *, typed: bool) -> tuple[Column, ...]:
    """Return the columns that a template shows; typed: with the event's type in each row."""
    left_out = {"id"} if typed else {"id", "type"}
    return tuple(one for one in columns(type_name) if one.path not in left_out)


def hints(type_name: str, of: tuple[Column, ...]) -> tuple[tuple[Cell, ...], ...]:
    """Return the rows beneath the headings that are no data: what is needed, and an example."""
    shown = dict(zip(columns(type_name), examples.example(type_name), strict=True))
    return (
        (NEEDED, *(guide.needed(type_name, one) for one in of)),
        (EXAMPLE, *(shown[one] for one in of)),
    )


@functools.cache
def csv(type_name: str) -> bytes:
    """Return a type's template as CSV: UTF-8 with its mark, a row of allowed values added."""
    of = headed(type_name, typed=True)
    text = io.StringIO(newline="")
    writer = csv_format.writer(text)
    writer.writerow([REMARKS, *(one.label for one in of)])
    writer.writerow([HOLDS, *map(guide.holds, of)])
    writer.writerows(hints(type_name, of))
    return text.getvalue().encode("utf-8-sig")


@functools.cache
def workbook(type_name: str) -> bytes:
    """Return a type's template as a workbook; raises KeyError for an unknown type."""
    data = io.BytesIO()
    made = _opened(data, f"Template of {type_name}", (type_name,))
    _events(made, type_name)
    _guide(made, guide.guide(type_name))
    _lists(made)
    made.book.close()
    return data.getvalue()


@functools.cache
def whole() -> bytes:
    """Return one workbook with a sheet for each type, listed by the parts of the catalogue."""
    data = io.BytesIO()
    made = _opened(data, "Templates of all types", tuple(BY_NAME))
    _contents(made)
    _guide(made, guide.general())
    for kind in TYPES:
        _events(made, kind.name)
    _lists(made)
    made.book.close()
    return data.getvalue()


def _opened(data: io.BytesIO, title: str, type_names: Iterable[str]) -> Made:
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = Workbook(data, options)
    book.set_properties({"title": title, "created": _MADE})
    formats = {name: book.add_format(said) for name, said in _FORMATS.items()}
    found = (_choices(one) for name in type_names for one in headed(name, typed=False))
    numbers = count(1)
    lists = {values: f"list_{next(numbers)}" for values in dict.fromkeys(found) if values}
    return Made(book, formats, lists)


_REMARK: Final[Options] = {"italic": True, "font_color": "#425563", "bg_color": "#F0F4F5"}
_WORDS: Final[Options] = {"text_wrap": True, "valign": "top", "align": "left"}
_HEADING: Final[Options] = {"bold": True, "text_wrap": True, "valign": "top", "border": 1}
_DAY: Final[Options] = {"num_format": "yyyy-mm-dd"}
_FORMATS: Final[Mapping[str, Options]] = {
    "needed": _HEADING | {"bg_color": "#003087", "font_color": "#FFFFFF"},
    "open": _HEADING | {"bg_color": "#D9E6F2"},
    "remark": _REMARK,
    "remark_date": _REMARK | _DAY,
    "words": _WORDS,
    "words_date": _WORDS | _DAY,
    "text": {"num_format": "@"},
    "title": {"bold": True, "font_size": 16},
    "part": {"bold": True, "font_size": 12},
    "link": _WORDS | {"font_color": "#005EB8", "underline": 1},
    **{kind: {"num_format": shown} for kind, shown in _NUMBERS.items()},
}


def _choices(column: Column) -> tuple[str, ...]:
    """Return what a drop-down offers: one value in a cell; none for cells that hold several."""
    if column.kind == "choice":
        return column.allowed
    if column.kind == "yes_no":
        return _YES_NO
    if column.kind == "financial_year":
        return _YEARS
    if column.codes and column.kind in {"word", "text"}:
        return tuple(one.code for one in LISTS[column.codes])
    return ()


def _events(made: Made, type_name: str) -> None:
    of = headed(type_name, typed=False)
    sheet = made.book.add_worksheet(type_name)
    sheet.write_string(0, 0, REMARKS, made.formats["open"])
    sheet.set_column(0, 0, 14, made.formats["text"])
    for place, column in enumerate(of, start=1):
        _head(made, sheet, place, (type_name, column))
        if said := _validation(made, column):
            sheet.data_validation(_FIRST, place, _LAST_ROW, place, said)
    for row, cells in enumerate(hints(type_name, of), start=1):
        _row(made, sheet, row, cells, "remark")
    sheet.set_row(0, 48)
    sheet.freeze_panes(1, 1)


def _head(made: Made, sheet: Worksheet, place: int, of: tuple[str, Column]) -> None:
    type_name, column = of
    kind = column.kind if column.kind in _NUMBERS else "text"
    width = min(max(len(column.label) * 0.9, 13), 30)
    sheet.set_column(place, place, width, made.formats[kind])
    look = "needed" if guide.needed(type_name, column) == "yes" else "open"
    sheet.write_string(0, place, column.label, made.formats[look])
    note = guide.note(type_name, column)
    sheet.write_comment(0, place, note, {"author": "", "x_scale": 2.5, "y_scale": 2})


def _row(made: Made, sheet: Worksheet, row: int, cells: Iterable[Cell], look: str) -> None:
    for place, cell in enumerate(cells):
        if isinstance(cell, dt.date):
            sheet.write_datetime(row, place, cell, made.formats[f"{look}_date"])
        elif isinstance(cell, (int, float)):
            sheet.write_number(row, place, cell, made.formats[look])
        else:
            sheet.write_string(row, place, cell or "", made.formats[look])


def _validation(made: Made, column: Column) -> Options | None:
    """Return how a spreadsheet checks a column's cells: as a closed list, a number, a date.

    What is closed stops a wrong value; a list that grows only warns, since it may have grown.
    """
    said: Options = {"error_title": column.label[:32], "error_message": _error(column)}
    if values := _choices(column):
        closed = column.kind in {"choice", "yes_no"}
        kind = "stop" if closed else "warning"
        return said | {"validate": "list", "source": f"={made.lists[values]}", "error_type": kind}
    if column.kind in _CHECKED:
        numbers: Options = {"minimum": column.least or 0, "maximum": column.most}
        return said | {"validate": _CHECKED[column.kind], "criteria": "between"} | numbers
    if column.kind == "date":
        days: Options = {"minimum": dates.EARLIEST, "maximum": dates.LATEST}
        return said | {"validate": "date", "criteria": "between"} | days
    if column.kind == "text":
        return said | {"validate": "length", "criteria": "<=", "value": int(column.most or 0)}
    if column.kind in {"codes", "words", "texts", "choices"}:
        return {
            "validate": "any",
            "input_title": column.label[:32],
            "input_message": _error(column),
        }
    return None


def _error(column: Column) -> str:
    said = f"{guide.holds(column)}."
    return said if len(said) <= 255 else f"{said[:254]}…"


def _lists(made: Made) -> None:
    sheet = made.book.add_worksheet(LISTS_SHEET)
    for place, (values, name) in enumerate(made.lists.items()):
        # A heading that begins with # is a remark: a list's first value may read like a heading.
        listed = (f"{REMARK} {name}", *values)
        sheet.write_column(0, place, listed, made.formats["text"])
        letter = letters(place)
        made.book.define_name(name, f"='{LISTS_SHEET}'!${letter}$2:${letter}${len(listed)}")
    sheet.very_hidden()


def _guide(made: Made, said: guide.Guide) -> None:
    sheet = made.book.add_worksheet(GUIDE_SHEET)
    for place, heading in enumerate(said.headings):
        sheet.set_column(place, place, _WIDTHS[heading])
    sheet.write_string(0, 0, said.title, made.formats["title"])
    row = 2
    for heading, paragraphs in said.sections:
        sheet.write_string(row, 0, heading, made.formats["part"])
        for paragraph in paragraphs:
            row += 1
            sheet.write_string(row, 0, paragraph)
        row += 2
    _table(made, sheet, row, said)


def _table(made: Made, sheet: Worksheet, row: int, said: guide.Guide) -> None:
    _row(made, sheet, row, said.headings, "needed")
    sheet.autofilter(row, 0, row + len(said.table), len(said.headings) - 1)
    for cells in said.table:
        row += 1
        _row(made, sheet, row, cells, "words")


def _contents(made: Made) -> None:
    sheet = made.book.add_worksheet(INDEX_SHEET)
    for place, width in enumerate((32, 70, 50, 70)):
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, "Templates of all types of events", made.formats["title"])
    row = 1
    for part, name in guide.PART_NAMES.items():
        row += 1
        _row(made, sheet, row, (name, "What it is", "Who records it", "Who sees what"), "part")
        for kind in (kind for kind in TYPES if kind.part == part):
            row += 1
            said = (guide.summary(kind), guide.recording(kind), " ".join(guide.seen(kind)))
            _row(made, sheet, row, (None, *said), "words")
            link = f"internal:'{kind.name}'!A1"
            sheet.write_url(row, 0, link, made.formats["link"], kind.name)
        row += 1


__all__ = ["EXAMPLE", "HOLDS", "NEEDED", "REMARKS", "csv", "headed", "hints", "whole", "workbook"]
