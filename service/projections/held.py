"""What goes on over a merger: a body's intervals and those of the trusts that it absorbed.

Source: DOMAIN.md §2 (mergers): programmes, strategies and networks go on, marked; the successor
may end them; the same one in both is one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from service.projections.context import Context, carried, lasting
from service.projections.history import Fact
from service.projections.ledger import Interval, intervals


class Held(Struct, frozen=True, gc=False):
    """One interval with what marks it: where it came from, and the facts behind it."""

    interval: Interval
    origin: str | None
    facts: tuple[Fact, ...]

    @property
    def end(self) -> dt.date | None:
        """Return the first day on which it is no longer so."""
        return self.interval.end

    def live(self, on: dt.date) -> bool:
        """Tell whether it is live on a day."""
        return self.interval.live(on)

    def by(self, on: dt.date) -> tuple[Fact, ...]:
        """Return the facts behind it by a date."""
        return tuple(fact for fact in self.facts if fact.effective <= on)


@lasting
def pieces(given: Context, types: tuple[str, ...]) -> tuple[Held, ...]:
    """Return all intervals of some types, one a statement, in order of their start."""
    found = [
        Held(item, origin, _facts(item))
        for origin, facts in carried(given, *types)
        for item in intervals(_one_body(facts, given.code))
    ]
    return tuple(sorted(found, key=_by_start))


def joined(items: Iterable[Held]) -> list[Held]:
    """Return pieces of one thing that touch or overlap as one; the first leads."""
    found: dict[tuple[object, ...], list[Held]] = {}
    for item in items:
        key = (item.interval.opened.type, *item.interval.key[1:])
        found.setdefault(key, []).append(item)
    return sorted((item for same in found.values() for item in _joined(same)), key=_by_start)


def _by_start(item: Held) -> tuple[dt.date, int]:
    return item.interval.start, item.interval.opened.position


def later(one: dt.date | None, other: dt.date | None) -> bool:
    """Tell whether an end lies after another; None is no end."""
    return other is not None and (one is None or one > other)


def _one_body(facts: Iterable[Fact], code: str) -> list[Fact]:
    """Return facts as one body's, so that a successor ends what an absorbed trust began."""
    return [
        fact if fact.organisation == code else msgspec.structs.replace(fact, organisation=code)
        for fact in facts
    ]


def _facts(item: Interval) -> tuple[Fact, ...]:
    return (item.opened, *([item.closed] if item.closed else []))


def _joined(items: Sequence[Held]) -> list[Held]:
    """Return what is of one key, in order of start, with what touches or overlaps made one."""
    found: list[Held] = []
    for item in items:
        before = found[-1] if found else None
        if before is None or (before.end is not None and before.end < item.interval.start):
            found.append(item)
        else:
            found[-1] = _both(before, item)
    return found


def _both(before: Held, item: Held) -> Held:
    last = item if later(item.end, before.end) else before
    whole = msgspec.structs.replace(
        before.interval, end=last.interval.end, closed=last.interval.closed
    )
    origin = None if None in {before.origin, item.origin} else before.origin
    return Held(whole, origin, (*before.facts, *item.facts))


__all__ = ["Held", "joined", "later", "pieces"]
