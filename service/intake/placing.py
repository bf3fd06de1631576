"""A fault of an event as one of the sheet it came from: its column, its heading, the cell as shown.

The codec speaks of members by pointer; people who live in spreadsheets look for a row and a letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from service.domain.faults import Fault, join, shown
from service.intake import cells
from service.intake.columns import Column, columns
from service.intake.headings import Heading
from service.intake.understood import Misread, Seen, as_shown


class Wrong(Struct, frozen=True):
    """One thing that is wrong in a sheet.

    sheet: "" for CSV. row: as the sheet shows it. column, heading: the letter, "C", and the heading
    as written; a letter of None with a heading is of a column that the sheet has not, and both are
    None where no single column is to blame. fault: its pointer is into the event that the row
    makes, its value the cell as the file shows it.
    """

    sheet: str
    row: int
    column: str | None
    heading: str | None
    fault: Fault


class At(Struct, frozen=True):
    """A column of a type in a sheet, with the heading that names it."""

    column: Column
    heading: Heading


_UNFIT: Final = frozenset({"not_allowed", "out_of_limits", "wrong_type"})
"""Faults of a value that has not the form of its column, so that another may be near."""
A_PERSON: Final = "p-"
"""How a reference to a person begins."""
MOST_COMPARED: Final = 100
"""Characters of a value that are compared with those that its column takes."""
_FORMS: Final = {
    "code": "must be an organisation's code, 3 to 5 letters and digits, such as RTP",
    "codes": "must be organisations' codes, such as RTP; RXC",
    "word": "must be a code or reference: letters, digits, dot, hyphen and underscore, no blanks",
    "words": "must be references, separated by ; without blanks inside",
    "id": "must be an event's id, such as 8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f",
}  # fmt: skip


def pointer(path: str) -> str:
    """Return the pointer of a column's path: `data.by[0].pence` is /data/by/0/pence."""
    return join("", *re.findall(r"[^.\[\]]+", path))


class Columns(Struct, frozen=True):
    """The columns of one type that a sheet has, by path, and the paths of all its types' columns.

    sheet: its name.
    """

    sheet: str
    type: str
    by_path: Mapping[str, At]

    def misread(self, row: int, at: At, cell: Seen, why: Misread) -> Wrong:
        """Return what is wrong with a cell that cannot be read."""
        column = at.column
        allowed = column.allowed or None
        fault = Fault(
            pointer(column.path), why.code, why.rule, value_of(cell), allowed, why.nearest
        )
        return Wrong(self.sheet, row, at.heading.letter, at.heading.text, fault)

    def placed(self, row: int, fault: Fault, cells_: tuple[Seen, ...], lists: Items) -> Wrong:
        """Return a fault of the codec at the column that holds its member, or would hold it."""
        path = _path(fault.pointer, lists)
        column = self._column(path)
        if column is None:
            return Wrong(self.sheet, row, None, None, fault)
        at = self.by_path.get(column.path)
        if at is None:
            return Wrong(self.sheet, row, None, column.label, fault)
        cell = cells_[at.heading.at]
        told = _told(fault, column, cell)
        return Wrong(self.sheet, row, at.heading.letter, at.heading.text, told)

    def _column(self, path: str) -> Column | None:
        """Return the column of a path, or the first that lies beneath it, or the one above it."""
        if path in self.by_path:
            return self.by_path[path].column
        known = {one.path: one for one in columns(self.type)}
        beneath = (one.column for one in self.by_path.values() if _within(one.column.path, path))
        if path == "data":
            return None
        found = known.get(path) or next(beneath, None)
        found = found or next((one for one in known.values() if _within(one.path, path)), None)
        above = re.sub(r"(\[\d+\]|\.[^.\[]+)$", "", path)
        return found or (self._column(above) if above != path else None)


Items = Mapping[str, tuple[int, ...]]
"""Of each list of Structs in an event, the numbered columns (from 0) that its items came from."""


def _within(inner: str, outer: str) -> bool:
    return inner.startswith((f"{outer}[", f"{outer}."))


def _path(pointer_: str, lists: Items) -> str:
    """Return the path of the column that a pointer into the event means."""
    path = ""
    for step in pointer_.split("/")[1:]:
        if step.isdigit():
            numbers, index = lists.get(path.removeprefix("data."), ()), int(step)
            path += f"[{numbers[index] if index < len(numbers) else index}]"
        else:
            path = f"{path}.{step}" if path else step
    return path


def value_of(cell: Seen) -> str | None:
    """Return a cell to be quoted in a fault: text as JSON, a number as the sheet shows it."""
    if cell is None:
        return None
    return as_shown(cell) if isinstance(cell, (int, float)) else shown(as_shown(cell))


def _told(fault: Fault, column: Column, cell: Seen) -> Fault:
    """Return a fault in the words of a sheet: the cell's value, its kind's form, what is near."""
    value = value_of(cell)
    close = fault.nearest
    if close is None and fault.code in _UNFIT and isinstance(cell, str):
        close = _near(column, cell[:MOST_COMPARED])
    return msgspec.structs.replace(fault, value=value, rule=_rule(fault, column), nearest=close)


def _near(column: Column, written: str) -> str | None:
    """Return what was probably meant, of the values that the column takes."""
    if column.allowed:
        return cells.said(column.allowed, written)
    return cells.codes_in(column.codes, written) if column.codes else None


def _rule(fault: Fault, column: Column) -> str:
    if fault.code not in _UNFIT or fault.code == "not_allowed":
        return fault.rule
    if column.such is not None and column.such.startswith(A_PERSON):
        return f"must be a person's reference, such as {column.such}; names are never sent"
    if column.least is not None and column.most is not None and column.kind != "text":
        unit = "£" if column.kind == "money" else ""
        return f"must lie between {unit}{column.least:,.15g} and {unit}{column.most:,.15g}"
    return _FORMS.get(column.kind, fault.rule)


__all__ = ["At", "Columns", "Items", "Wrong", "pointer", "value_of"]
