"""The size of a trust: divisions, workforce, income; denominators say which day they are of.

Source: DOMAIN.md §2, mergers: a stock is the newest own plus the newest of each absorbed trust,
until the successor's first own count on or after the merger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import UNSET, Struct

from service.projections.context import Context, once, uncounted
from service.projections.history import Fact
from service.projections.ledger import newest
from service.projections.measure import Measure, Moment, Status, measure, moment, unknown

TYPES: Final = ("DivisionsSet", "WorkforceCounted", "IncomeReported")
_COUNT: Final = "WorkforceCounted"


class Division(Struct, frozen=True, gc=False):
    """A division of a trust, by the newest list."""

    code: str
    name: str


class Size(Struct, frozen=True, gc=False):
    """Denominators. headcount_as_at: the day of the oldest count behind the figure."""

    divisions: tuple[Division, ...]
    headcount: Measure
    headcount_as_at: Moment | None
    wte: Measure
    wte_as_at: Moment | None
    income_pence: Measure
    income_year: str | None


@once
def size(given: Context) -> Size:
    """Return the size of a trust on a date."""
    income = list(_by(given, given.own("IncomeReported")))
    last = max((f.data.financial_year for f in income), default=None)
    reported = newest(f for f in income if f.data.financial_year == last)
    heads, heads_at = headcount(given)
    wte, wte_at = _stock(given, "wte", "wte")
    return Size(
        divisions=listed(given),
        headcount=heads,
        headcount_as_at=heads_at,
        wte=wte,
        wte_as_at=wte_at,
        income_pence=measure(reported.data.pence, "pence", [reported])
        if reported
        else unknown("pence", "not_recorded"),
        income_year=last,
    )


def divisions(given: Context) -> Fact | None:
    """Return the newest list of divisions: those are the divisions on the date."""
    return newest(_by(given, given.own("DivisionsSet")))


def _by(given: Context, facts: Iterable[Fact]) -> Iterator[Fact]:
    return (fact for fact in facts if fact.effective <= given.on)


@once
def headcount(given: Context) -> tuple[Measure, Moment | None]:
    """Return the people of a trust, and the day of the oldest count behind the figure."""
    return _stock(given, "headcount", "people")


def listed(given: Context) -> tuple[Division, ...]:
    """Return the divisions of the newest list at or before the date; none when there is none."""
    lists = divisions(given)
    return tuple(Division(d.code, d.name) for d in lists.data.divisions) if lists else ()


def _stock(given: Context, member: str, unit: str) -> tuple[Measure, Moment | None]:
    """Return a stock over the trust and those absorbed that it has not counted since."""
    gone = uncounted(given, _COUNT, lambda fact: _counts(fact, member))
    bodies = [given.own(_COUNT), *(part.own(_COUNT) for part in gone)]
    parts = [_newest(given, facts, member) for facts in bodies]
    known = [part for part in parts if part is not None]
    if not known:
        return unknown(unit, "not_recorded"), None
    status: Status = "known" if len(known) == len(parts) else "at_least"
    total = round(sum(getattr(part.data, member) for part in known), 2)
    oldest = min(known, key=lambda part: part.effective)
    return measure(total, unit, known, status), moment(oldest)


def _newest(given: Context, facts: Iterable[Fact], member: str) -> Fact | None:
    """Return the newest count of one trust by the date."""
    return newest(fact for fact in _by(given, facts) if _counts(fact, member))


def _counts(fact: Fact, member: str) -> bool:
    return getattr(fact.data, member) is not UNSET


__all__ = ["TYPES", "Division", "Size", "divisions", "headcount", "listed", "size"]
