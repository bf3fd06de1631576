"""Strategies and programmes as they go on: intervals, how long one method was kept, horizons.

Sources: DOMAIN.md §2 (mergers: they go on, the same one in both is one), MODEL.md §1 (strategy).
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, Struct

from service.domain import dates
from service.projections.context import Absorbed, Context, lasting, successors
from service.projections.held import Held, later, pieces
from service.projections.history import Fact
from service.projections.ledger import Interval
from service.projections.measure import (
    Measure,
    Moment,
    measure,
    moment,
    unknown,
)

TYPES: Final = (
    "StrategyAdopted", "StrategyEnded", "ProgrammeJoined", "ProgrammeLeft", "AmbitionSet",
    "LeadershipApproachAffirmed",
)  # fmt: skip
OPENS: Final = ("StrategyAdopted", "ProgrammeJoined")
HELD: Final = (*OPENS, "StrategyEnded", "ProgrammeLeft")
_AFFIRMED: Final = "LeadershipApproachAffirmed"
_GAP: Final = dt.timedelta(days=92)


class Run(Struct, frozen=True, gc=False):
    """The longest unbroken time with one method that is live, else the one that ended last."""

    method: str
    start: Moment
    end: dt.date | None
    months: Measure


class _Stretch(Struct, frozen=True, gc=False):
    start: dt.date
    end: dt.date | None
    first: Fact
    facts: tuple[Fact, ...]


def undertaken(given: Context) -> list[Held]:
    """Return what was begun by the date of strategies and programmes, one a statement.

    What an absorbed trust began, its own leaders replaced before the merger, the successor's since.
    """
    return [item for item in _undertaken(given) if item.interval.start <= given.on]


@lasting
def _undertaken(given: Context) -> tuple[Held, ...]:
    replaced = _replacements(given)
    return tuple(_ended(item, replaced[item.origin]) for item in pieces(given, HELD))


def _replacements(given: Context) -> dict[str | None, list[Fact]]:
    """Return by origin who said that an approach is replaced: the body, each successor in turn."""
    found: dict[str | None, list[Fact]] = {None: list(_said_replaced(given))}
    for gone in given.absorbed:
        after = list(successors(given, gone))
        days = [dt.date.min, *(since for since, _ in after), dt.date.max]
        led = zip((gone, *(body for _, body in after)), itertools.pairwise(days), strict=True)
        found[gone.code] = [
            fact
            for body, (first, end) in led
            for fact in _said_replaced(body)
            if first <= fact.effective < end
        ]
    return found


def _said_replaced(body: Context | Absorbed) -> Iterator[Fact]:
    return (fact for fact in body.own(_AFFIRMED) if fact.data.continues == "replaced")


def _ended(item: Held, replaced: Sequence[Fact]) -> Held:
    """Return what was held, ended where its approach was replaced."""
    whole = _replaced(item.interval, replaced)
    if whole.closed is None or whole is item.interval:
        return item
    return Held(whole, item.origin, (whole.opened, whole.closed))


def run(items: Sequence[Held], on: dt.date) -> Run | None:
    """Return the run on a date, or None when nothing with a method was ever live."""
    by_method: dict[str, list[Held]] = {}
    for item in items:
        method = method_of(item.interval.opened)
        if method is not None:
            by_method.setdefault(method, []).append(item)
    found = [(name, s) for name in sorted(by_method) for s in _stretches(by_method[name])]
    live = [(m, s) for m, s in found if s.end is None or on < s.end]
    if live:
        named, best = min(live, key=lambda pair: pair[1].start)
    elif found:
        named, best = max(found, key=lambda pair: (pair[1].end, pair[1].start))
    else:
        return None
    end = None if best.end is None or best.end > on else best.end
    months = measure(
        dates.whole_months(best.start, end or on),
        "months",
        [f for f in best.facts if f.effective <= on],
    )
    return Run(named, moment(best.first), end, months)


def horizon(items: Iterable[Held], on: dt.date) -> Measure:
    """Return the months from the date to the end of the latest day that is planned for, if live.

    That day is inclusive (CONVENTIONS.md 2): from 1 April to 31 March two years on are 24 months.
    """
    planned = [
        (day, item)
        for item in items
        if item.live(on) and (day := planned_end(item.interval.opened))
    ]
    if not planned:
        return unknown("months", "no_horizon_stated")
    day, item = max(planned, key=lambda pair: pair[0])
    end = day + dt.timedelta(days=1)
    return measure(dates.whole_months(on, end), "months", [item.interval.opened])


def _replaced(item: Interval, replaced: Sequence[Fact]) -> Interval:
    """Return the interval, ended by the first affirmation that its approach was replaced."""
    opened = item.opened.data
    names = {getattr(opened, name, None) for name in ("strategy", "programme", "method")}
    for fact in replaced:
        if fact.data.approach in names and item.live(fact.effective):
            return msgspec.structs.replace(item, end=fact.effective, closed=fact)
    return item


def _stretches(items: Iterable[Held]) -> list[_Stretch]:
    """Return the times in which one method was live, gaps of up to 92 days closed."""
    found: list[_Stretch] = []
    for item in items:
        start, end = item.interval.start, item.interval.end
        last = found[-1] if found else None
        if last is None or (last.end is not None and start - last.end > _GAP):
            found.append(_Stretch(start, end, item.interval.opened, item.facts))
        else:
            until = end if later(end, last.end) else last.end
            found[-1] = _Stretch(last.start, until, last.first, (*last.facts, *item.facts))
    return found


def method_of(opened: Fact) -> str | None:
    """Return the method that a strategy or a programme names."""
    method = opened.data.method
    return None if method is UNSET else str(method)


def planned_end(opened: Fact) -> dt.date | None:
    """Return the last day that is planned for."""
    data = opened.data
    day = getattr(data, "horizon_ends", getattr(data, "planned_until", UNSET))
    return day if isinstance(day, dt.date) else None


__all__ = [
    "HELD", "OPENS", "TYPES", "Run", "horizon", "method_of", "planned_end", "run", "undertaken",
]  # fmt: skip
