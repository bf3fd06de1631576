"""The measures of funding that the model's lines name, over an organisation's part of agreements.

Source: MODEL.md §1 (funding). The next 12 months are [on, on + 12 months). Runway is the whole
months from the date to the first day with less than half of the date's rate, at most 60.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from service.domain import dates
from service.projections.agreements import Case, ends, part
from service.projections.coverage import Quarter, quarter_of
from service.projections.funding_rate import Stretch, amount, is_spread, rate, stretches
from service.projections.measure import Measure, Status, measure, unknown

_MOST: Final = 60
_YEAR: Final = 12
_LEAP: Final = 365 / 366 * (1 - 1e-9)
"""A year's pence over the days of a leap year are no fall of the rate: half is taken so, and a hair
less, for rates are sums of fractions."""


class Money(Struct, frozen=True, gc=False):
    """One agreement's part for the organisation, spread over its days."""

    case: Case
    stretches: tuple[Stretch, ...]
    estimated: bool

    def within(self, first: dt.date, end: dt.date) -> float:
        """Return the pence of the days in [first, end)."""
        return amount(self.stretches, first, end)

    def rate(self, on: dt.date) -> float:
        """Return the pence of one day."""
        return rate(self.stretches, on)


class Ending(Struct, frozen=True, gc=False):
    """Money whose last day lies in one quarter of the next 12 months.

    pence: what the agreements that end give in their last 12 months.
    """

    quarter: Quarter
    pence: Measure
    agreements: tuple[str, ...]


def money(case: Case, on: dt.date) -> Money:
    """Return an organisation's part of one agreement, spread up to 60 months from a date."""
    own = part(case)
    found = stretches(case, dates.add_months(on, _MOST + _YEAR))
    share = float(own.share)
    mine = tuple(Stretch(item.start, item.end, item.rate * share) for item in found)
    return Money(case, mine, own.estimated or is_spread(case))


def measures(parts: Sequence[Money], on: dt.date) -> dict[str, Measure]:
    """Return the measures of the model by name, over what counts."""
    found = [item for item in parts if item.case.counted]
    return {
        "funding_runway_months": _runway(found, on),
        "funding_recurrent_percent": _share(found, on, _recurrent),
        "funding_ring_fenced_percent": _share(found, on, _ring_fenced),
        "funding_dropped": _dropped(found, on),
        "funding_next_12m": next_year(found, on),
    }


def next_year(found: Sequence[Money], on: dt.date) -> Measure:
    """Return the pence committed for the next 12 months."""
    if not found:
        return unknown("pence", "no_agreement")
    return _measured(round(_ahead(found, on)), "pence", found)


def endings(parts: Iterable[Money], on: dt.date) -> tuple[Ending, ...]:
    """Return what ends within the next 12 months by quarter, by the quarter of its last day."""
    found: dict[dt.date, list[Money]] = {}
    for item in parts:
        last = _last_day(item.case)
        if item.case.counted and last and on <= last < dates.add_months(on, _YEAR):
            found.setdefault(quarter_of(last).start, []).append(item)
    return tuple(_ending(start, found[start]) for start in sorted(found))


def _ending(start: dt.date, items: Sequence[Money]) -> Ending:
    pence = round(sum(_last_year(item) for item in items))
    names = tuple(sorted({str(item.case.commitment.data.agreement) for item in items}))
    return Ending(quarter_of(start), _measured(pence, "pence", items), names)


def _last_year(item: Money) -> float:
    end = ends(item.case)
    assert end is not None  # noqa: S101 - only what ends is asked
    return item.within(dates.add_months(end, -_YEAR), end)


def _last_day(case: Case) -> dt.date | None:
    end = ends(case)
    return None if end is None else end - dt.timedelta(days=1)


def _runway(found: Sequence[Money], on: dt.date) -> Measure:
    if not found:
        return unknown("months", "no_agreement")
    now = sum(item.rate(on) for item in found)
    months = 0 if not now else _months_above(found, on, now / 2 * _LEAP)
    return _measured(months, "months", found)


def _months_above(found: Sequence[Money], on: dt.date, least: float) -> int:
    """Return the whole months to the first day with a lower rate, at most 60."""
    for day in _changes(found, on):
        if sum(item.rate(day) for item in found) < least:
            return min(dates.whole_months(on, day), _MOST)
    return _MOST


def _changes(found: Iterable[Money], on: dt.date) -> Iterator[dt.date]:
    """Yield the days after a date on which a rate may change, up to 60 months ahead, in order."""
    days = {day for item in found for s in item.stretches for day in (s.start, s.end)}
    last = dates.add_months(on, _MOST)
    yield from sorted(day for day in days if on < day <= last)


def _share(found: Sequence[Money], on: dt.date, chosen: Callable[[Case], bool]) -> Measure:
    """Return the percentage of the next 12 months' money that is of a kind."""
    whole = _ahead(found, on)
    if not whole:
        return unknown("percent", "nothing_committed_for_12_months")
    kind = _ahead([item for item in found if chosen(item.case)], on)
    return _measured(round(100 * kind / whole, 4), "percent", found)


def _recurrent(case: Case) -> bool:
    return bool(case.commitment.data.recurrence == "recurrent")


def _ring_fenced(case: Case) -> bool:
    return bool(case.commitment.data.ring_fenced)


def _ahead(found: Iterable[Money], on: dt.date) -> float:
    end = dates.add_months(on, _YEAR)
    return sum(item.within(on, end) for item in found)


def _dropped(found: Sequence[Money], on: dt.date) -> Measure:
    """Return whether an agreement has ended, or was taken back, and no money is left today."""
    over = [item for item in found if (end := ends(item.case)) and end <= on]
    over += [item for item in found if item not in over and _taken_back(item, on)]
    live = any(item.rate(on) for item in found)
    facts = [fact for item in over for fact in item.case.facts]
    return measure(bool(over) and not live, "yes_no", facts)


def _taken_back(item: Money, on: dt.date) -> bool:
    began = item.case.commitment.data.from_ <= on and bool(item.case.withdrawn)
    return began and not item.within(on, dt.date.max)


def _measured(value: float, unit: str, found: Iterable[Money]) -> Measure:
    items = list(found)
    status: Status = "estimated" if any(item.estimated for item in items) else "known"
    return measure(value, unit, [fact for item in items for fact in item.case.facts], status)


__all__ = ["Ending", "Money", "endings", "measures", "money", "next_year"]
