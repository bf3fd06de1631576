"""A date before the organisation opened, after it closed, or still to come."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from service.domain import dates
from service.domain.register import BY_NAME
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.senses.check import Check, Finding, said, when

_EFFECTIVE: Final = attrgetter("effective")
_BEGINS: Final = ("TrustRegistered", "SystemEstablished")
_ENDS: Final = frozenset({"TrustMerged", "TrustClosed", "SystemClosed"})
_PUBLISHED: Final = frozenset(
    {"RegulatorRated", "CultureSurveyed", "OversightAssessed", "IncomeReported", "FundingSpent",
     "ReturnMade", "ShareGranted", "ShareWithdrawn"}
)  # fmt: skip
"""Types whose day is that of publishing or saying it: that may come after a body is closed."""
_MONTHS: Final = {"month": 1, "year": 12}


def _before(given: Context) -> Iterator[Finding]:
    begun = min(given.own(*_BEGINS), key=_EFFECTIVE, default=None)
    if begun is None:
        return
    for group in given.own_by_type.values():
        for fact in group[: bisect.bisect_left(group, begun.effective, key=_EFFECTIVE)]:
            if _last_day(fact) < begun.effective and not _of_a_place(fact):
                text = f"{said(fact)}, {when(fact)}: {given.code} opened on {when(begun)}"
                yield Finding((fact, begun), text)


def _last_day(fact: Fact) -> dt.date:
    """Return the last day that a date may mean: of a month or a year, its last."""
    if fact.precision == "day":
        return fact.effective
    return dates.add_months(fact.effective, _MONTHS[fact.precision]) - dt.timedelta(days=1)


def _of_a_place(fact: Fact) -> bool:
    """Tell whether a fact is a rating of a location or service, which may be older than a trust."""
    return fact.type == "RegulatorRated" and fact.data.scope != "trust"


def _after(given: Context) -> Iterator[Finding]:
    end = given.closed
    if end is None:
        return
    for kind, group in given.own_by_type.items():
        if kind not in _PUBLISHED:
            for fact in group[bisect.bisect_left(group, end.effective, key=_EFFECTIVE) :]:
                if not _belongs(fact, end):
                    text = f"{said(fact)}, {when(fact)}: {given.code} closed on {when(end)}"
                    yield Finding((fact, end), text)


def _belongs(fact: Fact, end: Fact) -> bool:
    """Tell whether a fact of the closing day is the closing itself, or ends something with it."""
    ends = fact.type in _ENDS or BY_NAME[fact.type].fold.form == "closes"
    return ends and fact.effective == end.effective


def _future(given: Context) -> Iterator[Finding]:
    for group in given.own_by_type.values():
        for fact in group[bisect.bisect_right(group, given.on, key=_EFFECTIVE) :]:
            text = f"{said(fact)}, {when(fact)}: that day is still to come, it counts from then on"
            yield Finding((fact,), text)


BEFORE_OPENING: Final = Check(
    code="before_opening",
    rule="what an organisation does, it does from the day on which it opened under its code",
    way_out="correct the day; or retract it, and record it of the predecessor whose it was",
    find=_before,
)
AFTER_CLOSING: Final = Check(
    code="after_closing",
    rule="from the day on which an organisation closed nothing more happens in it",
    way_out="correct the day; or retract it, and record it of the successor whose it is",
    find=_after,
)
FUTURE_DATE: Final = Check(
    code="future_date",
    rule="most events are recorded when they have happened",
    way_out="correct the day if it is mistyped; if it is planned so, nothing need be done",
    find=_future,
)

__all__ = ["AFTER_CLOSING", "BEFORE_OPENING", "FUTURE_DATE"]
