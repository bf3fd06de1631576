"""How rows of one type become JSON in one sheet: worked out once, so that a row is looked up only.

Each column keeps what it made of the cells that it met: sheets repeat themselves, and what is the
same text is the same value. A plan holds the columns in the order of the event's members.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from service.intake import amounts, cells, headings
from service.intake.columns import REFERENCE, Column, columns
from service.intake.headings import Heading
from service.intake.placing import At, Columns
from service.intake.tables import Unread
from service.intake.understood import Misread, Seen, Tally, Told

MOST_KEPT: Final = 4096
"""Cells of one column whose reading is kept; past that it is forgotten and begun anew."""
_ITEM: Final = re.compile(r"data\.(\w+)\[(\d+)\]\.(\w+)")


class Noted(Struct, frozen=True, gc=False):
    """A member that was taken otherwise than written; member: "" where it was taken as blank."""

    member: str
    tally: Tally
    precision: str


Entry: TypeAlias = str | Noted | Misread | None
"""What a cell makes of its member: its JSON with name, the same with a note, a fault, nothing."""


class Readings(dict[object, Entry]):
    """What one column made of the cells met so far; a cell not met yet is read when it is asked.

    Text is its own key; other cells have their class beside them, as 1 and True are one key.
    """

    def __init__(self, name: str, reading: cells.Reading, told: Told) -> None:
        super().__init__()
        self.before = f'"{name}":' if name else ""
        self._reading = reading
        self._told = told

    def __missing__(self, key: object) -> Entry:
        if len(self) >= MOST_KEPT:
            self.clear()
        entry = self[key] = self._entry(key)
        return entry

    def _entry(self, key: object) -> Entry:
        cell: Seen = key[1] if isinstance(key, tuple) else key  # type: ignore[assignment]  # so keyed
        if isinstance(cell, Unread):
            return Misread("error_cell", cell.why)
        try:
            read = self._reading(cell)
        except Misread as misread:
            return misread
        member = "" if read.json is None else self.before + read.json
        if not read.how:
            return member or None
        return Noted(member, self._told.tally(cell, read), read.precision)

    def of(self, cell: Seen) -> Entry:
        """Return what a cell that is not None makes."""
        return self[cell if cell.__class__ is str else (cell.__class__, cell)]


class Slot(Struct, frozen=True):
    """A column in its place; otherwise: the member where the cell is blank, if there is one."""

    at: At
    readings: Readings
    otherwise: str | None = None

    @property
    def column(self) -> Column:
        """Return the column."""
        return self.at.column


Looked: TypeAlias = tuple[int, Readings, str | None, Slot]
"""What gathering looks at of a slot: where its cell stands first."""


class ListOf(Struct, frozen=True):
    """The columns of a list of Structs: for each item its number from 0, and its members."""

    name: str
    items: tuple[tuple[int, tuple[Looked, ...]], ...]


class Plan(Struct, frozen=True):
    """How rows of one type become JSON in one sheet.

    constants: of the envelope, the source and the data, members that are the same in each row.
    envelope, source, data: columns of their members. id, reference, precision, effective: columns
    that are looked at by themselves. misfits: headings that this type does not have. missing:
    columns that the sheet lacks and the type needs.
    """

    type: str
    columns: Columns
    constants: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    envelope: tuple[Looked, ...]
    source: tuple[Looked, ...]
    data: tuple[Looked, ...]
    lists: tuple[ListOf, ...]
    id: Slot | None
    reference: Slot | None
    precision: Slot | None
    effective: Slot | None
    misfits: tuple[Heading, ...]
    missing: tuple[Column, ...]


def plan(
    sheet: str,
    found: tuple[Heading, ...],
    type_name: str,
    given: Mapping[str, str],
    told: Mapping[int, Told],
) -> Plan:
    """Return the plan of a type. given: JSON of members by path, where no cell states them."""
    named = [(one, headings.place(type_name, one.text)) for one in found]
    slots: dict[str, Slot] = {}
    for heading, place in named:
        if place is not None:
            slot = _slot(heading, place, given, told[heading.at])
            slots[place.column.path] = slot
    absent = _absent(type_name, slots, given)
    by_path = {path: slot.at for path, slot in slots.items()}
    return Plan(
        type=type_name,
        columns=Columns(sheet, type_name, by_path),
        constants=(absent["envelope"], absent["source"], absent["data"]),
        envelope=_looked(s for p, s in slots.items() if p in _ENVELOPE),
        source=_looked(s for p, s in slots.items() if p.startswith("source.")),
        data=_looked(s for p, s in slots.items() if p.startswith("data.") and "[" not in p),
        lists=_lists(slots),
        id=slots.get("id"),
        reference=slots.get(REFERENCE),
        precision=slots.get("precision"),
        effective=slots.get("effective"),
        misfits=tuple(one for one, place in named if place is None),
        missing=tuple(headings.missing(found, type_name, frozenset(given))),
    )


_ENVELOPE: Final = frozenset({"organisation", "effective", "precision", "certain", "assurance"})


def _slot(heading: Heading, place: headings.Place, given: Mapping[str, str], told: Told) -> Slot:
    column = place.column
    name = column.path.rpartition(".")[2]
    otherwise = _otherwise(column, given)
    read = column if otherwise is None else msgspec.structs.replace(column, required=False)
    reading = amounts.pence if place.pence else None
    bare = "" if column.path in {"id", REFERENCE} else name
    kept = Readings(bare, cells.reading(read, reading), told)
    return Slot(At(column, heading), kept, otherwise)


def _otherwise(column: Column, given: Mapping[str, str]) -> str | None:
    name = column.path.rpartition(".")[2]
    if column.path in given:
        return f'"{name}":{given[column.path]}'
    return f'"{name}":[]' if column.empty else None


def _absent(
    type_name: str, slots: Mapping[str, Slot], given: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """Return the members of columns that the sheet lacks, by the object that they belong to."""
    found: dict[str, list[str]] = {
        "envelope": [f'{{"type":"{type_name}"'],
        "source": [],
        "data": [],
    }
    for column in columns(type_name):
        part = column.path.rpartition(".")[0] or "envelope"
        member = None if column.path in slots else _otherwise(column, given)
        if member is not None and column.path != "type":
            found[part].append(member)
    return {part: tuple(members) for part, members in found.items()}


def _looked(slots: Iterable[Slot]) -> tuple[Looked, ...]:
    return tuple((slot.at.heading.at, slot.readings, slot.otherwise, slot) for slot in slots)


def _lists(slots: Mapping[str, Slot]) -> tuple[ListOf, ...]:
    found: dict[str, dict[int, list[Slot]]] = {}
    for path, slot in slots.items():
        if item := _ITEM.fullmatch(path):
            found.setdefault(item[1], {}).setdefault(int(item[2]), []).append(slot)
    return tuple(
        ListOf(name, tuple((number, _looked(items[number])) for number in sorted(items)))
        for name, items in found.items()
    )


__all__ = ["Entry", "ListOf", "Looked", "Noted", "Plan", "Readings", "Slot", "plan"]
