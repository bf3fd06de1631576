"""Committed pence a day: an agreement spread over its days, net of withdrawals.

Source: MODEL.md §1 (funding). Years that are stated are spread over the days of each that the
agreement covers. Without years: of a recurrent agreement without an end the pence are a year's,
else a total, spread evenly by day, estimated. Years of such a recurrent agreement go on at the
last one's amount. A withdrawal takes the same part of every remaining day: of what remains to the
end, or of the next twelve months where there is none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import UNSET, Struct

from service.domain import dates
from service.projections.agreements import Case, ends, stated_end, stated_total
from service.projections.coverage import quarter_of
from service.projections.history import Fact

_HAIR: Final = 1e-9
"""Of what remains: so little is the rounding of a sum, and all was withdrawn."""


class Stretch(Struct, frozen=True, gc=False):
    """Days [start, end) with one rate, in pence a day."""

    start: dt.date
    end: dt.date
    rate: float

    def within(self, first: dt.date, end: dt.date) -> float:
        """Return the pence of the days in [first, end)."""
        if self.end <= first or end <= self.start:
            return 0.0
        return self.rate * max(0, (min(self.end, end) - max(self.start, first)).days)


def stretches(case: Case, until: dt.date) -> tuple[Stretch, ...]:
    """Return the stretches of one agreement up to a day, or to its end if that comes first."""
    partial = [fact for fact in case.withdrawn if fact.data.pence is not UNSET]
    partial.sort(key=lambda fact: (fact.data.from_, fact.effective, fact.position))
    last = max([until, *(dates.add_months(fact.data.from_, 12) for fact in partial)])
    end = ends(case)
    found = tuple(_cut(_gross(case.commitment, last), end))
    for fact in partial:
        found = tuple(_lowered(found, fact, endless=end is None))
    return found


def is_spread(case: Case) -> bool:
    """Tell whether a total without years is spread by day, which is an estimate."""
    return case.commitment.data.by_year is UNSET and stated_end(case.commitment) is not None


def amount(found: Iterable[Stretch], first: dt.date, end: dt.date) -> float:
    """Return the pence of the days in [first, end)."""
    return sum(item.within(first, end) for item in found)


def rate(found: Iterable[Stretch], on: dt.date) -> float:
    """Return the pence of one day."""
    return sum(item.rate for item in found if item.start <= on < item.end)


def _gross(commitment: Fact, until: dt.date) -> Iterator[Stretch]:
    data, end = commitment.data, stated_end(commitment)
    if data.by_year is not UNSET:
        yield from _by_year(commitment, end or until)
    elif end is not None:
        days = (end - data.from_).days
        yield Stretch(data.from_, end, stated_total(commitment) / days)
    else:
        yield from _every_year(data.from_, until, int(data.pence))


def _by_year(commitment: Fact, until: dt.date) -> Iterator[Stretch]:
    data = commitment.data
    years = sorted(data.by_year, key=lambda item: item.financial_year)
    for item in years:
        first = max(data.from_, dates.year_start(item.financial_year))
        end = min(stated_end(commitment) or dt.date.max, dates.year_end(item.financial_year))
        if first < end:
            yield Stretch(first, end, item.pence / (end - first).days)
    if stated_end(commitment) is None:
        after = max(data.from_, dates.year_end(years[-1].financial_year))
        yield from _every_year(after, until, int(years[-1].pence))


def _every_year(first: dt.date, until: dt.date, pence: int) -> Iterator[Stretch]:
    """Yield a year's pence over the days of each financial year, up to a day."""
    while first < until:
        year = quarter_of(first).financial_year
        start, end = dates.year_start(year), dates.year_end(year)
        yield Stretch(first, end, pence / (end - start).days)
        first = end


def _cut(found: Iterable[Stretch], end: dt.date | None) -> Iterator[Stretch]:
    for item in found:
        last = item.end if end is None else min(item.end, end)
        if item.start < last:
            yield Stretch(item.start, last, item.rate)


def _lowered(found: Sequence[Stretch], fact: Fact, *, endless: bool) -> Iterator[Stretch]:
    """Yield the stretches with every day from a withdrawal on lowered by the same part."""
    since = fact.data.from_
    last = dates.add_months(since, 12) if endless else dt.date.max
    remaining = amount(found, since, last)
    kept = 1 - fact.data.pence / remaining if remaining else 0.0
    kept = kept if kept > _HAIR else 0.0
    for item in found:
        if item.start < since < item.end:
            yield Stretch(item.start, since, item.rate)
            yield Stretch(since, item.end, item.rate * kept)
        else:
            yield Stretch(item.start, item.end, item.rate * (kept if since <= item.start else 1))


__all__ = ["Stretch", "amount", "is_spread", "rate", "stretches"]
