"""A fault: one thing that is wrong with one value, said so that a person can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import msgspec


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One wrong value.

    pointer: RFC 6901 pointer from the root of what was sent.
    code: stable name of the rule's kind, snake_case.
    value: what was seen, as JSON text, cut at 120 characters; absent where there was none.
    rule: what must hold and the way out, a sentence.
    allowed: the values that would have been accepted, where they are few.
    nearest: the accepted value that looks most like the one seen.
    row: the line of a file, from 1. column: of a sheet, its letter.
    """

    pointer: str
    code: str
    rule: str
    value: str | None = None
    allowed: tuple[str, ...] | None = None
    nearest: str | None = None
    row: int | None = None
    column: str | None = None


class Unfit(ValueError):
    """A value breaks a rule; raised where the value is, given its pointer where it is reported."""

    def __init__(self, code: str, rule: str) -> None:
        super().__init__(rule)
        self.code = code
        self.rule = rule


def nearest(seen: str, known: Iterable[str]) -> str | None:
    """Return the known word that looks most like the one seen, or None if none does."""
    by_case = {word.casefold(): word for word in known}
    found = difflib.get_close_matches(seen.strip().casefold(), by_case, n=1, cutoff=0.6)
    return by_case[found[0]] if found else None


def shown(value: object) -> str:
    """Return a value as JSON text of at most 120 characters, to be quoted in a fault."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 120 else text[:119] + "…"


def join(pointer: str, *parts: str | int) -> str:
    """Return the pointer extended by members or indexes, escaped as RFC 6901 says."""
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "/".join((pointer, *escaped))
