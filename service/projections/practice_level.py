"""The level of practice: how old its evidence is, and what its measures make by the model.

Source: MODEL.md §1 (practice) and §3 (freshness).
"""

from __future__ import annotations

import datetime as dt
import itertools

from service.domain.model import DimensionRules
from service.projections import held, practice, projects, routines
from service.projections.context import Context, returned
from service.projections.levelled import settled
from service.projections.levels import Answer, Case, decide, freshness


def practice_level(given: Context, rules: DimensionRules) -> Answer:
    """Return the level of practice on a date."""
    return settled(_level, given, rules)


def _level(given: Context, rules: DimensionRules) -> Answer:
    seen = itertools.chain(practice.seen(given), returned(given, "practice"))
    age = freshness(rules, seen, lambda day: _vouched(given, day), given.on)
    return decide(Case(rules, practice.measures(given)), age)


def _vouched(given: Context, day: dt.date) -> bool:
    """Tell whether a project or routine that runs on a day is known to end later."""
    ended = projects.ended(given)
    running = (item for item in held.pieces(given, routines.TYPES) if item.end is not None)
    return any(start <= day < end for start, end in ended) or any(i.live(day) for i in running)


__all__ = ["practice_level"]
