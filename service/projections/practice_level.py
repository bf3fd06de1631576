"""The level of practice: how old its evidence is, and what its measures make by the model.

Source: MODEL.md §1 (practice) and §3 (freshness).
"""

from __future__ import annotations

from service.domain.model import DimensionRules
from service.projections import held, practice, projects, routines
from service.projections.context import Context, returned
from service.projections.levelled import settled
from service.projections.levels import Answer, Case, decide, freshness


def practice_level(given: Context, rules: DimensionRules) -> Answer:
    """Return the level of practice on a date."""
    return settled(_level, given, rules)


def _level(given: Context, rules: DimensionRules) -> Answer:
    lasting = held.pieces(given, (*projects.TYPES, *routines.TYPES))
    ended = [item for item in lasting if item.end is not None]
    seen = [*practice.seen(given), *returned(given, "practice")]
    age = freshness(rules, seen, lambda day: any(item.live(day) for item in ended), given.on)
    return decide(Case(rules, practice.measures(given)), age)


__all__ = ["practice_level"]
