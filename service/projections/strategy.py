"""Strategies and programmes: what is live, what ended, and how long one method was kept.

Sources: DOMAIN.md §2 (mergers: they go on, the same one in both is one), MODEL.md §1 (strategy).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, Struct

from service.domain import dates
from service.projections.context import Context
from service.projections.held import Held, joined, later, pieces
from service.projections.history import Fact
from service.projections.ledger import Interval
from service.projections.measure import (
    Evidence,
    Measure,
    Moment,
    evidence,
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
_GAP: Final = dt.timedelta(days=92)


class Undertaking(Struct, frozen=True, gc=False):
    """A strategy or a programme. inherited_from: the absorbed trust whose it was."""

    kind: str
    code: str
    title: str | None
    method: str | None
    start: Moment
    end: Moment | None
    end_reason: str | None
    planned_end: dt.date | None
    live: bool
    inherited_from: str | None
    events: Evidence


class Run(Struct, frozen=True, gc=False):
    """The longest unbroken time with one method that is live, else the one that ended last."""

    method: str
    start: Moment
    end: dt.date | None
    months: Measure


class Ambition(Struct, frozen=True, gc=False):
    """A target that a body set itself."""

    measure: str
    target: float
    by: dt.date
    set_on: Moment
    events: Evidence


class Strategy(Struct, frozen=True, gc=False, tag_field="section", tag="strategy"):
    """Strategies and programmes on a date."""

    live: tuple[Undertaking, ...]
    ended: tuple[Undertaking, ...]
    run: Run | None
    horizon_months: Measure
    ambitions: tuple[Ambition, ...]


class _Stretch(Struct, frozen=True, gc=False):
    start: dt.date
    end: dt.date | None
    first: Fact
    facts: tuple[Fact, ...]


def strategy(given: Context) -> Strategy:
    """Return strategies and programmes on a date."""
    begun = undertaken(given)
    shown = [_undertaking(item, given.on) for item in joined(begun)]
    return Strategy(
        live=tuple(item for item in shown if item.live),
        ended=tuple(item for item in shown if not item.live),
        run=run(begun, given.on),
        horizon_months=horizon(begun, given.on),
        ambitions=_ambitions(given),
    )


def undertaken(given: Context) -> list[Held]:
    """Return what was begun by the date of strategies and programmes, one a statement."""
    said = given.own("LeadershipApproachAffirmed")
    replaced = [fact for fact in said if fact.data.continues == "replaced"]
    found = pieces(given, HELD, lambda item: _replaced(item, replaced))
    return [item for item in found if item.interval.start <= given.on]


def run(items: Sequence[Held], on: dt.date) -> Run | None:
    """Return the run on a date, or None when nothing with a method was ever live."""
    by_method: dict[str, list[Held]] = {}
    for item in items:
        method = _method(item.interval.opened)
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
    """Return the months from the date to the latest horizon or planned end of what is live."""
    planned = [
        (day, item) for item in items if item.live(on) and (day := _planned(item.interval.opened))
    ]
    if not planned:
        return unknown("months", "no_horizon_stated")
    day, item = max(planned, key=lambda pair: pair[0])
    return measure(dates.whole_months(on, day), "months", [item.interval.opened])


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


def _method(opened: Fact) -> str | None:
    method = opened.data.method
    return None if method is UNSET else str(method)


def _planned(opened: Fact) -> dt.date | None:
    data = opened.data
    day = getattr(data, "horizon_ends", getattr(data, "planned_until", UNSET))
    return day if isinstance(day, dt.date) else None


def _undertaking(item: Held, on: dt.date) -> Undertaking:
    said = [f for f in item.facts if f.type in OPENS and f.effective <= on]
    data, closed = said[-1].data, item.interval.closed
    programme = said[-1].type == "ProgrammeJoined"
    ended = closed if closed is not None and closed.effective <= on else None
    return Undertaking(
        kind="programme" if programme else "strategy",
        code=data.programme if programme else data.strategy,
        title=None if programme else data.title,
        method=_method(said[-1]),
        start=moment(item.interval.opened),
        end=moment(ended) if ended else None,
        end_reason=_reason(ended),
        planned_end=_planned(said[-1]),
        live=item.live(on),
        inherited_from=item.origin,
        events=evidence(fact for fact in item.facts if fact.effective <= on),
    )


def _reason(ended: Fact | None) -> str | None:
    if ended is None:
        return None
    if ended.type == "LeadershipApproachAffirmed":
        return "replaced"
    return str(getattr(ended.data, "reason", "ended"))


def _ambitions(given: Context) -> tuple[Ambition, ...]:
    newest = {f.data.measure: f for f in given.own("AmbitionSet") if f.effective <= given.on}
    return tuple(
        Ambition(name, fact.data.target, fact.data.by, moment(fact), evidence([fact]))
        for name, fact in sorted(newest.items())
    )


__all__ = ["HELD", "TYPES", "Run", "Strategy", "Undertaking", "run", "strategy", "undertaken"]
