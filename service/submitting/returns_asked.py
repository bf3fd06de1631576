"""Whose return of which quarter is spoken of, and what it asks."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from msgspec import Struct

from service.behind.pictures import Asked, Pictures
from service.domain import dates
from service.domain.caller import Caller
from service.domain.faults import Fault, Unfit
from service.domain.model import first_model
from service.domain.problems import Problem, Refused
from service.domain.reader import Reader
from service.projections.context import context
from service.projections.coverage import Quarter
from service.projections.organisations import summary
from service.projections.returning import Return, newest_ended, quarter_called, returning
from service.submitting import returns_said
from service.submitting.returns_events import New


class Asks(Struct, frozen=True):
    """Whose return is spoken of, on which day, up to which position; the caller at the door.

    reader: what the caller may have of whom.
    """

    code: str
    today: dt.date
    latest: dt.date
    up_to: int
    caller: Caller
    reader: Reader

    @property
    def new(self) -> New:
        """Return what the events of a return are given."""
        return New(self.code, self.today, self.latest)

    def whole(self) -> Asked:
        """Return the picture for which everything is loaded."""
        return Asked(
            code=self.code,
            bearer="trust",
            on=self.today,
            up_to=self.up_to,
            now=True,
            evidence="both",
            model=first_model(),
            reader=self.reader,
        )


class Wanted(Struct, frozen=True):
    """Which quarter is wanted: one, or, without either, the newest that has ended.

    place: what leads the name of a member where it is told what is wrong: a body's or a query's.
    """

    financial_year: str | None = None
    quarter: int | None = None
    place: Literal["/", "?"] = "/"

    def refused(self, name: str, code: str, rule: str) -> Refused:
        """Return that the quarter cannot be had."""
        fault = Fault(self.place + name, code, rule)
        kind = "invalid_parameter" if self.place == "?" else "invalid_events"
        return Refused(Problem(kind, f"{name} {rule}", (fault,)))


async def asked(pictures: Pictures, asks: Asks, wanted: Wanted) -> Return:
    """Return what a quarter's return asks: without one named, of the newest that has ended.

    Raises Refused for what is no trust, and for a quarter that has not begun.
    """
    quarter = _quarter(wanted, asks.today)
    histories = await pictures.load(asks.whole())
    known = summary(asks.code, histories[asks.code], asks.today)
    if known.organisation_kind != "trust":
        raise Refused(Problem("not_found", f"{asks.code} is not a trust that is known"))
    return returning(context(asks.code, histories, asks.today), quarter)


def _quarter(wanted: Wanted, today: dt.date) -> Quarter:
    if wanted.financial_year is None and wanted.quarter is None:
        return newest_ended(today)
    if wanted.financial_year is None or wanted.quarter is None:
        name = "quarter" if wanted.quarter is None else "financial_year"
        other = "financial_year" if wanted.quarter is None else "quarter"
        raise wanted.refused(name, "missing", f"must be given with {other}, or neither")
    quarter = quarter_called(_year(wanted, wanted.financial_year, today), wanted.quarter)
    if quarter.start > today:
        rule = f"must have begun: it begins on {quarter.start}"
        raise wanted.refused("quarter", "quarter_not_over", rule)
    return quarter


def _year(wanted: Wanted, given: str, today: dt.date) -> str:
    """Return a financial year in its one form; raises Refused for one that nobody returns."""
    try:
        year = dates.financial_year(given)
    except Unfit as error:
        raise wanted.refused("financial_year", error.code, error.rule) from None
    first = int(year.split("/")[0])
    if not dates.EARLIEST.year <= first <= today.year:
        rule = f"must lie between {dates.EARLIEST.year} and today"
        raise wanted.refused("financial_year", "date_out_of_range", rule)
    return year


def refuse_closed(found: Return) -> None:
    """Refuse to take anything for a quarter that began after the trust had closed."""
    if found.closed is not None:
        rule = f"the trust was closed from {found.closed.effective} on: there is nothing to return"
        raise returns_said.invalid((Fault("/quarter", "closed", rule),))


def too_early(why: str) -> Fault:
    """Return that a quarter is not over yet."""
    return Fault("/quarter", "quarter_not_over", f"must be over: it {why}; until then save a draft")


__all__ = ["Asks", "Wanted", "asked", "refuse_closed", "too_early"]
