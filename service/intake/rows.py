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
from typing import Final

import msgspec
from msgspec import Struct

from service.domain import codec
from service.domain.faults import Fault, nearest, shown
from service.domain.register import BY_NAME
from service.intake import cells, headings, identity, layout
from service.intake.columns import REMARK, Column
from service.intake.headings import Heading
from service.intake.identity import UNNAMED, Occurrences
from service.intake.layout import Looked, Noted, Plan, Slot
from service.intake.placing import Items, Wrong, value_of
from service.intake.tables import Row, Sheet
from service.intake.understood import Misread, Seen, Told, Understood, as_shown

_MONTH_OR_YEAR: Final = {"month": ("month", "year"), "year": ("year",)}
"""The precisions that a date may have which says no more than a month, or a year."""


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

    def __init__(
        self, sheet: Sheet, found: tuple[Heading, ...], asked: Asked, types: Types,
        seen: Occurrences,
    ) -> None:  # fmt: skip
        self._sheet = sheet.name
        self._headed = sheet.headings.number
        self._width = max(len(sheet.headings.cells), max(one.at for one in found) + 1)
        self._bare = _bare(sheet.headings, self._width)
        self._found = found
        self._latest = asked.latest
        self._given = _given(asked)
        self._types = types
        self._seen = seen
        self._told = {one.at: Told(one.letter, one.text, {}) for one in found}
        self._plans: dict[str, Plan] = {}

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
        if len(line) > self._width or self._bare or plan.misfits or plan.missing:
            told = self._astray(row.number, plan, line)
            done = self._made(row.number, plan, line)
            return done if not told and isinstance(done, Item) else self._all(plan, told, done)
        return self._made(row.number, plan, line)

    def understood(self) -> tuple[Understood, ...]:
        """Return what was taken otherwise than written in the rows read so far, by column."""
        return tuple(one for at in sorted(self._told) for one in self._told[at].summary(self._sheet))

    def _line(self, row: Row) -> tuple[Seen, ...]:
        line: tuple[Seen, ...] = row.cells
        if len(line) < self._width:
            line += (None,) * (self._width - len(line))
        if row.unread:
            shown_instead = {one.column: one for one in row.unread}
            width = max(len(line), max(shown_instead) + 1)
            line += (None,) * (width - len(line))
            line = tuple(shown_instead.get(at, cell) for at, cell in enumerate(line))
        return line

    def _plan(self, number: int, line: tuple[Seen, ...]) -> Plan | Wrong:
        head = self._types.heading
        name = self._types.default if head is None else self._named(line[head.at])
        if name is None:
            assert head is not None  # noqa: S101 - without the column there is a default
            fault = self._types.refused(line[head.at])
            return Wrong(self._sheet, number, head.letter, head.text, fault)
        if name not in self._plans:
            self._plans[name] = layout.plan(
                self._sheet, self._found, name, self._given, self._told
            )
        return self._plans[name]

    def _named(self, cell: Seen) -> str | None:
        if cell.__class__ is str and cell in self._plans:
            return cell  # type: ignore[return-value]
        return self._types.of(cell)

    def _made(
        self, number: int, plan: Plan, line: tuple[Seen, ...]
    ) -> Item | tuple[Wrong, ...]:
        misread: list[tuple[Slot, Misread]] = []
        lists: dict[str, tuple[int, ...]] = {}
        key = _alone(plan.id, line, misread) or f'"{UNNAMED}"'
        body = _body(plan, line, key, misread, lists)
        reference = _alone(plan.reference, line, misread)
        done = codec.decode(body.encode(), self._latest)
        if isinstance(done, codec.Submitted) and not misread:
            named = done if key[1:-1] != UNNAMED else self._identified(done, reference)
            if plan.reference is None and plan.id is None:
                return Item(self._sheet, number, named)
            return self._agreed(number, plan, line, named)
        faults = () if isinstance(done, codec.Submitted) else done
        return self._wrong(number, plan, line, misread, faults, lists)

    def _identified(self, done: codec.Submitted, reference: str | None) -> codec.Submitted:
        if reference is None:
            key = self._seen.of_content(done.body)
        else:
            key = identity.of_reference(done.event, reference)
        return _with_id(done, key)

    def _agreed(
        self, number: int, plan: Plan, line: tuple[Seen, ...], named: codec.Submitted
    ) -> Item | tuple[Wrong, ...]:
        """Return the row, unless its name was used for another event earlier in the file."""
        slot = plan.reference
        if slot is None or line[slot.at.heading.at] is None:
            slot = plan.id
        if slot is None or self._seen.agrees(named.event.id, named.body):
            return Item(self._sheet, number, named)
        rule = "must be one row's: a row above has the same with other content"
        why = Misread("id_conflict", rule)
        return (plan.columns.misread(number, slot.at, line[slot.at.heading.at], why),)

    def _wrong(
        self, number: int, plan: Plan, line: tuple[Seen, ...],
        misread: list[tuple[Slot, Misread]], faults: tuple[Fault, ...], lists: Items,
    ) -> tuple[Wrong, ...]:  # fmt: skip
        told = [
            plan.columns.misread(number, slot.at, line[slot.at.heading.at], why)
            for slot, why in misread
        ]
        known = {(one.column, one.heading) for one in told}
        placed = (plan.columns.placed(number, fault, line, lists) for fault in faults)
        return (*told, *(one for one in placed if (one.column, one.heading) not in known))

    def _astray(self, number: int, plan: Plan, line: tuple[Seen, ...]) -> list[Wrong]:
        """Return values that stand where this row's type has no column."""
        found = [
            self._misfit(number, one.letter, one.text, line[one.at], plan.type)
            for one in plan.misfits
            if not cells.says_nothing(line[one.at])
        ]
        for at in (*self._bare, *range(self._width, len(line))):
            if not cells.says_nothing(line[at]):
                rule = "has no heading: give its column one, or clear the cell"
                fault = Fault("", "no_heading", rule, value_of(line[at]))
                found.append(Wrong(self._sheet, number, headings.letter(at), None, fault))
        return found

    def _misfit(self, number: int, letter: str, text: str, cell: Seen, name: str) -> Wrong:
        rule = f"must be blank in a row of {name}, which has no such column"
        return Wrong(
            self._sheet, number, letter, text, Fault("", "unknown_member", rule, value_of(cell))
        )

    def _all(
        self, plan: Plan, told: list[Wrong], done: Item | tuple[Wrong, ...]
    ) -> tuple[Wrong, ...]:
        """Return all of a row's faults; a column that the sheet lacks is told once a type."""
        lacking = {one.label for one in plan.missing}
        faults = () if isinstance(done, Item) else done
        others = [one for one in faults if one.column or one.heading not in lacking]
        first = [_lacking(self._sheet, self._headed, one, plan.type) for one in plan.missing]
        if plan.missing and plan.type in self._types.told:
            first = []
        self._types.told.add(plan.type)
        return (*first, *told, *others)


class Types(Struct, frozen=True):
    """Of which types a sheet's rows are.

    heading: of the column that states it, if one does. default: of rows that state none.
    only: the one that the request asked for. told: types whose missing columns were told.
    """

    heading: Heading | None
    default: str | None
    only: str | None
    told: set[str]

    def of(self, cell: Seen) -> str | None:
        """Return the type that a cell names, or None if it names none that may stand there."""
        if cells.says_nothing(cell):
            return self.default
        name = headings.type_named(as_shown(cell))
        return name if self.only is None or name == self.only else None

    def refused(self, cell: Seen) -> Fault:
        """Return why a cell names no type."""
        if cells.says_nothing(cell):
            return Fault("/type", "missing", "must name the row's type, or ask with ?type=")
        name = headings.type_named(as_shown(cell))
        if name is not None:
            rule = f"must be {self.only}, as ?type= asks, or be sent without ?type="
            return Fault("/type", "not_allowed", rule, value_of(cell), nearest=self.only)
        rule = "must name a type of the catalogue, see /api/v1/schemas"
        close = nearest(headings.key(as_shown(cell)), BY_NAME)
        return Fault("/type", "unknown_type", rule, value_of(cell), nearest=close)


def reader(
    sheet: Sheet, asked: Asked, seen: Occurrences | None = None
) -> Reader | tuple[Wrong, ...]:
    """Return a reader of a sheet's rows, or what is wrong with its headings.

    seen: the occurrences of the file; one for all its sheets, so that ids differ between them.
    """
    found = headings.read(sheet.headings)
    types = _types(sheet, found, asked)
    if isinstance(types, Wrong):
        return (types,)
    candidates = (types.only,) if types.only else ((types.default,) if types.heading is None else ())
    names = [name for name in candidates if name] or list(BY_NAME)
    number = sheet.headings.number
    wrong = [
        Wrong(sheet.name, number, heading.letter, heading.text, fault)
        for heading, fault in headings.faults(found, names)
    ]
    if types.heading is None and types.default:
        lacking = headings.missing(found, types.default, frozenset(_given(asked)))
        wrong += [_lacking(sheet.name, number, column, types.default) for column in lacking]
    return tuple(wrong) or Reader(sheet, found, asked, types, seen or Occurrences())


def _types(sheet: Sheet, found: tuple[Heading, ...], asked: Asked) -> Types | Wrong:
    heading = headings.holding(found, "type")
    named = headings.type_named(sheet.name)
    only = None if asked.type is None else headings.type_named(asked.type)
    number = sheet.headings.number
    if asked.type is not None and only is None:
        close = nearest(asked.type, BY_NAME)
        rule = "must name a type of the catalogue, see /api/v1/schemas"
        fault = Fault("/type", "unknown_type", rule, shown(asked.type), nearest=close)
        return Wrong(sheet.name, number, None, None, fault)
    if only and named and heading is None and named != only:
        rule = f"must be {only}, as ?type= asks: the sheet is named {named}"
        fault = Fault("/type", "not_allowed", rule, shown(sheet.name))
        return Wrong(sheet.name, number, None, None, fault)
    if not (heading or only or named):
        rule = "must be given: as a column “Event type”, with ?type=, or as the sheet's name"
        return Wrong(sheet.name, number, None, None, Fault("/type", "missing", rule))
    return Types(heading, only or named, only, set())


def _given(asked: Asked) -> Mapping[str, str]:
    """Return the JSON of members that the request gives to rows which do not state them."""
    given = {"assurance": asked.assurance, "source.kind": asked.source_kind, "type": ""}
    if asked.organisation is not None:
        given["organisation"] = asked.organisation
    return {path: msgspec.json.encode(value).decode() for path, value in given.items()}


def _lacking(sheet: str, row: int, column: Column, type_name: str) -> Wrong:
    pointer = "/" + column.path.replace(".", "/").replace("[", "/").replace("]", "")
    rule = f"must be a column of the sheet: {type_name} cannot do without it"
    return Wrong(sheet, row, None, column.label, Fault(pointer, "missing_column", rule))


def _bare(row: Row, width: int) -> tuple[int, ...]:
    """Return the places of blank headings."""
    texts = (*(as_shown(cell).strip() for cell in row.cells), *[""] * (width - len(row.cells)))
    return tuple(at for at, text in enumerate(texts) if not text)


def _is_remark(line: tuple[Seen, ...]) -> bool:
    for cell in line:
        if cell is not None and cell != "":
            return (
                isinstance(cell, str)
                and cell.lstrip().startswith(REMARK)
                and not cells.is_error(cell)
            )
    return False


def _body(
    plan: Plan, line: tuple[Seen, ...], key: str,
    misread: list[tuple[Slot, Misread]], lists: dict[str, tuple[int, ...]],
) -> str:  # fmt: skip
    """Return the JSON of a row's event; members that cannot be read are null, which nothing is."""
    envelope = _gather(plan.envelope, line, misread)
    source = _gather(plan.source, line, misread)
    data = _gather(plan.data, line, misread)
    for one in plan.lists:
        data += _items(one, line, misread, lists)
    if plan.effective is not None:
        envelope += _precision(plan, line, misread)
    start, origin, rest = plan.constants
    return (
        f'{",".join((*start, f""""id":{key}""", *envelope))},"source":{{'
        f'{",".join((*origin, *source))}}},"data":{{{",".join((*rest, *data))}}}}}'
    )


def _gather(
    slots: tuple[Looked, ...], line: tuple[Seen, ...], misread: list[tuple[Slot, Misread]]
) -> list[str]:
    """Return the members that cells state; the loop that every cell of a file goes through."""
    found = []
    for at, readings, otherwise, slot in slots:
        cell = line[at]
        entry: layout.Entry = None
        if cell is not None:
            entry = readings[cell if cell.__class__ is str else (cell.__class__, cell)]
        if entry.__class__ is Noted:
            entry.tally.cells += 1  # type: ignore[union-attr]
            entry = entry.member or None  # type: ignore[union-attr]
        if entry.__class__ is Misread:
            misread.append((slot, entry))  # type: ignore[arg-type]
            found.append(f"{readings.before}null")
        elif entry is not None:
            found.append(entry)  # type: ignore[arg-type]
        elif otherwise is not None:
            found.append(otherwise)
    return found


def _items(
    one: layout.ListOf, line: tuple[Seen, ...],
    misread: list[tuple[Slot, Misread]], lists: dict[str, tuple[int, ...]],
) -> list[str]:  # fmt: skip
    """Return the member of a list of Structs; an item is absent when all its cells are blank."""
    made = [(number, _gather(slots, line, misread)) for number, slots in one.items]
    there = [(number, members) for number, members in made if members]
    lists[one.name] = tuple(number for number, _ in there)
    if not there:
        return []
    return [f'"{one.name}":[{",".join(f"{{{','.join(members)}}}" for _, members in there)}]']


def _alone(
    slot: Slot | None, line: tuple[Seen, ...], misread: list[tuple[Slot, Misread]]
) -> str | None:
    """Return the JSON of a value that is no member of its own: an id, a row's name."""
    if slot is None:
        return None
    cell = line[slot.at.heading.at]
    entry = None if cell is None else slot.readings.of(cell)
    if isinstance(entry, Noted):
        entry.tally.cells += 1
        return entry.member or None
    if isinstance(entry, Misread):
        misread.append((slot, entry))
        return None
    return entry


def _precision(
    plan: Plan, line: tuple[Seen, ...], misread: list[tuple[Slot, Misread]]
) -> tuple[str, ...]:
    """Return the precision of a date that names a month or a year, where no cell states one."""
    slot = plan.effective
    cell = None if slot is None else line[slot.at.heading.at]
    entry = None if slot is None or cell is None else slot.readings.of(cell)
    if slot is None or not isinstance(entry, Noted) or not entry.precision:
        return ()
    stated = _alone(plan.precision, line, [])
    if stated is None:
        return (f'"precision":"{entry.precision}"',)
    word = stated.rpartition(":")[2].strip('"')
    if word not in _MONTH_OR_YEAR[entry.precision]:
        rule = f"must be a whole date, as the precision says {word}: this is a {entry.precision}"
        misread.append((slot, Misread("precision", rule)))
    return ()


def _with_id(done: codec.Submitted, key: uuid.UUID) -> codec.Submitted:
    """Return an event under its id, in the place of `UNNAMED`."""
    event = msgspec.structs.replace(done.event, id=key)
    return codec.Submitted(event, done.body.replace(UNNAMED.encode(), str(key).encode(), 1))


def events(reader_: Reader, sheet: Sheet) -> Iterator[Item | tuple[Wrong, ...]]:
    """Give what each of a sheet's rows makes, remarks left out."""
    for row in sheet.rows:
        made = reader_.read(row)
        if made is not None:
            yield made


__all__ = ["Asked", "Item", "Reader", "Types", "Wrong", "events", "reader"]
