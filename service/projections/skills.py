"""Skills: the tiers with their people, by division, the team and the coaches.

Sources: DOMAIN.md §2 (stock of skilled people, divisions, denominators), MODEL.md §1 (skills).
Three levels, never combined; what other groups than staff completed is shown and not counted.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from service.projections import board_commitments, improvement_team, skilled
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.improvement_team import Team
from service.projections.measure import (
    Evidence,
    Measure,
    Moment,
    band,
    evidence,
    measure,
    moment,
    ratio,
)
from service.projections.size import headcount
from service.projections.skills_divisions import DivisionSkills, divisions
from service.projections.skills_measures import measures

TIERS: Final = ("introductory", "practitioner", "coach", "expert", "board")
PRACTITIONER: Final = (*skilled.TYPES, "WorkforceCounted")
INTRODUCTORY: Final = (*PRACTITIONER, "DivisionsSet", *board_commitments.TYPES)
COACH_EXPERT: Final = (*PRACTITIONER, "DivisionsSet", "ProjectStarted", "ProjectCompleted")
TYPES: Final = (*INTRODUCTORY, *COACH_EXPERT, *improvement_team.TYPES)
"""What the section reads; the three above are what each level reads."""


class Others(Struct, frozen=True, gc=False):
    """Completions in 12 months by a group that is not the trust's staff: shown, not counted."""

    participant_group: str
    completions: Measure


class TierSkills(Struct, frozen=True, gc=False):
    """One tier of skill. people: the stock on the date; counted: the day of its newest census.

    completions_12m: by staff. others_12m: by other groups. left_12m: at least.
    """

    tier: str
    people: Measure
    counted: Moment | None
    active_percent: Measure
    in_training: Measure
    completions_12m: Measure
    others_12m: tuple[Others, ...]
    left_12m: Measure


class Lapse(Struct, frozen=True, gc=False):
    """Training that lapses formally on a day to come; it reduces nothing.

    band: of completions that are rounded; left out where they are exact.
    """

    course: str
    tier: str
    lapses_on: dt.date
    completions: int
    events: Evidence
    band: float | UnsetType = UNSET


class Skills(Struct, frozen=True, gc=False, tag_field="section", tag="skills"):
    """Skills on a date; measures are those that the model's lines name, of all three levels.

    headcount: the denominator of every percentage; headcount_as_at: the day that it is of.
    """

    measures: dict[str, Measure]
    tiers: tuple[TierSkills, ...]
    divisions: tuple[DivisionSkills, ...]
    headcount: Measure
    headcount_as_at: Moment | None
    team: Team
    lapses: tuple[Lapse, ...]


def skills(given: Context) -> Skills:
    """Return skills on a date."""
    heads, heads_at = headcount(given)
    named = measures(given)
    return Skills(
        measures=named,
        tiers=tuple(_tier(given, tier) for tier in TIERS),
        divisions=divisions(given, named["introductory_percent"]),
        headcount=heads,
        headcount_as_at=heads_at,
        team=improvement_team.team(given),
        lapses=_lapses(given),
    )


def _tier(given: Context, tier: str) -> TierSkills:
    counted = skilled.newest_census(given, tier)
    active = skilled.census(given, tier, "active_last_12m")
    return TierSkills(
        tier=tier,
        people=skilled.stock(given, tier),
        counted=moment(counted) if counted else None,
        active_percent=ratio(active, skilled.census(given, tier), "percent", 100),
        in_training=skilled.census(given, tier, "in_training"),
        completions_12m=skilled.completions(given, tier),
        others_12m=_others(given, tier),
        left_12m=skilled.left(given, tier),
    )


def _others(given: Context, tier: str) -> tuple[Others, ...]:
    done = skilled.trained(given, tier, skilled.OTHERS)
    found = []
    for group in sorted({fact.data.participant_group for fact in done}):
        own = [fact for fact in done if fact.data.participant_group == group]
        added = sum(fact.data.completions for fact in own)
        found.append(Others(group, measure(added, "completions", own, "at_least")))
    return tuple(found)


def _lapses(given: Context) -> tuple[Lapse, ...]:
    stated = [
        fact
        for fact in skilled.facts(given, "StaffTrained", *TIERS)
        if fact.data.lapses_on is not UNSET and fact.data.lapses_on >= given.on
    ]
    return tuple(_lapse(f) for f in sorted(stated, key=lambda f: (f.data.lapses_on, f.position)))


def _lapse(fact: Fact) -> Lapse:
    data = fact.data
    return Lapse(
        course=data.course,
        tier=data.tier,
        lapses_on=data.lapses_on,
        completions=data.completions,
        events=evidence([fact]),
        band=band([fact]) or UNSET,
    )


__all__ = [
    "COACH_EXPERT", "INTRODUCTORY", "PRACTITIONER", "TIERS", "TYPES", "Lapse", "Others", "Skills",
    "TierSkills", "skills",
]  # fmt: skip
