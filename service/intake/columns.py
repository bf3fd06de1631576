"""The columns of a table of events: one for each member, derived from the catalogue's Structs.

What a file's headings may be, what the templates show and how a cell is read all rest on these.
Nothing is written twice: names, kinds, limits and closed lists come from the annotations, help from
the docstrings; `labels` holds the few names that would read badly.

Agreed between the templates and whoever reads tables:

- a heading is a column's path or its label, in any case; one that begins with `#` is a remark;
- a row whose first cell that is not blank begins with `#` is a remark and is left out: so are the
  templates' rows of hints and of an example, whose first column is headed `# Remarks`;
- a sheet that is named like a type holds events of it, where neither a column nor the request says
  otherwise;
- lists of plain values are one cell, values separated by `;`; lists of Structs are numbered
  columns, an item of them being absent when all its cells are blank;
- money is in pounds, the events hold pence.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import types
import typing
import uuid
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct, UnsetType, structs

from service.domain import fields
from service.domain.envelope import Event, Source
from service.domain.lists import LISTS
from service.domain.register import BY_NAME
from service.intake import labels

Kind = Literal[
    "text", "code", "codes", "word", "words", "texts", "date", "financial_year", "quarter", "count",
    "number", "money", "percent", "share", "choice", "choices", "yes_no", "id", "json",
]  # fmt: skip
"""How a cell is read. code: of an organisation; word: a reference or a code of a list that grows;
percent: 0 to 100; share: 0 to 1; count: a whole number; json: a payload, written as JSON."""

PARTS: Final = 3
"""So many items of a list of Structs have columns in a template; a file may have MOST_ITEMS."""
REMARK: Final = "#"
"""What a heading or a row begins with that is not for the service."""
REFERENCE: Final = "your_reference"
"""The path of the column that is no member: the submitter's own name of the row, its identity."""
LISTS_SHEET: Final = "capmap lists"
"""The very hidden sheet of a template that its drop-downs rest on: never data, never refused."""
GUIDE_SHEET: Final = "Guide"
"""The sheet of a template that says in words what to fill in: never data."""
INDEX_SHEET: Final = "Contents"
"""The first sheet of the workbook of all types: never data."""


class Column(Struct, frozen=True):
    """One column of a table of events of one type.

    path: the member's place in the event, `data.by[0].division`; items count from 0.
    label: unique within the type. required: an event cannot do without it; of a numbered column,
    that its list must have this item. allowed: of a closed list, in its own order.
    codes: name of the list that grows that values are chosen from. help: a sentence or two.
    in_item: an item of its list that is there at all must state it.
    empty: a blank cell is an empty list, as the member must be there.
    least, most: what a number may be (in pounds, of money); of text, most is its length.
    such: an example of the kind of value, where its kind has one.
    """

    path: str
    label: str
    kind: Kind
    required: bool
    allowed: tuple[str, ...] = ()
    codes: str | None = None
    help: str = ""
    in_item: bool = False
    empty: bool = False
    least: float | None = None
    most: float | None = None
    such: str | None = None


class Shape(Struct, frozen=True):
    """A member's annotation without `UNSET`: its bare type, and what `Annotated` says of it."""

    bare: object
    meta: tuple[Meta, ...]

    def same(self, alias: object) -> bool:
        """Tell whether it is one of the kinds of `fields`."""
        return shape(alias) == self

    def said(self, name: str) -> object:
        """Return what `extra` says under a name: the kind of text, its limit."""
        found = (one.extra[name] for one in self.meta if one.extra and name in one.extra)
        return next(found, None)


def shape(annotation: object) -> Shape:
    """Return the shape of an annotation."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in {typing.Union, types.UnionType}:
        (stated,) = (one for one in arguments if one is not UnsetType)
        return shape(stated)
    if origin is Annotated:
        inner = shape(arguments[0])
        return Shape(inner.bare, (*inner.meta, *(m for m in arguments[1:] if isinstance(m, Meta))))
    return Shape(annotation, ())


_BARE: Final[Mapping[object, Kind]] = {
    bool: "yes_no", dt.date: "date", uuid.UUID: "id", msgspec.Raw: "json", int: "count",
    float: "number", str: "text",
}  # fmt: skip
_ALIASES: Final[tuple[tuple[object, Kind], ...]] = (
    (fields.Pence, "money"), (fields.Quarter, "quarter"), (fields.Percent, "percent"),
    (fields.Share, "share"),
)  # fmt: skip
_EXTRAS: Final[Mapping[object, Kind]] = {
    "organisation": "code", "word": "word", "financial_year": "financial_year",
}  # fmt: skip
_LISTS_OF: Final[Mapping[Kind, Kind]] = {
    "code": "codes", "word": "words", "text": "texts", "choice": "choices",
}  # fmt: skip


def kind_of(of: Shape) -> Kind:
    """Return how a cell of this shape is read; raises KeyError for one that no cell can hold."""
    if typing.get_origin(of.bare) is Literal:
        return "choice"
    if typing.get_origin(of.bare) is tuple:
        return _LISTS_OF[kind_of(item_of(of))]
    for alias, kind in _ALIASES:
        if of.same(alias):
            return kind
    return _EXTRAS.get(of.said("kind")) or _BARE[of.bare]


def item_of(of: Shape) -> Shape:
    """Return the shape of a list's items."""
    return shape(typing.get_args(of.bare)[0])


def described(struct: type[Struct]) -> Mapping[str, str]:
    """Return what a Struct's docstring says of each member: `name: …` or `name, name: …`."""
    names = [field.encode_name for field in structs.fields(struct)]
    listed = "|".join(map(re.escape, [*names, "Source", "Recorded by"]))
    text = " ".join((struct.__doc__ or "").replace("`", "").split())
    # `by: parts …` begins a sentence; "quality or finance:" inside of one does not.
    head = re.compile(rf"(?:^|(?<=[.:] ))((?:{listed})(?:, (?:{listed}))*): ")
    pieces = head.split(text)[1:]
    pairs = zip(pieces[::2], pieces[1::2], strict=True)
    return {name: _sentence(said) for named, said in pairs for name in named.split(", ")}


def _sentence(said: str) -> str:
    said = said.strip()
    return said[:1].upper() + said[1:] + ("" if said.endswith(".") else ".")


def _column(path: str, label: str, of: Shape, help_: str, *, required: bool) -> Column:
    kind = kind_of(of)
    listed = typing.get_origin(of.bare) is tuple
    least, most = _limits(of, kind)
    return Column(
        path, label, kind,
        required=required and not (listed and not _at_least_one(of)),
        allowed=_allowed(item_of(of) if listed else of),
        codes=_codes(path, kind, help_),
        help=help_,
        empty=required and listed and not _at_least_one(of),
        least=least, most=most,
        such=_such(item_of(of) if listed else of),
    )  # fmt: skip


def _at_least_one(of: Shape) -> bool:
    return any(one.min_length for one in of.meta)


def _allowed(of: Shape) -> tuple[str, ...]:
    return typing.get_args(of.bare) if typing.get_origin(of.bare) is Literal else ()


def _limits(of: Shape, kind: Kind) -> tuple[float | None, float | None]:
    if kind == "text":
        limit = of.said("limit")
        return None, float(limit) if isinstance(limit, int) else None
    scale = 100 if kind == "money" else 1
    least = next((one.ge for one in of.meta if one.ge is not None), None)
    most = next((one.le for one in of.meta if one.le is not None), None)
    return least, most if most is None else most / scale


def _such(of: Shape) -> str | None:
    return next((str(one.examples[0]) for one in of.meta if one.examples), None)


def _codes(path: str, kind: Kind, help_: str) -> str | None:
    name = path.rpartition(".")[2]
    if name == "component":
        return "impact_components"
    listed = f"{name}s"
    return listed if listed in LISTS and (kind == "word" or "list of" in help_) else None


class Member(Struct, frozen=True):
    """One member of a Struct."""

    name: str
    of: Shape
    required: bool
    help: str


def _members(struct: type[Struct]) -> Iterator[Member]:
    said = described(struct)
    for field in structs.fields(struct):
        name = field.encode_name
        yield Member(name, shape(field.type), field.required, said.get(name, ""))


def _envelope() -> Iterator[Column]:
    yield _stated("type", Shape(str, ()), kind="word", required=True)
    for one in _members(Event):
        if one.name == "source":
            for part in _members(Source):
                yield _stated(f"source.{part.name}", part.of, required=part.required)
        elif one.name != "data":
            yield _stated(one.name, one.of, required=one.required and one.name != "id")
    yield _stated(REFERENCE, shape(fields.LongText), required=False)


def _stated(path: str, of: Shape, kind: Kind | None = None, *, required: bool) -> Column:
    made = _column(path, labels.ENVELOPE[path], of, labels.ENVELOPE_HELP[path], required=required)
    return structs.replace(made, kind=kind) if kind else made


ENVELOPE: Final = tuple(sorted(_envelope(), key=lambda one: list(labels.ENVELOPE).index(one.path)))
"""The columns that every type has, in the order of the templates."""


def _items(type_name: str, member: Member, parts: int) -> Iterator[Column]:
    struct = item_of(member.of).bare
    assert isinstance(struct, type)  # noqa: S101 - tells the type checker what a Struct's list holds
    assert issubclass(struct, Struct)  # noqa: S101 - as above
    called = labels.label(type_name, member.name)
    needed = member.required and _at_least_one(member.of)
    for index in range(parts):
        for one in _members(struct):
            path = f"data.{member.name}[{index}].{one.name}"
            label = f"{called} {index + 1}: {_lower(labels.label('', one.name))}"
            said = labels.helped(type_name, path, one.help)
            required = one.required and needed and index == 0
            made = _column(path, label, one.of, said, required=required)
            yield structs.replace(made, in_item=one.required)


def _lower(label: str) -> str:
    """Return a label as it stands behind a colon: `WTE` stays as it is."""
    return label if label.split(maxsplit=1)[0].isupper() else label[0].lower() + label[1:]


def _holds_structs(of: Shape) -> bool:
    return typing.get_origin(of.bare) is tuple and isinstance(item_of(of).bare, type(Struct))


@functools.cache
def payload(type_name: str, parts: int = PARTS) -> tuple[Column, ...]:
    """Return the columns of a type's payload, numbered ones for so many items of each list."""
    found: list[Column] = []
    for one in _members(BY_NAME[type_name].payload):
        if _holds_structs(one.of):
            found += _items(type_name, one, parts)
        else:
            path, called = f"data.{one.name}", labels.label(type_name, one.name)
            said = labels.helped(type_name, path, one.help)
            found.append(_column(path, called, one.of, said, required=one.required))
    return tuple(found)


@functools.cache
def columns(type_name: str, parts: int = PARTS) -> tuple[Column, ...]:
    """Return a type's columns, the envelope's first; raises KeyError for an unknown type."""
    return (*ENVELOPE, *payload(type_name, parts))


__all__ = [
    "ENVELOPE", "GUIDE_SHEET", "INDEX_SHEET", "LISTS_SHEET", "PARTS", "REFERENCE", "REMARK",
    "Column", "Kind", "columns", "payload",
]  # fmt: skip
