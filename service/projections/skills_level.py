"""The three levels of skills: each with measures and evidence of its own tier, never combined.

Source: MODEL.md §1 (skills) and §3 (evidence date of each skills level).
"""

from __future__ import annotations

from service.domain.model import DimensionRules
from service.projections import skilled, skills_measures
from service.projections.context import Context, returned
from service.projections.levelled import settled
from service.projections.levels import Answer, Case, Freshness, decide, freshness


def introductory_level(given: Context, rules: DimensionRules) -> Answer:
    """Return the level of introductory training on a date."""
    return settled(_introductory, given, rules)


def practitioner_level(given: Context, rules: DimensionRules) -> Answer:
    """Return the level of practitioners on a date."""
    return settled(_practitioner, given, rules)


def coach_expert_level(given: Context, rules: DimensionRules) -> Answer:
    """Return the level of coaches and experts on a date."""
    return settled(_coach_expert, given, rules)


def _introductory(given: Context, rules: DimensionRules) -> Answer:
    case = Case(rules, skills_measures.introductory(given))
    return decide(case, _age(given, rules, "introductory"))


def _practitioner(given: Context, rules: DimensionRules) -> Answer:
    case = Case(rules, skills_measures.practitioners(given))
    return decide(case, _age(given, rules, "practitioner"))


def _coach_expert(given: Context, rules: DimensionRules) -> Answer:
    case = Case(rules, skills_measures.coaches_and_experts(given))
    return decide(case, _age(given, rules, "coach", "expert"))


def _age(given: Context, rules: DimensionRules, *tiers: str) -> Freshness:
    seen = [*skilled.last_days(given, *tiers), *returned(given, skilled.DIMENSION)]
    return freshness(rules, seen, lambda _day: False, given.on)


__all__ = ["coach_expert_level", "introductory_level", "practitioner_level"]
