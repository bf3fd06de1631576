"""Not crowded out: whether strategy, funding and the board's reviews stayed live under oversight.

Source: MODEL.md §1, measures without a level. Counted are months of the last 36, each by its last
day: under oversight when a scheme is live then; strategy and funding when one is live; reviewed
when the board reviewed progress in the six months before. What was not recorded may have been, so
all but the months under oversight, which the operator records, are lower bounds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from service.domain import dates
from service.projections import agreements, oversight, undertakings
from service.projections.context import Context, at
from service.projections.history import Fact
from service.projections.ledger import Interval
from service.projections.measure import Measure, measure, unknown

TYPES: Final = (
    "OversightStarted", "OversightEnded", "BoardReviewedProgress", *undertakings.HELD,
    "LeadershipApproachAffirmed", *agreements.TYPES,
)  # fmt: skip
_MONTHS: Final = 36
_REVIEWED_WITHIN: Final = 6


class NotCrowdedOut(Struct, frozen=True, gc=False, tag_field="section", tag="not_crowded_out"):
    """Months of the last 36 under oversight, and in how many of them something stayed live."""

    oversight_months: Measure
    strategy_months: Measure
    funding_months: Measure
    board_review_months: Measure
    all_three_months: Measure


def not_crowded_out(given: Context) -> NotCrowdedOut:
    """Return what stayed live under oversight up to a date."""
    schemes = [item for item in oversight.held(given) if item.start <= given.on]
    days = [day for day in _month_ends(given.on) if any(_under(s, given, day) for s in schemes)]
    kinds: Mapping[str, Callable[[Context], list[Fact]]] = {
        "strategy": _strategy, "funding": _funding, "board_review": _reviews,
    }  # fmt: skip
    live = {name: {day: behind(at(given, day)) for day in days} for name, behind in kinds.items()}
    every = {day: [f for found in live.values() for f in found[day]] for day in days}
    whole = {day: every[day] if all(found[day] for found in live.values()) else [] for day in days}
    return NotCrowdedOut(
        oversight_months=measure(len(days), "months", [item.opened for item in schemes]),
        strategy_months=_count(live["strategy"]),
        funding_months=_count(live["funding"]),
        board_review_months=_count(live["board_review"]),
        all_three_months=_count(whole),
    )


def _month_ends(on: dt.date) -> Sequence[dt.date]:
    return [dates.add_months(on, -count) for count in range(_MONTHS)]


def _under(item: Interval, given: Context, day: dt.date) -> bool:
    return item.live(day) and (given.closed is None or day < given.closed.effective)


def _strategy(given: Context) -> list[Fact]:
    begun = undertakings.undertaken(given)
    return [item.interval.opened for item in begun if item.live(given.on)]


def _funding(given: Context) -> list[Fact]:
    known = [case for case in agreements.cases(given) if case.counted]
    return [case.commitment for case in known if agreements.is_live(case, given.on)]


def _reviews(given: Context) -> list[Fact]:
    after = dates.add_months(given.on, -_REVIEWED_WITHIN)
    return [f for f in given.own("BoardReviewedProgress") if after < f.effective <= given.on]


def _count(live: Mapping[dt.date, Iterable[Fact]]) -> Measure:
    if not live:
        return unknown("months", "not_under_oversight")
    found = [tuple(facts) for facts in live.values()]
    months = sum(bool(facts) for facts in found)
    return measure(months, "months", [f for facts in found for f in facts], "at_least")


__all__ = ["TYPES", "NotCrowdedOut", "not_crowded_out"]
