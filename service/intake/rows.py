"""A sheet's rows into events: read by the plan of their type, judged by the codec alone.

A row states its event's members by column; what the columns leave open comes from the request: the
type, the organisation, and of where a fact was found that it is the organisation's own record
(`source.kind` own) which it declares itself (`assurance` self_declared). Types that only the
operator records have no such default that could be right: the codec asks for the column.

`source.row` is stated only where a column states it. A row's place in the file is on the receipt;
in the event it would make every row below an inserted one another event (see `identity`).

A row whose first cell begins with `#` is a remark, and no event.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Mapping

import msgspec
from msgspec import Struct

from service.domain import codec
from service.domain.faults import Fault
from service.intake import bodies, cells, headings, identity, layout, typed
from service.intake.bodies import Taken
from service.intake.columns import REMARK, Column
from service.intake.identity import UNNAMED, Occurrences
from service.intake.layout import Plan
from service.intake.placing import Wrong, pointer, value_of
from service.intake.tables import Row, Sheet
from service.intake.typed import Types
from service.intake.understood import Misread, Seen, Told, Understood

_UNNAMED = f'"{UNNAMED}"'


class Asked(Struct, frozen=True, kw_only=True):
    """What the request says of all rows.

    latest: the last effective date that is accepted. type: of rows that state none; a row that
    states another is refused. organisation, assurance, source_kind: of rows that state none.
    """

    latest: dt.date
    type: str | None = None
    organisation: str | None = None
    assurance: str = "self_declared"
    source_kind: str = "own"


class Item(Struct, frozen=True, gc=False):
    """An event, and the sheet and row that it stands in."""

    sheet: str
    row: int
    submitted: codec.Submitted


class Reader:
    """Reads the rows of one sheet, in order; made by `reader`."""

    def __init__(self, sheet: Sheet, asked: Asked, types: Types, seen: Occurrences) -> None:
        self._found = headings.read(sheet.headings)
        self._sheet = sheet.name
        self._headed = sheet.headings.number
        self._width = len(sheet.headings.cells)
        self._bare = headings.bare(sheet.headings)
        self._latest = asked.latest
        self._given = _given(asked)
        self._types = types
        self._seen = seen
        self._told = {one.at: Told(one.letter, one.text, {}) for one in self._found}
        self._plans: dict[str, Plan] = {}
        self._lacking: set[str] = set()

    def read(self, row: Row) -> Item | tuple[Wrong, ...] | None:
        """Return the row's event, or all that is wrong with it; None for a remark.

        An empty tuple is of a row that is refused for what was told of the heading row before.
        """
        line = self._line(row)
        if _is_remark(line):
            return None
        plan = self._plan(row.number, line)
        if isinstance(plan, Wrong):
            return (plan,)
        made = self._made(plan, Taken(row.number, line, [], {}))
        if self._bare or plan.misfits or plan.missing or len(line) > self._width:
            return self._with_others(row.number, plan, line, made)
        return made

    def understood(self) -> tuple[Understood, ...]:
        """Return what was taken otherwise than written in the rows read so far, by column."""
        return tuple(one for at in self._told for one in self._told[at].summary(self._sheet))

    def _line(self, row: Row) -> tuple[Seen, ...]:
        """Return a row's cells, one for each heading at least, with what is shown for errors."""
        line: tuple[Seen, ...] = row.cells
        if len(line) < self._width:
            line += (None,) * (self._width - len(line))
        if row.unread:
            instead = {one.column: one for one in row.unread}
            line += (None,) * (max(instead) + 1 - len(line))
            line = tuple(instead.get(at, cell) for at, cell in enumerate(line))
        return line

    def _plan(self, number: int, line: tuple[Seen, ...]) -> Plan | Wrong:
        head = self._types.heading
        cell = None if head is None else line[head.at]
        if isinstance(cell, str) and cell in self._plans:
            return self._plans[cell]
        name = self._types.of(cell)
        if name is None:
            letter, text = (head.letter, head.text) if head else (None, None)
            return Wrong(self._sheet, number, letter, text, self._types.refused(cell))
        if name not in self._plans:
            made = layout.plan(self._sheet, self._found, name, self._given, self._told)
            self._plans[name] = made
        return self._plans[name]

    def _made(self, plan: Plan, row: Taken) -> Item | tuple[Wrong, ...]:
        key = bodies.alone(plan.id, row) or _UNNAMED
        raw = bodies.body(plan, row, key).encode()
        reference = bodies.alone(plan.reference, row)
        done = codec.decode(raw, self._latest)
        if not isinstance(done, codec.Submitted):
            return self._wrong(plan, row, done)
        if row.misread:
            return self._wrong(plan, row, ())
        if key is _UNNAMED and reference is None:
            named = _with_id(done, self._seen.of_content(done.body))
            return Item(self._sheet, row.number, named)
        if key is _UNNAMED and reference is not None:
            done = _with_id(done, identity.of_reference(done.event, reference))
        return self._agreed(plan, row, done)

    def _agreed(self, plan: Plan, row: Taken, named: codec.Submitted) -> Item | tuple[Wrong, ...]:
        """Return the row, unless its name was used for another event earlier in the file."""
        if self._seen.agrees(named.event.id, named.body):
            return Item(self._sheet, row.number, named)
        slot = plan.id
        if slot is None or cells.says_nothing(row.cells[slot.at.heading.at]):
            slot = plan.reference
        assert slot is not None  # noqa: S101 - a row has a name by one of the two
        rule = "must be another for each row: a row above has it, with other content"
        row.misread.append((slot, Misread("id_conflict", rule)))
        return self._wrong(plan, row, ())

    def _wrong(self, plan: Plan, row: Taken, faults: tuple[Fault, ...]) -> tuple[Wrong, ...]:
        """Return all faults of a row's cells: those of the form first, then the codec's."""
        at = plan.columns
        told = [
            at.misread(row.number, slot.at, row.cells[slot.at.heading.at], why)
            for slot, why in row.misread
        ]
        known = {one.column for one in told}
        placed = [at.placed(row.number, fault, row.cells, row.items) for fault in faults]
        others = [one for one in placed if one.column is None or one.column not in known]
        return tuple(sorted((*told, *others), key=_by_column))

    def _with_others(
        self, number: int, plan: Plan, line: tuple[Seen, ...], made: Item | tuple[Wrong, ...]
    ) -> Item | tuple[Wrong, ...]:
        """Return a row with its faults outside of its type's columns.

        A column that the sheet lacks is told once for each type.
        """
        lacking = {one.label for one in plan.missing}
        inside = () if isinstance(made, Item) else made
        inside = tuple(one for one in inside if one.column or one.heading not in lacking)
        outside = self._astray(number, plan, line)
        if plan.missing and plan.type not in self._lacking:
            self._lacking.add(plan.type)
            outside = [*self._lacks(plan), *outside]
        return (
            made
            if isinstance(made, Item) and not outside
            else tuple(sorted((*outside, *inside), key=_by_column))
        )

    def _lacks(self, plan: Plan) -> list[Wrong]:
        """Return a fault for each column that a type needs and the sheet has not."""
        return [_lacking(self._sheet, self._headed, one, plan.type) for one in plan.missing]

    def _astray(self, number: int, plan: Plan, line: tuple[Seen, ...]) -> list[Wrong]:
        """Return values that stand where this row's type has no column, or under no heading."""
        rule = f"must be blank in a row of {plan.type}, which has no such column"
        places = {one.at: (one.text, rule, "unknown_member") for one in plan.misfits}
        rule = "must stand under a heading: give its column one, or clear the cell"
        bare = (*self._bare, *range(self._width, len(line)))
        places |= dict.fromkeys(bare, (None, rule, "no_heading"))
        return [
            Wrong(
                self._sheet, number, headings.letter(at), text,
                Fault("", code, rule, value_of(line[at])),
            )
            for at, (text, rule, code) in sorted(places.items())
            if not cells.says_nothing(line[at])
        ]  # fmt: skip


def reader(
    sheet: Sheet, asked: Asked, seen: Occurrences | None = None
) -> Reader | tuple[Wrong, ...]:
    """Return a reader of a sheet's rows, or what is wrong with its headings.

    seen: the occurrences of the file; one for all its sheets, so that ids differ between them.
    """
    found = headings.read(sheet.headings)
    types = typed.types(sheet.name, found, asked.type)
    number = sheet.headings.number
    if isinstance(types, Fault):
        return (Wrong(sheet.name, number, None, None, types),)
    wrong = [
        Wrong(sheet.name, number, heading.letter, heading.text, fault)
        for heading, fault in headings.faults(found, types.candidates())
    ]
    if types.heading is None and types.default is not None:
        lacking = headings.missing(found, types.default, frozenset(_given(asked)))
        wrong += [_lacking(sheet.name, number, column, types.default) for column in lacking]
    return tuple(wrong) or Reader(sheet, asked, types, seen or Occurrences())


def _given(asked: Asked) -> Mapping[str, str]:
    """Return the JSON of members that the request gives to rows which do not state them."""
    given = {"assurance": asked.assurance, "source.kind": asked.source_kind, "type": ""}
    if asked.organisation is not None:
        given["organisation"] = asked.organisation
    return {path: msgspec.json.encode(value).decode() for path, value in given.items()}


def _lacking(sheet: str, row: int, column: Column, type_name: str) -> Wrong:
    rule = f"must be a column of the sheet: {type_name} cannot do without it"
    fault = Fault(pointer(column.path), "missing_column", rule)
    return Wrong(sheet, row, None, column.label, fault)


def _by_column(wrong: Wrong) -> tuple[bool, int, str]:
    """Return the order in which a person meets a row's faults: from left to right."""
    letters = wrong.column or ""
    return wrong.column is None, len(letters), letters


def _is_remark(line: tuple[Seen, ...]) -> bool:
    for cell in line:
        if cell is not None:
            return (
                isinstance(cell, str)
                and cell.lstrip().startswith(REMARK)
                and not cells.is_error(cell)
            )
    return False


def _with_id(done: codec.Submitted, key: uuid.UUID) -> codec.Submitted:
    """Return an event under its id, in the place of `UNNAMED`."""
    event = msgspec.structs.replace(done.event, id=key)
    return codec.Submitted(event, done.body.replace(UNNAMED.encode(), str(key).encode(), 1))


def events(reading: Reader, sheet: Sheet) -> Iterator[Item | tuple[Wrong, ...]]:
    """Give what each of a sheet's rows makes, remarks left out."""
    for row in sheet.rows:
        made = reading.read(row)
        if made is not None:
            yield made


__all__ = ["Asked", "Item", "Reader", "Wrong", "events", "reader"]
