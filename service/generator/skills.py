"""Skills: courses that people complete, censuses of who has a skill, leavers, coaches, the team.

A trust trains between 5 and 25 % of its staff a year at the introductory tier (MODEL.md §1).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec import UNSET

from service.domain import dates
from service.domain.catalogue.skills.coaches_deployed import CoachesDeployed
from service.domain.catalogue.skills.improvement_team_counted import ImprovementTeamCounted
from service.domain.catalogue.skills.skills_counted import PeoplePart, SkillsCounted
from service.domain.catalogue.skills.staff_trained import CompletionPart, StaffTrained
from service.domain.catalogue.skills.trained_staff_left import TrainedStaffLeft
from service.domain.fields import Tier
from service.generator.bodies import DECLARED, Life, Trust, tell
from service.generator.months import Month
from service.generator.words import COURSES

_TIERS: Final[tuple[tuple[Tier, float], ...]] = (
    ("introductory", 0.72),
    ("practitioner", 0.2),
    ("coach", 0.05),
    ("expert", 0.03),
)
_SHARES: Final[dict[Tier, float]] = dict(_TIERS)
_HOURS: Final[dict[Tier, float]] = {
    "introductory": 3.5,
    "practitioner": 30.0,
    "coach": 60.0,
    "expert": 120.0,
    "board": 6.0,
}
_OF_STAFF: Final[dict[Tier, float]] = {
    "introductory": 0.8,
    "practitioner": 0.16,
    "coach": 0.016,
    "expert": 0.002,
}
"""Of all staff, those with a skill, where a trust could not do better."""
_OTHERS: Final = ("resident_doctor", "student", "volunteer", "lived_experience")
BOARD: Final = 14
COUNTED: Final[tuple[Tier, ...]] = ("practitioner", "coach", "expert")


def yearly_completions(trust: Trust, tier: Tier) -> float:
    """Return how many complete a course of a tier in a year: 5 to 25 % of staff, then fewer."""
    share = {"introductory": 0.04 + 0.24 * trust.quality, "practitioner": 0.03 * trust.quality}
    return trust.headcount * share.get(tier, 0.002 * trust.quality)


def with_skill(trust: Trust, tier: Tier) -> float:
    """Return how many have a skill in the end: few where a trust does poorly."""
    return trust.headcount * _OF_STAFF[tier] * trust.quality**2


def trained(trust: Trust, month: Month) -> Life:
    """Tell each quarter who completed the introductory course, by division; the rest in cohorts."""
    while True:
        month = yield 3
        _course(trust, trust.chance.day(month), yearly_completions(trust, "introductory") / 12)


def _course(trust: Trust, day: dt.date, mean: float) -> None:
    count = trust.chance.near(mean)
    part = count // len(trust.divisions)
    by = tuple(CompletionPart(division=code, completions=part) for code in trust.divisions)
    done = StaffTrained(
        course="in_house",
        tier="introductory",
        participant_group="staff",
        completions=count,
        by=by if part else UNSET,
        delivery="elearning",
        hours=_HOURS["introductory"],
    )
    tell(trust, day, done, DECLARED)


def cohort(trust: Trust, month: Month) -> None:
    """Tell of one course; with many such events a year each is of fewer people."""
    chance = trust.chance
    tier = chance.weighted(_TIERS)
    yearly = trust.cohorts_a_year * _SHARES[tier]
    mean = yearly_completions(trust, tier) * 0.7 / max(1.0, yearly)
    count, day = chance.near(mean), chance.day(month)
    staff = chance.likely(0.85)
    done = StaffTrained(
        course=chance.one_of(COURSES),
        tier=tier,
        participant_group="staff" if staff else chance.one_of(_OTHERS),
        completions=count,
        by=_parts(trust, count) if staff else UNSET,
        delivery="in_person" if chance.likely(0.6) else "virtual",
        hours=_HOURS[tier],
        project_based=True if tier == "practitioner" else UNSET,
        lapses_on=dates.add_months(day, 36) if tier == "expert" else UNSET,
    )
    tell(trust, day, done, DECLARED)


def _parts(trust: Trust, count: int) -> tuple[CompletionPart, ...]:
    return (CompletionPart(division=trust.chance.one_of(trust.divisions), completions=count),)


def board_trained(trust: Trust, month: Month) -> Life:
    """Train members of the board every year or two, and count those who were."""
    chance = trust.chance
    while True:
        month = yield chance.wait(20 - 10 * trust.quality)
        count = chance.between(3, 9)
        done = StaffTrained(
            course="in_house",
            tier="board",
            participant_group="board",
            completions=count,
            hours=_HOURS["board"],
        )
        tell(trust, chance.day(month), done)
        people = min(BOARD, count + round(6 * trust.quality))
        month = yield 1
        census = SkillsCounted(tier="board", people=people, method="learning_system")
        tell(trust, chance.day(month), census)


def counted(trust: Trust, month: Month, tier: Tier) -> Life:
    """Count once a year who has a skill; more have it as the years go by."""
    chance = trust.chance
    month = yield chance.between(1, 12)
    while True:
        mean = with_skill(trust, tier) * (0.35 + 0.65 * min(1.0, month.index / 120))
        people = round(mean * (0.6 + 0.8 * chance.random()))
        tell(trust, chance.day(month), _census(trust, tier, people), DECLARED)
        month = yield 12


def _census(trust: Trust, tier: Tier, people: int) -> SkillsCounted:
    chance, part = trust.chance, people // len(trust.divisions)
    by = tuple(PeoplePart(division=code, people=part) for code in trust.divisions)
    return SkillsCounted(
        tier=tier,
        people=people,
        method=chance.one_of(("learning_system", "qi_platform", "esr")),
        active_last_12m=round(people * (0.25 + 0.5 * chance.random())),
        in_training=chance.between(0, 6) if tier in {"coach", "expert"} else UNSET,
        by=by if part else UNSET,
    )


def left(trust: Trust, month: Month) -> Life:
    """Lose a tenth of those with a skill in a year."""
    while True:
        month = yield 6
        leavers(trust, month)


def leavers(trust: Trust, month: Month) -> None:
    """Tell of people with a skill who left."""
    chance = trust.chance
    tier: Tier = "practitioner" if chance.likely(0.8) else "introductory"
    mean = 0.1 * with_skill(trust, tier)
    mean /= 2 + trust.cohorts_a_year / 10
    gone = TrainedStaffLeft(tier=tier, people=chance.near(mean))
    tell(trust, chance.day(month), gone, DECLARED)


def deployed(trust: Trust, month: Month) -> Life:
    """Give coaches time for teams, agreed anew each year."""
    chance = trust.chance
    while True:
        month = yield 12
        people, day = chance.near(trust.headcount * 0.006 * trust.quality), chance.day(month)
        coaches = CoachesDeployed(
            people=people,
            wte_released=round(people * 0.2, 1),
            teams_supported=people * chance.between(1, 4),
            until=dates.add_months(day, 12),
        )
        tell(trust, day, coaches, DECLARED)


def team(trust: Trust, month: Month) -> Life:
    """Count the improvement team once a year: posts for good, and posts for a time."""
    chance = trust.chance
    month = yield chance.between(1, 12)
    while True:
        day, funded = chance.day(month), 1.0 + round(trust.headcount * 0.0012 * trust.quality)
        posts = ImprovementTeamCounted(
            wte_funded=funded, wte_in_post=round(funded * 0.85, 2), basis="recurrent"
        )
        tell(trust, day, posts)
        if chance.likely(0.6):
            until = dates.add_months(day, chance.between(6, 24))
            lent = ImprovementTeamCounted(
                wte_funded=2.0, wte_in_post=1.6, basis="fixed_term", until=until
            )
            tell(trust, day, lent)
        month = yield 12


__all__ = [
    "BOARD", "COUNTED", "board_trained", "cohort",
    "counted", "deployed", "leavers", "left", "team", "trained", "yearly_completions",
]  # fmt: skip
