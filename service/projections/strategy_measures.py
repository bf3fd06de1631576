"""The measures of strategy that the model's lines name.

Source: MODEL.md §1 (strategy). Where it leaves it open: the run of a level is one that is live on
the date; one that ended is shown and proves nothing. Something live without a stated method has a
run that is not known. What was left without having been joined on record was left all the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from service.projections import leadership
from service.projections.context import Context, carried
from service.projections.held import Held
from service.projections.history import Fact
from service.projections.leadership_measures import changed
from service.projections.ledger import ledger_of
from service.projections.measure import Measure, measure, unknown
from service.projections.undertakings import HELD, Run, horizon, run, undertaken

_DROPS: Final = frozenset({"StrategyEnded", "LeadershipApproachAffirmed"})
_LEAVES: Final = frozenset({"StrategyEnded", "ProgrammeLeft", "LeadershipApproachAffirmed"})


def measures(given: Context) -> dict[str, Measure]:
    """Return the measures of the model by name."""
    begun = undertaken(given)
    kept = run(begun, given.on)
    return {
        "strategy_live": _live(given, begun),
        "strategy_dropped": _dropped(given, begun),
        "run_months": _run_months(given, begun, kept),
        "horizon_months": horizon(begun, given.on),
        "chief_executive_changed_in_run": _changed(given, kept),
    }


def _live(given: Context, begun: Sequence[Held]) -> Measure:
    """Return whether a strategy or a programme is live; without any ever it is unknown."""
    live = [item.interval.opened for item in begun if item.live(given.on)]
    if live:
        return measure(value=True, unit="yes_no", facts=live)
    ends = _last_ends(given, begun)
    if not ends:
        return unknown("yes_no", "no_strategy_or_programme_recorded")
    return measure(value=False, unit="yes_no", facts=ends)


def _dropped(given: Context, begun: Sequence[Held]) -> Measure:
    """Return whether the last to end was dropped; one that ran its term was not, but is unknown."""
    if any(item.live(given.on) for item in begun):
        return measure(value=False, unit="yes_no", facts=())
    ends = _last_ends(given, begun)
    if not ends:
        return unknown("yes_no", "no_strategy_or_programme_recorded")
    if any(_drops(fact) for fact in ends):
        return measure(value=True, unit="yes_no", facts=ends)
    return unknown("yes_no", "ended_without_being_dropped", ends)


def _drops(fact: Fact) -> bool:
    return fact.type in _DROPS or fact.data.reason == "withdrawn"


def _last_ends(given: Context, begun: Iterable[Held]) -> list[Fact]:
    """Return what ended last by the date: all of that day."""
    ends: dict[int, tuple[dt.date, Fact]] = {}
    for item in begun:
        closed = item.interval.closed
        if closed is not None and closed.type in _LEAVES and closed.effective <= given.on:
            ends[closed.position] = (closed.effective, closed)
    for fact in _never_begun(given, begun):
        ends[fact.position] = (fact.effective, fact)
    last = max((day for day, _ in ends.values()), default=None)
    return [fact for day, fact in ends.values() if day == last]


def _never_begun(given: Context, begun: Iterable[Held]) -> list[Fact]:
    """Return endings by the date of what was never recorded as begun."""
    keys = {item.interval.key[1:] for item in begun}
    found = {f.position: f for _, facts in carried(given, *HELD) for f in facts}
    return [
        fact
        for fact in found.values()
        if fact.type in _LEAVES and fact.effective <= given.on and (_name(fact),) not in keys
    ]


def _name(fact: Fact) -> str:
    return str(getattr(fact.data, "strategy", None) or fact.data.programme)


def _run_months(given: Context, begun: Sequence[Held], kept: Run | None) -> Measure:
    if kept is not None and kept.end is None:
        return kept.months
    live = [item.interval.opened for item in begun if item.live(given.on)]
    if live:
        return unknown("months", "no_method_stated", live)
    return measure(0, "months", ())


def _changed(given: Context, kept: Run | None) -> Measure:
    """Return whether the chief executive changed inside the run that is live."""
    if kept is None or kept.end is not None:
        return unknown("yes_no", "no_run_of_one_method")
    reads = {ledger_of(name) for name in leadership.TYPES}
    poison = [item for item in given.history.unread if item.reason == "unreadable"]
    if any(ledger_of(item.type) in reads for item in poison):
        return unknown("yes_no", "leadership_unreadable")
    return changed(leadership.affairs(given), kept.start.date)


__all__ = ["measures"]
