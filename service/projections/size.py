"""The size of a trust: divisions, workforce, income; denominators say which day they are of.

Source: DOMAIN.md §2, mergers: a stock is the newest own plus the newest of each absorbed trust,
until the successor's first own count on or after the merger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import UNSET, Struct

from service.projections.context import Context, uncounted
from service.projections.history import Fact, History
from service.projections.ledger import newest
from service.projections.measure import Measure, Moment, Status, measure, moment, unknown

TYPES: Final = ("DivisionsSet", "WorkforceCounted", "IncomeReported")


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


def size(given: Context) -> Size:
    """Return the size of a trust on a date."""
    lists = divisions(given)
    income = list(_by(given, given.own("IncomeReported")))
    last = max((f.data.financial_year for f in income), default=None)
    reported = newest(f for f in income if f.data.financial_year == last)
    headcount, heads_at = _stock(given, "headcount", "people")
    wte, wte_at = _stock(given, "wte", "wte")
    return Size(
        divisions=tuple(Division(d.code, d.name) for d in lists.data.divisions) if lists else (),
        headcount=headcount,
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


def _stock(given: Context, member: str, unit: str) -> tuple[Measure, Moment | None]:
    """Return a stock over the trust and those absorbed that it has not counted since."""
    gone = uncounted(given, lambda fact: _counts(fact, member))
    histories = [(given.code, given.history), *((part.code, part.history) for part in gone)]
    parts = [_newest(given, code, history, member) for code, history in histories]
    known = [part for part in parts if part is not None]
    if not known:
        return unknown(unit, "not_recorded"), None
    status: Status = "known" if len(known) == len(parts) else "at_least"
    total = round(sum(getattr(part.data, member) for part in known), 2)
    oldest = min(known, key=lambda part: part.effective)
    return measure(total, unit, known, status), moment(oldest)


def _newest(given: Context, code: str, history: History, member: str) -> Fact | None:
    """Return the newest count of one trust by the date."""
    own = (fact for fact in history.facts if fact.organisation == code)
    return newest(fact for fact in _by(given, own) if _counts(fact, member))


def _counts(fact: Fact, member: str) -> bool:
    return fact.type == "WorkforceCounted" and getattr(fact.data, member) is not UNSET


__all__ = ["TYPES", "Division", "Size", "divisions", "size"]
