"""Ledgers: facts by what they feed, in effective order; and the intervals that they open and close.

Order-free: whatever order the facts arrive in, the same ledger; ties of one day by position.
"""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Final

from msgspec import UNSET, Struct

from service.domain.register import BY_NAME
from service.projections.history import Fact, History, Sorted, remembered

Key = tuple[object, ...]
_PLACE: Final = attrgetter("effective", "position")
_effective: Final = attrgetter("effective")
_RANK: Final = {"self_declared": 0, "third_party": 1, "board_minuted": 2, "public_record": 3}
"""Own and public evidence of one day: which counts (DOMAIN.md §2)."""


class Interval(Struct, frozen=True, gc=False):
    """From `start` on something is so, until `end` (the first day on which it is not)."""

    key: Key
    start: dt.date
    end: dt.date | None
    opened: Fact
    closed: Fact | None

    def live(self, on: dt.date) -> bool:
        """Tell whether a day lies inside."""
        return self.start <= on and (self.end is None or on < self.end)


def ordered(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return facts in effective order, ties by position."""
    return tuple(sorted(facts, key=_PLACE))


def newest(facts: Iterable[Fact]) -> Fact | None:
    """Return the fact that counts of several of one thing: newest, then best assured, then last."""
    return max(facts, key=lambda f: (f.effective, _RANK[f.assurance], f.position), default=None)


def ledger_of(type_name: str) -> str | None:
    """Return the ledger that a type feeds, or None for a type that is not known."""
    kind = BY_NAME.get(type_name)
    return kind.fold.ledger if kind else None


def of_types(facts: Iterable[Fact], *types: str) -> tuple[Fact, ...]:
    """Return the facts of some types in effective order."""
    return ordered(fact for fact in facts if fact.type in types)


def within(facts: Sequence[Fact], after: dt.date, until: dt.date) -> Sequence[Fact]:
    """Return the facts effective in (after, until], of facts in effective order."""
    first = bisect.bisect_right(facts, after, key=_effective)
    return facts[first : bisect.bisect_right(facts, until, lo=first, key=_effective)]


def timeline(history: History, kind: str) -> tuple[Fact, ...]:
    """Return the facts of a type in a history, by whomever recorded, in effective order."""
    return remembered(history, Sorted(None, (kind,)), lambda: ordered(history.of(kind)))


def key_of(fact: Fact) -> Key:
    """Return the organisation and the members by which the fact's type is keyed."""
    kind = BY_NAME[fact.type]
    members = tuple(getattr(fact.data, name, UNSET) for name in kind.fold.key)
    return (fact.organisation, *(None if member is UNSET else member for member in members))


def never(_fact: Fact) -> dt.date | None:
    """Return that a fact states no end of its own."""
    return None


def intervals(
    facts: Iterable[Fact], ends_at: Callable[[Fact], dt.date | None] = never
) -> tuple[Interval, ...]:
    """Return the intervals of facts that open, close or state, by key, in order of their start.

    ends_at: the first day on which a fact is no longer so by its own word, if it says one.
    """
    keyed: dict[Key, list[Fact]] = {}
    for fact in ordered(facts):
        if BY_NAME[fact.type].fold.form in {"opens", "closes", "states"}:
            keyed.setdefault(key_of(fact), []).append(fact)
    found = [i for key, items in keyed.items() for i in _of_key(key, items, ends_at)]
    return tuple(sorted(found, key=lambda item: (item.start, item.opened.position)))


def _of_key(
    key: Key, items: Sequence[Fact], ends_at: Callable[[Fact], dt.date | None]
) -> Iterable[Interval]:
    following = [*items[1:], None]
    for fact, then in zip(items, following, strict=True):
        if BY_NAME[fact.type].fold.form == "closes":
            continue
        stated = ends_at(fact)
        known = then.effective if then else None
        end = min((day for day in (stated, known) if day is not None), default=None)
        closed = then if then is not None and end == known else None
        if end is None or end > fact.effective:
            yield Interval(key, fact.effective, end, fact, closed)


__all__ = [
    "Interval",
    "intervals",
    "key_of",
    "ledger_of",
    "newest",
    "of_types",
    "ordered",
    "timeline",
    "within",
]
