"""The measures of a trust that stand side by side in the pictures of its systems, by dimension.

They are those of its own picture: the model's, and what a lead's questions ask beside. A dimension
that cannot be read has none.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import UNSET

from service.projections import skills_measures
from service.projections.context import Context, Dimension, UnreadableAt, unreadable
from service.projections.culture import newest_q3f
from service.projections.dimensions import COACH_EXPERT, INTRODUCTORY, PRACTITIONER, reused
from service.projections.measure import Measure, measure, unknown
from service.projections.member_sections import Sections
from service.projections.skills import Skills

Measures = dict[str, dict[str, Measure]]
"""Measures by the name of their dimension and their own."""
_LEVELS_OF_SKILL: Final[Mapping[Dimension, Callable[[Context], dict[str, Measure]]]] = {
    INTRODUCTORY: skills_measures.introductory,
    PRACTITIONER: skills_measures.practitioners,
    COACH_EXPERT: skills_measures.coaches_and_experts,
}


def measures(given: Context, said: Sections) -> Measures:
    """Return a trust's measures by dimension."""
    of_skill = {
        dimension.name: {} if unreadable(dimension, given) else _reused(given, dimension)
        for dimension in _LEVELS_OF_SKILL
    }
    return {
        "leadership": _named(said.leadership),
        "culture": _culture(given, said),
        "skills": _skills(said.skills),
        **of_skill,
        "strategy": _named(said.strategy),
        "connection": _named(said.connection),
        "practice": _named(said.practice),
        "funding": _named(said.funding),
        "board": _named(said.board),
        "support": _support(said),
        "shared_leadership": _shared(said),
        "not_crowded_out": _not_crowded_out(said),
    }


def _reused(given: Context, dimension: Dimension) -> dict[str, Measure]:
    make = functools.partial(_LEVELS_OF_SKILL[dimension], given)
    return reused(given, dimension, "measures", make)


def _named(section: object) -> dict[str, Measure]:
    """Return the measures that a section names; none of one that cannot be read."""
    found: dict[str, Measure] = getattr(section, "measures", {})
    return dict(found)


def _culture(given: Context, said: Sections) -> dict[str, Measure]:
    """Return the measures of culture, and how many answered q3f."""
    if isinstance(said.culture, UnreadableAt):
        return {}
    fact = newest_q3f(given)
    base = None if fact is None or fact.data.base is UNSET else fact.data.base
    known = unknown("people", "no_survey" if fact is None else "no_base", [fact] if fact else [])
    return {
        **said.culture.measures,
        "q3f_base": measure(base, "people", [fact]) if fact and base is not None else known,
    }


def _skills(section: Skills | UnreadableAt) -> dict[str, Measure]:
    """Return headcount, the people of each tier, and the team."""
    if isinstance(section, UnreadableAt):
        return {}
    people = {f"people_{item.tier}": item.people for item in section.tiers}
    return {
        "headcount": section.headcount,
        **people,
        "team_wte_funded": section.team.wte_funded,
        "team_wte_in_post": section.team.wte_in_post,
        "coaches_wte": section.team.coaches_wte,
    }


def _support(said: Sections) -> dict[str, Measure]:
    if isinstance(said.support, UnreadableAt):
        return {}
    return {"support_months": said.support.months}


def _shared(said: Sections) -> dict[str, Measure]:
    section = said.shared_leadership
    if isinstance(section, UnreadableAt):
        return {}
    return {"shared_divisions_percent": section.reached, "shared_teams": section.teams}


def _not_crowded_out(said: Sections) -> dict[str, Measure]:
    section = said.not_crowded_out
    if isinstance(section, UnreadableAt):
        return {}
    return {
        "oversight_months": section.oversight_months,
        "strategy_months": section.strategy_months,
        "funding_months": section.funding_months,
        "board_review_months": section.board_review_months,
        "all_three_months": section.all_three_months,
    }


__all__ = ["Measures", "measures"]
