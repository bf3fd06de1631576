"""The size of a trust: divisions, workforce, income; denominators say which day they are of.

Source: DOMAIN.md §2, mergers: a stock is the newest own plus the newest of each absorbed trust,
until the successor's first own count on or after the merger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import UNSET, Struct

from service.projections.context import Absorbed, Context
from service.projections.history import Fact
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
    lists = newest(_by(given, given.own("DivisionsSet")))
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


def _by(given: Context, facts: Iterable[Fact]) -> Iterator[Fact]:
    return (fact for fact in facts if fact.effective <= given.on)


def _stock(given: Context, member: str, unit: str) -> tuple[Measure, Moment | None]:
    """Return a stock over the trust and those absorbed that it has not counted since."""
    gone = [part.code for part in given.absorbed if not _counted_since(given, part, member)]
    parts = [newest(_counts(given, code, member)) for code in (given.code, *gone)]
    known = [part for part in parts if part is not None]
    if not known:
        return unknown(unit, "not_recorded"), None
    status: Status = "known" if len(known) == len(parts) else "at_least"
    total = round(sum(getattr(part.data, member) for part in known), 2)
    oldest = min(known, key=lambda part: part.effective)
    return measure(total, unit, known, status), moment(oldest)


def _counts(given: Context, code: str, member: str) -> list[Fact]:
    """Return the counts of one trust, the successor's or an absorbed one's, by the date."""
    histories = {given.code: given.history, **{g.code: g.history for g in given.absorbed}}
    facts = histories[code].facts if code in histories else ()
    return [
        fact
        for fact in _by(given, facts)
        if fact.organisation == code
        and fact.type == "WorkforceCounted"
        and getattr(fact.data, member) is not UNSET
    ]


def _counted_since(given: Context, gone: Absorbed, member: str) -> bool:
    """Tell whether the trust, or the one absorbed into first, counted on or after the merger."""
    own = any(f.effective >= gone.since for f in _counts(given, given.code, member))
    into = _counts(given, gone.merged.data.into, member)
    return own or any(fact.effective >= gone.merged.effective for fact in into)


__all__ = ["TYPES", "Division", "Size", "size"]
