"""The level of the board on a date.

Source: MODEL.md §1 (board) and §3: a commitment that is known to end later vouches for the days
before; an open one ages from the last event of the board.
"""

from __future__ import annotations

import datetime as dt

from service.domain.model import DimensionRules
from service.projections import board, board_commitments, board_measures
from service.projections.context import Context, returned
from service.projections.ledger import intervals
from service.projections.levelled import settled
from service.projections.levels import Answer, Case, decide, freshness


def board_level(given: Context, rules: DimensionRules) -> Answer:
    """Return the level of the board on a date."""
    return settled(_board_level, given, rules)


def _board_level(given: Context, rules: DimensionRules) -> Answer:
    seen = [fact.effective for fact in given.own(*board.OWN)]
    seen += returned(given, board_measures.DIMENSION)
    held = [i for i in intervals(given.own(*board_commitments.TYPES)) if i.end is not None]

    def vouched(day: dt.date) -> bool:
        """Tell whether a commitment that is live on a day is known to end."""
        return any(item.live(day) for item in held)

    age = freshness(rules, seen, vouched, given.on)
    return decide(Case(rules, board_measures.measures(given)), age)


__all__ = ["board_level"]
