"""Which quarters a flow is recorded for: what tells "nothing happened" from "nothing was said".

Source: MODEL.md §3 (covered windows). A quarter is covered by a return that lists the dimension,
or by an event of the flow's own type in it. A missing quarter is never a zero. After a merger a
quarter is covered when each body that existed in it has it covered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from service.domain import dates
from service.projections.context import Absorbed, Context
from service.projections.history import Fact, remembered
from service.projections.ledger import ordered, timeline, within
from service.projections.measure import Measure, Status, band, banded, measure, unknown

YEAR: Final = 4
_REGISTERED: Final = "TrustRegistered"
_LONGEST: Final = 27
"""Months in which eight ended quarters lie, whatever the date."""


class Quarter(Struct, frozen=True, gc=False):
    """A quarter of a financial year. start: its first day; end: the day after its last."""

    financial_year: str
    quarter: int
    start: dt.date
    end: dt.date


Returns = Mapping[tuple[str, str, int], tuple[Fact, ...]]
"""Returns by the dimension that they list, the financial year and the quarter that they are of."""


class Body(Struct, frozen=True, gc=False):
    """One body's say in a flow: the flow's own facts, its returns, and the days of its existence.

    start: its first day, if known. end: the first day on which it is part of another body.
    """

    facts: tuple[Fact, ...]
    returns: Returns
    start: dt.date | None = None
    end: dt.date | None = None

    def existed(self, quarter: Quarter) -> bool:
        """Tell whether it existed on some day of a quarter."""
        begun = self.start is None or self.start < quarter.end
        return begun and (self.end is None or quarter.start < self.end)


class Coverage(Struct, frozen=True, gc=False):
    """The newest quarters ended by a date, newest first, those covered, and what covers them."""

    quarters: tuple[Quarter, ...]
    covered: tuple[Quarter, ...]
    facts: tuple[Fact, ...]

    @property
    def complete(self) -> bool:
        """Tell whether every quarter is covered: what was not recorded did not happen."""
        return len(self.covered) == len(self.quarters)

    @property
    def status(self) -> Status:
        """Return how sure a count over these quarters is."""
        return "known" if self.complete else "at_least"


def quarter_of(day: dt.date) -> Quarter:
    """Return the quarter of the financial year that a day lies in."""
    start = dt.date(day.year, day.month - (day.month - 1) % 3, 1)
    return _ending(dates.add_months(start, 3))


def ended_quarters(on: dt.date, count: int = YEAR) -> tuple[Quarter, ...]:
    """Return the newest quarters whose last day is `on` or earlier, newest first."""
    end = quarter_of(on + dt.timedelta(days=1)).start
    return tuple(_ending(dates.add_months(end, -3 * index)) for index in range(count))


def coverage(dimension: str, bodies: Sequence[Body], on: dt.date, count: int = YEAR) -> Coverage:
    """Return which of the newest quarters ended by a date are covered for a flow.

    dimension: as returns list it. bodies: the organisation itself and those that it absorbed.
    count: how many quarters: 4 make a 12-month window. A return counts by its period.
    """
    asked = ended_quarters(on, count)
    behind = {quarter: _behind(dimension, bodies, quarter) for quarter in asked}
    covered = tuple(quarter for quarter in asked if behind[quarter])
    found = {fact.position: fact for facts in behind.values() for fact in facts}
    return Coverage(asked, covered, ordered(found.values()))


def bodies(given: Context, keep: Callable[[Fact], bool], kind: str) -> tuple[Body, ...]:
    """Return an organisation and those absorbed by the date, with the facts that are the flow's.

    kind: of which type they are, by whomever recorded. keep: which of these they are. Only those of
    the last eight quarters are looked at.
    """
    gone = (_body(part, given.on, keep, kind, part.merged.effective) for part in given.absorbed)
    return (_body(given, given.on, keep, kind, None), *gone)


def counted(value: float, unit: str, facts: Iterable[Fact], found: Coverage) -> Measure:
    """Return a count over covered quarters; at least, where some are not; unknown without any.

    The positions are those of the events counted and of what covers the quarters: a zero rests
    on returns.
    """
    basis = tuple(facts)
    if not basis and not found.covered:
        return unknown(unit, "no_quarter_covered")
    made = measure(value, unit, [*basis, *found.facts], found.status)
    return banded(made, band(basis)) if made.band else made


def _ending(end: dt.date) -> Quarter:
    start = dates.add_months(end, -3)
    quarter = (start.month - 4) % 12 // 3 + 1
    first = start.year - (start.month < 4)
    return Quarter(f"{first}/{(first + 1) % 100:02d}", quarter, start, end)


def _body(
    part: Context | Absorbed,
    on: dt.date,
    keep: Callable[[Fact], bool],
    kind: str,
    end: dt.date | None,
) -> Body:
    facts = within(timeline(part.history, kind), dates.add_months(on, -_LONGEST), on)
    start = min((fact.effective for fact in part.own(_REGISTERED)), default=None)
    kept = tuple(fact for fact in facts if keep(fact))
    return Body(kept, _returns(part), start, end)


def _returns(part: Context | Absorbed) -> Returns:
    """Return what a body's returns list; the same on every date."""
    return remembered(part.history, ("returns", part.code), lambda: _by_period(part))


def _by_period(part: Context | Absorbed) -> Returns:
    found: dict[tuple[str, str, int], list[Fact]] = {}
    for fact in part.own("ReturnMade"):
        for dimension in {*fact.data.dimensions, *fact.data.nothing_to_report}:
            key = (dimension, fact.data.financial_year, fact.data.quarter)
            found.setdefault(key, []).append(fact)
    return {key: tuple(facts) for key, facts in found.items()}


def _behind(dimension: str, bodies: Iterable[Body], quarter: Quarter) -> tuple[Fact, ...]:
    """Return what covers a quarter; nothing when one body that existed in it says nothing."""
    parts = [tuple(_says(dimension, body, quarter)) for body in bodies if body.existed(quarter)]
    return tuple(fact for part in parts for fact in part) if all(parts) else ()


def _says(dimension: str, body: Body, quarter: Quarter) -> Iterator[Fact]:
    yield from body.returns.get((dimension, quarter.financial_year, quarter.quarter), ())
    yield from (fact for fact in body.facts if quarter.start <= fact.effective < quarter.end)


__all__ = [
    "YEAR",
    "Body",
    "Coverage",
    "Quarter",
    "bodies",
    "counted",
    "coverage",
    "ended_quarters",
    "quarter_of",
]
