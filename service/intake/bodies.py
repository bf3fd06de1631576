"""A row's cells into the JSON of its event, by the plan of its type.

A member that cannot be read stands as null, which no member may be: so the codec refuses the event,
looks at all its other members, and runs no rule over members that are not there.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from service.intake import layout
from service.intake.layout import ListOf, Looked, Noted, Plan, Slot
from service.intake.understood import Misread, Seen

_AS_EXACT: Final = {"month": ("month", "year"), "year": ("year",)}
"""The precisions that may be stated of a date that names a month, or a year, only."""


class Taken(Struct, gc=False):
    """A row while it is read.

    number: of the row. cells: one for each heading at least. misread: cells that cannot be read.
    items: of each list of Structs, the numbered columns (from 0) that its items came from.
    """

    number: int
    cells: tuple[Seen, ...]
    misread: list[tuple[Slot, Misread]]
    items: dict[str, tuple[int, ...]]


def body(plan: Plan, row: Taken, key: str) -> str:
    """Return the JSON of a row's event; key: its id, as JSON text."""
    envelope = _gather(plan.envelope, row)
    source = _gather(plan.source, row)
    data = _gather(plan.data, row)
    for one in plan.lists:
        data += _items(one, row)
    if plan.effective is not None:
        envelope += _precision(plan, row)
    start, origin, rest = plan.constants
    return (
        f'{",".join((*start, *envelope))},"id":{key},'
        f'"source":{{{",".join((*origin, *source))}}},'
        f'"data":{{{",".join((*rest, *data))}}}}}'
    )


def _gather(slots: tuple[Looked, ...], row: Taken) -> list[str]:
    """Return the members that cells state; the loop that every cell of a file goes through."""
    found = []
    cells = row.cells
    for at, readings, otherwise, slot in slots:
        cell = cells[at]
        entry: layout.Entry = None
        if cell is not None:
            entry = readings[cell if cell.__class__ is str else (cell.__class__, cell)]
        if entry.__class__ is Noted:
            entry.tally.cells += 1
            entry = entry.member or None
        if entry.__class__ is str:
            found.append(entry)
        elif isinstance(entry, Misread):
            row.misread.append((slot, entry))
            found.append(f"{readings.before}null")
        elif otherwise is not None:
            found.append(otherwise)
    return found


def _items(one: ListOf, row: Taken) -> list[str]:
    """Return the member of a list of Structs; an item is absent when all its cells are blank."""
    made = [(number, _gather(slots, row)) for number, slots in one.items]
    there = [(number, ",".join(members)) for number, members in made if members]
    row.items[one.name] = tuple([number for number, _ in there])
    if not there:
        return []
    inside = "},{".join(members for _, members in there)
    return [f'"{one.name}":[{{{inside}}}]']


def alone(slot: Slot | None, row: Taken) -> str | None:
    """Return the JSON of a value that is looked at by itself: an id, a row's name."""
    if slot is None:
        return None
    cell = row.cells[slot.at.heading.at]
    entry = None if cell is None else slot.readings.of(cell)
    if isinstance(entry, Noted):
        entry.tally.cells += 1
        return entry.member or None
    if isinstance(entry, Misread):
        row.misread.append((slot, entry))
        return None
    return entry


def _precision(plan: Plan, row: Taken) -> tuple[str, ...]:
    """Return the precision of a date that names a month or a year, where no cell states one."""
    slot = plan.effective
    cell = None if slot is None else row.cells[slot.at.heading.at]
    entry = None if slot is None or cell is None else slot.readings.of(cell)
    if slot is None or not isinstance(entry, Noted) or not entry.precision:
        return ()
    stated = _stated(plan.precision, row)
    if stated is None:
        return (f'"precision":"{entry.precision}"',)
    if stated not in _AS_EXACT[entry.precision]:
        rule = f"must be a whole date, as the precision says {stated}: this is a {entry.precision}"
        row.misread.append((slot, Misread("precision", rule)))
    return ()


def _stated(slot: Slot | None, row: Taken) -> str | None:
    """Return the precision that a cell states."""
    cell = None if slot is None else row.cells[slot.at.heading.at]
    entry = None if slot is None or cell is None else slot.readings.of(cell)
    member = entry.member if isinstance(entry, Noted) else entry
    return member.rpartition(":")[2].strip('"') if isinstance(member, str) and member else None


__all__ = ["Taken", "alone", "body"]
