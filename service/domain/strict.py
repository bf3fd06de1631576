"""Members given twice: refused by name, for the last would win in silence (CONVENTIONS.md 16)."""

from __future__ import annotations

import json
import re
from typing import Final

import msgspec

from service.domain.faults import Fault

# Members whose default the canonical form leaves out: stating it once is no repetition.
# With its colon, so that a value that reads alike is not taken for the member.
_DEFAULTED: Final = (re.compile(rb'"precision"\s*:'), re.compile(rb'"certain"\s*:'))


def none_repeated(raw: bytes, canonical: bytes) -> bool:
    """Tell, without parsing, that no member can have been given twice; False means "look closer".

    Every member has one colon, and a colon inside a string is the same in both texts where no
    backslash hides one. So with equal counts nothing was dropped, and what was dropped is a member.
    """
    if b"\\" in raw:
        return False
    surplus = raw.count(b":") - canonical.count(b":")
    if surplus == 0:
        return True
    stated = [len(name.findall(raw)) - len(name.findall(canonical)) for name in _DEFAULTED]
    return surplus == sum(stated) and max(stated) <= 1


def repeated(raw: bytes | str) -> list[str]:
    """Return the names of all members that are given twice in one object, in order.

    Raises ValueError where it is no JSON in UTF-8: Python's own reader also takes UTF-16, NaN and
    halves of surrogate pairs.
    """
    try:
        msgspec.json.decode(raw)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None
    found: list[str] = []

    def look(pairs: list[tuple[str, object]]) -> dict[str, object]:
        """Note the names that one object has twice, and return it."""
        members = dict(pairs)
        if len(members) < len(pairs):
            names = [name for name, _ in pairs]
            found.extend(name for name in members if names.count(name) > 1)
        return members

    json.loads(raw, object_pairs_hook=look)
    return found


def repeated_faults(raw: bytes | str, pointer: str = "") -> list[Fault]:
    """Return a fault for each member that is given twice."""
    rule = "must be given once: of two, nobody can know which was meant"
    return [Fault(pointer, "repeated_member", rule, value=name) for name in repeated(raw)]
