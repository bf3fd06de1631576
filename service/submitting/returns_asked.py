"""Whose return of which quarter is spoken of, and what it asks."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct

from service.behind.pictures import Pictures
from service.domain.caller import Caller
from service.domain.faults import Fault
from service.domain.problems import Problem, Refused
from service.projections.context import context
from service.projections.coverage import Quarter
from service.projections.organisations import summary
from service.projections.returning import Return, newest_ended, quarter_called, returning
from service.submitting import returns_said
from service.submitting.returns_events import New


class Asks(Struct, frozen=True):
    """Whose return is spoken of, on which day, up to which position; the caller at the door."""

    code: str
    today: dt.date
    latest: dt.date
    up_to: int
    caller: Caller

    @property
    def new(self) -> New:
        """Return what the events of a return are given."""
        return New(self.code, self.today, self.latest)


class Wanted(Struct, frozen=True):
    """Which quarter is wanted: one, or, without either, the newest that has ended."""

    financial_year: str | None = None
    quarter: int | None = None


async def asked(pictures: Pictures, asks: Asks, wanted: Wanted) -> Return:
    """Return what a quarter's return asks: without one named, of the newest that has ended.

    Raises Refused for what is no trust, and for a quarter that has not begun.
    """
    quarter = _quarter(wanted, asks.today)
    histories = await pictures.load(asks.code, asks.up_to)
    known = summary(asks.code, histories[asks.code], asks.today)
    if known.organisation_kind != "trust":
        raise Refused(Problem("not_found", f"{asks.code} is not a trust that is known"))
    if quarter.start > asks.today:
        raise returns_said.invalid((too_early(f"begins on {quarter.start}"),))
    return returning(context(asks.code, histories, asks.today), quarter)


def _quarter(wanted: Wanted, today: dt.date) -> Quarter:
    if wanted.financial_year is not None and wanted.quarter is not None:
        return quarter_called(returns_said.year(wanted.financial_year), wanted.quarter)
    if wanted.financial_year is None and wanted.quarter is None:
        return newest_ended(today)
    rule = "must be given together, or neither: then it is the newest quarter that has ended"
    name = "?quarter" if wanted.quarter is None else "?financial_year"
    fault = Fault(name, "missing", rule)
    raise Refused(Problem("invalid_parameter", f"financial_year and quarter {rule}", (fault,)))


def refuse_closed(found: Return) -> None:
    """Refuse to take anything for a quarter that began after the trust had closed."""
    if found.closed is not None:
        rule = f"the trust was closed from {found.closed.effective} on: there is nothing to return"
        raise returns_said.invalid((Fault("/quarter", "closed", rule),))


def too_early(why: str) -> Fault:
    """Return that a quarter is not over yet."""
    return Fault("/quarter", "quarter_not_over", f"must be over: it {why}; until then save a draft")


__all__ = ["Asks", "Wanted", "asked", "refuse_closed", "too_early"]
