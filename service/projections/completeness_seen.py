"""What was recorded about each dimension: its events, its returns, its quarters, its assurance.

Quarters as MODEL.md §3 has them: covered by a return that lists the dimension or by an event of
the flow's own type; where a dimension is no flow, by any of its events.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from service.domain import dates
from service.domain.envelope import Assurance
from service.projections import (
    board,
    connection,
    coverage,
    culture,
    funding,
    practice,
    skilled,
    strategy,
)
from service.projections.connection_measures import affairs
from service.projections.context import Context
from service.projections.history import Fact, counts_for
from service.projections.leadership_measures import TYPES as LEADERSHIP
from service.projections.measure import Moment, moment

_ASSURANCES: Final[tuple[Assurance, ...]] = (
    "public_record", "third_party", "board_minuted", "self_declared",
)  # fmt: skip
_TIERS: Final = {
    "skills_introductory": frozenset({"introductory"}),
    "skills_practitioner": frozenset({"practitioner"}),
    "skills_coach_expert": frozenset({"coach", "expert"}),
}
_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "leadership": LEADERSHIP,
    "culture": culture.TYPES,
    **dict.fromkeys(_TIERS, skilled.TYPES),
    "strategy": strategy.TYPES,
    "connection": connection.TYPES,
    "practice": practice.TYPES,
    "funding": funding.TYPES,
    "board": board.OWN,
}
"""The types of which each dimension's own events are."""
_NAMED: Final = frozenset({"connection", "funding"})
"""Dimensions of which events in other streams count, where they name this body and it agrees."""
FLOWS: Final = frozenset({"skills_introductory", "connection", "practice", "board"})
"""Dimensions whose levels count what happened: there a missing quarter is a gap."""


class LastEvent(Struct, frozen=True, gc=False):
    """The newest event by the date: where in the log, of which type, effective when."""

    position: int
    type: str
    effective: Moment


class LastReturn(Struct, frozen=True, gc=False):
    """The return of the newest quarter that lists the dimension, and when it was made."""

    position: int
    financial_year: str
    quarter: int
    made: Moment


class QuarterSeen(Struct, frozen=True, gc=False):
    """One ended quarter, and what covers it: a return, events, or nothing."""

    financial_year: str
    quarter: int
    by: Literal["return", "events"] | None


class AssuranceShare(Struct, frozen=True, gc=False):
    """How many events by the date are assured so, and which share of all, 0 to 1."""

    assurance: Assurance
    events: int
    share: float


class Seen(Struct, frozen=True, gc=False):
    """What was recorded about a dimension by the date, in effective order."""

    facts: tuple[Fact, ...]
    last_return: LastReturn | None
    quarters: tuple[QuarterSeen, ...]


def seen(given: Context, dimension: str) -> Seen:
    """Return what was recorded about a dimension by the date."""
    facts = _facts(given, dimension)
    returns = [fact for fact in given.own("ReturnMade") if _lists(fact, dimension)]
    ended = [fact for fact in returns if _last_day(fact) <= given.on]
    newest = max(ended, key=_period, default=None)
    return Seen(facts, _return(newest) if newest else None, _quarters(given, dimension, facts))


def last_event(facts: Iterable[Fact]) -> LastEvent | None:
    """Return the newest of some facts, the last recorded of one day."""
    fact = max(facts, key=lambda one: (one.effective, one.position), default=None)
    return LastEvent(fact.position, fact.type, moment(fact)) if fact else None


def assurance(facts: Sequence[Fact]) -> tuple[AssuranceShare, ...]:
    """Return how the events are assured, best first; kinds without any are left out."""
    counts = [(kind, sum(fact.assurance == kind for fact in facts)) for kind in _ASSURANCES]
    return tuple(AssuranceShare(k, n, round(n / len(facts), 4)) for k, n in counts if n)


def _facts(given: Context, dimension: str) -> tuple[Fact, ...]:
    types, tiers = _TYPES.get(dimension, ()), _TIERS.get(dimension)
    streams = [given.own(*types), *(gone.own(*types) for gone in given.absorbed)]
    if dimension in _NAMED:
        others = (fact for fact in given.history.of(*types) if fact.organisation != given.code)
        streams.append(tuple(fact for fact in others if counts_for(fact, given.code)))
    return tuple(
        fact
        for facts in streams
        for fact in facts
        if fact.effective <= given.on and (tiers is None or fact.data.tier in tiers)
    )


def returned_as(dimension: str) -> str:
    """Return how returns list a dimension: the three of skills are one there."""
    return "skills" if dimension in _TIERS else dimension


def _lists(fact: Fact, dimension: str) -> bool:
    return returned_as(dimension) in {*fact.data.dimensions, *fact.data.nothing_to_report}


def _period(fact: Fact) -> tuple[str, int, int]:
    return fact.data.financial_year, fact.data.quarter, fact.position


def _last_day(fact: Fact) -> dt.date:
    """Return the last day of a return's quarter: it counts by its period, whenever it was made."""
    return dates.quarter_end(fact.data.financial_year, fact.data.quarter) - dt.timedelta(days=1)


def _return(fact: Fact) -> LastReturn:
    return LastReturn(fact.position, fact.data.financial_year, fact.data.quarter, moment(fact))


def _quarters(given: Context, dimension: str, facts: Sequence[Fact]) -> tuple[QuarterSeen, ...]:
    found = _coverage(given, dimension)
    by_return = {_period(fact)[:2] for fact in found.facts if fact.type == "ReturnMade"}
    days = () if dimension in FLOWS else tuple(fact.effective for fact in facts)
    return tuple(_quarter(one, found, by_return, days) for one in found.quarters)


def _quarter(
    one: coverage.Quarter,
    found: coverage.Coverage,
    by_return: set[tuple[str, int]],
    days: Sequence[dt.date],
) -> QuarterSeen:
    by: Literal["return", "events"] | None = None
    if one in found.covered and (one.financial_year, one.quarter) in by_return:
        by = "return"
    elif one in found.covered or any(one.start <= day < one.end for day in days):
        by = "events"
    return QuarterSeen(one.financial_year, one.quarter, by)


def _coverage(given: Context, dimension: str) -> coverage.Coverage:
    """Return which of the four newest quarters are covered, as the dimension's level has it."""
    if dimension == "connection":
        return affairs(given).year
    if dimension == "skills_introductory":
        return skilled.covered(given, "introductory")
    kind = {"practice": "ProjectCompleted", "board": "BoardReviewedProgress"}.get(dimension)
    keep = _nothing if kind is None else _everything
    bodies = coverage.bodies(given, keep, kind or "ReturnMade")
    return coverage.coverage(returned_as(dimension), bodies, given.on)


def _everything(_fact: Fact) -> bool:
    return True


def _nothing(_fact: Fact) -> bool:
    return False


__all__ = [
    "FLOWS", "AssuranceShare", "LastEvent", "LastReturn", "QuarterSeen", "Seen", "assurance",
    "last_event", "returned_as", "seen",
]  # fmt: skip
