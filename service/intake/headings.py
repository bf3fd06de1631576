"""A sheet's heading row: which column of which type stands where.

A heading is a column's path (with or without `data.`) or its label. Case, blanks, underscores,
punctuation, a star and a unit in brackets behind it do not matter, nor does the order. Headings
that begin with `#` are remarks. Money under a label is in pounds; under a path (`pence`) or with
`(pence)` behind it, the heading says pence, and bare numbers are.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from service.domain.faults import Fault, nearest, shown
from service.domain.fields import MOST_ITEMS
from service.domain.register import BY_NAME
from service.intake.columns import PARTS, REMARK, Column, columns
from service.intake.tables import Row
from service.intake.understood import as_shown

UNITS: Final = frozenset(
    {"£", "pounds", "gbp", "pence", "p", "%", "percent", "wte", "hours", "date", "dd/mm/yyyy",
     "yyyy-mm-dd", "yes/no", "y/n", "share", "share, 0 to 1", "0 to 1", "number", "optional",
     "required", "event id", "reference", "ods", "ods code", "code"}
)  # fmt: skip
"""What may stand in brackets behind a heading without making another one of it."""
MOST_CHARACTERS: Final = 200
"""A longer heading is none; it is not looked into."""
_PENCE: Final = frozenset({"pence", "p"})
_UNIT: Final = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]*)[)\]]\s*\*?\s*")


class Heading(Struct, frozen=True):
    """One heading: its index from 0, its letter as a sheet shows it, its text as written."""

    at: int
    letter: str
    text: str


class Place(Struct, frozen=True):
    """A column that a heading names; pence: whether bare numbers under it are pence."""

    column: Column
    pence: bool


def letter(at: int) -> str:
    """Return a column's letter by its index from 0: A, Z, AA."""
    letters = ""
    while at >= 0:
        at, place = divmod(at, 26)
        letters = chr(ord("A") + place) + letters
        at -= 1
    return letters


def read(row: Row) -> tuple[Heading, ...]:
    """Return the headings of a row, without blanks and remarks."""
    texts = ((at, as_shown(cell).strip()) for at, cell in enumerate(row.cells))
    return tuple(
        Heading(at, letter(at), text) for at, text in texts if text and not text.startswith(REMARK)
    )


def key(text: str) -> str:
    """Return a heading as it is compared: its letters and digits, in lower case."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _without_unit(text: str) -> tuple[str, str]:
    """Return a heading without the unit behind it, and the unit in lower case."""
    found = _UNIT.fullmatch(text[:MOST_CHARACTERS])
    if found is None or found[2].strip().casefold() not in UNITS:
        return text, ""
    return found[1], found[2].strip().casefold()


@functools.cache
def _places(type_name: str, parts: int) -> Mapping[str, Place]:
    """Return a type's columns by all that may name them."""
    found: dict[str, Place] = {}
    for column in columns(type_name, parts):
        bare = column.path.removeprefix("data.")
        money = column.kind == "money"
        for path in (column.path, bare):
            found.setdefault(key(path), Place(column, money))
        for label in (column.label, _without_unit(column.label)[0]):
            found.setdefault(key(label), Place(column, pence=False))
    return MappingProxyType(found)


def place(type_name: str, text: str) -> Place | None:
    """Return the column of a type that a heading names, or None."""
    parts = MOST_ITEMS if re.search("[0-9]", text) else PARTS
    known = _places(type_name, parts)
    if found := known.get(key(text)):
        return found
    bare, unit = _without_unit(text)
    found = known.get(key(bare))
    if found is None or not unit:
        return found
    return Place(found.column, found.column.kind == "money" and unit in _PENCE)


@functools.cache
def _types() -> Mapping[str, str]:
    return MappingProxyType({key(name): name for name in BY_NAME})


def type_named(text: str) -> str | None:
    """Return the type that a sheet's name or a cell names: `StaffTrained`, "Staff trained"."""
    return _types().get(key(text))


def nearest_type(text: str) -> str | None:
    """Return the type whose name looks most like what was written."""
    close = nearest(key(text), _types())
    return close and _types()[close]


def bare(row: Row) -> tuple[int, ...]:
    """Return the places of blank headings, from 0."""
    return tuple(at for at, cell in enumerate(row.cells) if not as_shown(cell).strip())


def holding(found: Iterable[Heading], path: str) -> Heading | None:
    """Return the heading of a column that every type has, such as `type`."""
    kind = next(iter(BY_NAME))
    for one in found:
        named = place(kind, one.text)
        if named is not None and named.column.path == path:
            return one
    return None


def faults(found: tuple[Heading, ...], types: Iterable[str]) -> list[tuple[Heading, Fault]]:
    """Return the headings that no type of these knows, and those that name a column again."""
    wrong: dict[int, tuple[Heading, Fault]] = {}
    unknown = set(range(len(found)))
    for name in types:
        seen: dict[str, Heading] = {}
        for number, one in enumerate(found):
            named = place(name, one.text)
            if named is None:
                continue
            unknown.discard(number)
            first = seen.setdefault(named.column.path, one)
            if first is not one:
                wrong.setdefault(number, (one, _twice(first, one)))
    for number in unknown:
        wrong[number] = (found[number], _unknown(found[number], types))
    return [wrong[number] for number in sorted(wrong)]


def _twice(first: Heading, again: Heading) -> Fault:
    rule = f"must stand once: column {first.letter} “{first.text}” is the same"
    return Fault("", "repeated_heading", rule, shown(again.text))


def _unknown(heading: Heading, types: Iterable[str]) -> Fault:
    labels = {one.label for name in types for one in columns(name)}
    paths = {one.path for name in types for one in columns(name)}
    rule = "is no column here; put # before it if it is a remark of your own"
    close = nearest(heading.text, labels) or nearest(heading.text, paths)
    return Fault("", "unknown_heading", rule, shown(heading.text), nearest=close)


def missing(found: tuple[Heading, ...], type_name: str, given: frozenset[str]) -> list[Column]:
    """Return the columns that events of a type cannot do without and that no heading names.

    given: paths of what is known without a column.
    """
    named = {one.column.path for head in found if (one := place(type_name, head.text))}
    wanted = (one for one in columns(type_name) if one.required)
    return [one for one in wanted if one.path not in named and one.path not in given]


__all__ = [
    "Heading", "Place", "bare", "faults", "holding", "key", "letter", "missing",
    "nearest_type", "place", "read", "type_named",
]  # fmt: skip
