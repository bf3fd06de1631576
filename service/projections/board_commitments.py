"""What a board is committed to: six commitments, each live from its making to its ending.

Source: MODEL.md §1: a commitment that is not recorded is none. Never inherited in a merger; those
of a trust that merged or closed end on that day (DESIGN.md, invariant 13).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from service.projections.context import Context
from service.projections.ledger import Interval, intervals
from service.projections.measure import Measure, measure

TYPES: Final = ("BoardCommitmentMade", "BoardCommitmentEnded")
COMMITMENTS: Final = (
    "executive_sponsor", "agreed_method", "standing_item", "quality_strategy", "induction",
    "board_measures",
)  # fmt: skip


def held(given: Context, commitment: str) -> list[Interval]:
    """Return the times of one commitment begun by the date, in order."""
    found = intervals(given.own(*TYPES))
    return [
        item
        for item in found
        if item.opened.data.commitment == commitment and item.start <= given.on
    ]


def live(given: Context, commitment: str) -> Measure:
    """Return whether a board is committed on the date; not recorded is no."""
    found = held(given, commitment)
    current = [item for item in found if is_live(given, item, given.on)]
    facts = [fact for item in (current or found)[-1:] for fact in (item.opened, item.closed)]
    known = [fact for fact in facts if fact is not None and fact.effective <= given.on]
    return measure(bool(current), "yes_no", known)


def is_live(given: Context, item: Interval, day: dt.date) -> bool:
    """Tell whether a commitment holds on a day: not after the body merged or closed."""
    open_ = given.closed is None or day < given.closed.effective
    return open_ and item.live(day)


__all__ = ["COMMITMENTS", "TYPES", "held", "is_live", "live"]
