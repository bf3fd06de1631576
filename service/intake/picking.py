"""Which sheets of a workbook are read, which are left out, and the rows of those that are.

Runs in the process that may die of the file. A sheet is read when it is visible and has a heading
that is known; of a hidden one that could be read if it were visible the whole file is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from service.domain.problems import Problem, Refused
from service.intake import tables, wire
from service.intake.marks import AN_ERROR, Marks
from service.intake.tables import Cell, LeftOut, Limits

_EXACT: Final = 1e15
"""Whole numbers below are kept exactly by what a workbook stores."""
_TOLD: Final = 5
"""Ranges that are told one by one."""
_OLDER: Final = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")
_UNKNOWN: Final = "none of its headings is known"


class Reading(Struct, frozen=True):
    """A sheet that is read. left: blank columns before its first one that is not."""

    name: str
    sheet: CalamineSheet
    marks: Marks
    left: int

    @property
    def width(self) -> int:
        """Return how many columns a row has at most."""
        return max(1, self.left + self.sheet.width)


class Picked(Struct, frozen=True):
    """What comes of a workbook's sheets."""

    read: tuple[Reading, ...]
    left_out: tuple[LeftOut, ...]
    remarks: tuple[str, ...]


def picked(workbook: CalamineWorkbook, marks: list[Marks], asked: wire.Asked) -> Picked:
    """Return the sheets to be read; raise Refused for what is hidden and what is past a limit."""
    limits = asked.limits
    if len(workbook.sheets_metadata) > limits.sheets:
        detail = f"the workbook has {len(workbook.sheets_metadata)} sheets; at most {limits.sheets}"
        raise Refused(Problem("file_limit", f"{detail} are read"))
    read, unknown, left_out = [], [], []
    for index, about in enumerate(workbook.sheets_metadata):
        if about.typ != SheetTypeEnum.WorkSheet:
            left_out.append(LeftOut(about.name, "it is no sheet of cells"))
            continue
        found = _marked(marks, index, about.name)
        sheet = _reading(_parsed(workbook, index, found), found, limits)
        if sheet is None:
            left_out.append(LeftOut(about.name, "it is empty"))
            continue
        share = _known(sheet, asked)
        if about.visible != SheetVisibleEnum.Visible:
            _refuse_hidden(about.name, share)
            left_out.append(LeftOut(about.name, f"it is hidden, and {_UNKNOWN}"))
        elif share:
            read.append(sheet)
        else:
            unknown.append(sheet)
    return _chosen(read, unknown, left_out, asked)


def _parsed(workbook: CalamineWorkbook, index: int, marks: Marks) -> CalamineSheet:
    """Return a sheet; raise Refused for newer errors, such as #SPILL!, with their places.

    The reader of values knows the older ones only, and fails with the whole sheet.
    """
    try:
        return workbook.get_sheet_by_index(index)
    except CalamineError:
        cells = [(row, cell) for row, found in sorted(marks.unread.items()) for cell in found]
        newer = [(r, c) for r, c in cells if c.why is AN_ERROR and c.shown not in _OLDER]
        if not newer:
            raise
        told = _ranges([f"{_cell((row, cell.column))} ({cell.shown})" for row, cell in newer])
        detail = f"sheet “{marks.name}” has errors that hide its values: {told}; mend the formulae"
        raise Refused(Problem("unreadable_file", detail)) from None


def _marked(marks: list[Marks], index: int, name: str) -> Marks:
    """Return a sheet's marks by its name; by its place where the format spells names otherwise."""
    named = [found for found in marks if found.name == name]
    return (named or marks[index : index + 1] or [Marks(name)])[0]


def _chosen(
    read: list[Reading], unknown: list[Reading], left_out: list[LeftOut], asked: wire.Asked
) -> Picked:
    """Return what is read: where no heading is known at all, the first sheet, to be told of."""
    read = read or unknown[:1]
    if not read:
        raise Refused(Problem("unreadable_file", "the workbook has no visible sheet with a cell"))
    left_out += [LeftOut(sheet.name, _UNKNOWN) for sheet in unknown if sheet not in read]
    if sum(sheet.sheet.end[0] + 1 for sheet in read if sheet.sheet.end) > asked.limits.rows:
        detail = f"the workbook has more than {asked.limits.rows} rows"
        raise Refused(Problem("file_limit", detail))
    for sheet in read:
        _refuse_unseen(sheet)
    remarks = [remark for sheet in read for remark in _merged(sheet)]
    return Picked(tuple(read), tuple(left_out), tuple(remarks))


def _reading(sheet: CalamineSheet, marks: Marks, limits: Limits) -> Reading | None:
    if sheet.start is None or sheet.end is None:
        return Reading(sheet.name, sheet, marks, 0) if marks.unread else None
    if sheet.end[1] >= limits.columns:
        column = tables.letters(sheet.end[1])
        detail = f"sheet “{sheet.name}” has a value in column {column}"
        detail += f"; at most {limits.columns} columns are read"
        raise Refused(Problem("file_limit", detail))
    return Reading(sheet.name, sheet, marks, sheet.start[1])


def _known(sheet: Reading, asked: wire.Asked) -> float:
    """Return the share of headings that are known; all are where nothing is known at all."""
    if not asked.known:
        return 1
    first = next(lines(sheet, asked.limits), wire.Line(0, ()))
    headings = [tables.folded(cell) for cell in first.cells if cell is not None]
    return sum(heading in asked.known for heading in headings) / max(1, len(headings))


def _refuse_hidden(name: str, share: float) -> None:
    """Raise Refused where a hidden sheet looks like rows; a template's lists do not."""
    if share >= 0.5:
        detail = f"sheet “{name}” is hidden and holds data"
        raise Refused(Problem("hidden_data", detail))


def _refuse_unseen(sheet: Reading) -> None:
    """Raise Refused where a hidden row or column holds data; none is read where none is hidden."""
    marks = sheet.marks
    if not marks.hidden_rows and not marks.hidden_columns:
        return
    hidden_rows, hidden_columns = _within(marks.hidden_rows), _within(marks.hidden_columns)
    rows: list[int] = []
    columns: set[int] = set()
    for at, cells in enumerate(sheet.sheet.iter_rows()):
        filled = {sheet.left + place for place, cell in enumerate(cells) if cell != ""}
        columns |= filled & hidden_columns
        if filled and at in hidden_rows:
            rows.append(at)
    if rows:
        told = _ranges([str(at + 1) for at in rows])
        detail = f"sheet “{sheet.name}” has hidden rows with data, perhaps by a filter: {told}"
        raise Refused(Problem("hidden_data", detail))
    if columns:
        told = _ranges([tables.letters(at) for at in sorted(columns)])
        detail = f"sheet “{sheet.name}” has hidden columns with data: {told}"
        raise Refused(Problem("hidden_data", detail))


def _within(ranges: list[tuple[int, int]]) -> set[int]:
    """Return every index in the ranges; a sheet has at most 1,048,576 rows."""
    return {at for first, last in ranges for at in range(first, min(last, 1 << 20) + 1)}


def _ranges(names: list[str]) -> str:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return ", ".join(names[:_TOLD]) + more


def _merged(sheet: Reading) -> list[str]:
    """Return what to tell of merged cells: spreadsheets keep one value for all of them."""
    ranges = sheet.sheet.merged_cell_ranges or sheet.marks.merged
    if not ranges:
        return []
    told = _ranges([f"{_cell(first)}:{_cell(last)}" for first, last in ranges])
    says = "the value counts for the first cell alone"
    return [f"Sheet “{sheet.name}” has merged cells ({told}); {says}."]


def _cell(place: tuple[int, int]) -> str:
    return f"{tables.letters(place[1])}{place[0] + 1}"


def lines(sheet: Reading, limits: Limits) -> Iterator[wire.Line]:
    """Give each row that is not blank, the headings first; raise Refused for a cell too long.

    A formula without a value is no cell to the reader of values: its row may lie behind the last.
    """
    left: list[Cell] = [None] * sheet.left
    most = limits.cell_characters
    waiting = dict(sheet.marks.unread)
    for number, raw in enumerate(sheet.sheet.iter_rows(), 1):
        cells = left + [_cleared(value, most) for value in raw]
        unread = tuple(waiting.pop(number - 1, ()))
        for cell in unread:
            cells[cell.column : cell.column + 1] = [None]
        if unread or cells.count(None) < len(cells):
            yield wire.packed(number, cells, unread)
    for row in sorted(waiting):
        yield wire.packed(row + 1, [], tuple(waiting[row]))


def _cleared(value: Cell | dt.time | dt.timedelta, most: int) -> Cell:
    """Return a value as `tables.Cell` says; a time without a day is its text."""
    if isinstance(value, str):
        if len(value) > most:
            detail = f"a cell begins “{value[:40]}…” and has {len(value)} characters"
            raise Refused(Problem("file_limit", f"{detail}; a cell has at most {most}"))
        return value if value.strip() else None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    if isinstance(value, dt.time | dt.timedelta):
        return str(value)
    return value
