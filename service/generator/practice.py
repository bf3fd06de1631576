"""Practice: projects begun and completed, learning shared, practice adopted, routines."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET

from service.domain.catalogue.practice.learning_shared import LearningShared
from service.domain.catalogue.practice.management_routine_ended import ManagementRoutineEnded
from service.domain.catalogue.practice.management_routine_started import ManagementRoutineStarted
from service.domain.catalogue.practice.practice_adopted import PracticeAdopted
from service.domain.catalogue.practice.project_completed import ProjectCompleted
from service.domain.catalogue.practice.project_started import ProjectStarted
from service.domain.fields import Routine
from service.generator.bodies import DECLARED, Life, Trust, another, some_divisions, tell
from service.generator.months import Month
from service.generator.words import AUDIENCES, project_title

Outcome = Literal["improved_and_held", "improved", "no_change", "stopped", "not_measured"]
Evidence = Literal["spc_special_cause", "before_after", "narrative"]

_MEASURED: Final[tuple[tuple[Outcome, float], ...]] = (
    ("improved_and_held", 0.25),
    ("improved", 0.45),
    ("no_change", 0.3),
)
_UNMEASURED: Final[tuple[tuple[Outcome, float], ...]] = (("not_measured", 0.65), ("stopped", 0.35))
_ROUTINES: Final[tuple[Routine, ...]] = (
    "huddle",
    "visibility_board",
    "strategy_deployment",
    "leader_standard_work",
    "executive_visit",
    "catchball",
)


def started(trust: Trust, month: Month) -> None:
    """Begin a project."""
    chance = trust.chance
    trust.started += 1
    project = f"p{trust.started:05d}"
    trust.projects.append(project)
    begun = ProjectStarted(
        project=project,
        title=project_title(chance),
        trigger=chance.one_of(("crisis", "strategy", "incident", "staff_idea")),
        divisions=some_divisions(trust),
        teams=chance.between(1, 6),
    )
    tell(trust, chance.day(month), begun, DECLARED)


def completed(trust: Trust, month: Month) -> None:
    """Complete the project that has been open longest; begin one if none is open."""
    if len(trust.projects) < 2:
        started(trust, month)
        return
    chance, project = trust.chance, trust.projects.popleft()
    measured = chance.likely(0.25 + 0.6 * trust.quality)
    outcome = chance.weighted(_MEASURED if measured else _UNMEASURED)
    evidence: Evidence = "narrative"
    if measured:
        evidence = "spc_special_cause" if chance.likely(trust.quality) else "before_after"
    held = outcome == "improved_and_held"
    done = ProjectCompleted(
        project=project,
        outcome=outcome,
        evidence=evidence,
        held_months=chance.between(3, 18) if held else UNSET,
        lived_experience=chance.likely(0.3),
        saving_pence=chance.near(2_000_000) if held and chance.likely(0.3) else UNSET,
    )
    tell(trust, chance.day(month), done, DECLARED)


def projects(trust: Trust, month: Month) -> Life:
    """Begin and complete projects, the more of them the better a trust does."""
    wait = 12 - 9 * trust.quality
    at_once = 1 + (trust.quality > 0.62) + 2 * (trust.quality > 0.78)
    while True:
        month = yield trust.chance.wait(wait)
        for _ in range(at_once):
            started(trust, month)
        month = yield trust.chance.wait(wait)
        for _ in range(at_once):
            completed(trust, month)


def learning(trust: Trust, month: Month) -> None:
    """Tell others what was learnt."""
    chance = trust.chance
    shared = LearningShared(
        title=project_title(chance),
        audience=chance.one_of(AUDIENCES),
        about="success" if chance.likely(0.8) else "difficulty",
        project=trust.projects[0] if trust.projects else UNSET,
    )
    tell(trust, chance.day(month), shared, DECLARED)


def adopted(trust: Trust, month: Month) -> None:
    """Take over a practice of another trust, most often one that does better."""
    chance, other = trust.chance, another(trust)
    if other is None or (other.quality < trust.quality and chance.likely(0.6)):
        learning(trust, month)
        return
    project = other.projects[0] if other.projects else UNSET
    taken = PracticeAdopted(from_=other.code, title=project_title(chance), project=project)
    tell(trust, chance.day(month), taken, DECLARED)


def routine(trust: Trust, month: Month) -> None:
    """Begin a routine of managing improvement; now and then one ends."""
    chance, kind = trust.chance, trust.chance.one_of(_ROUTINES)
    where, teams = some_divisions(trust), chance.between(3, 40)
    begun = ManagementRoutineStarted(kind=kind, divisions=where, teams_covered=teams)
    ended = ManagementRoutineEnded(kind=kind, divisions=where)
    tell(trust, chance.day(month), ended if chance.likely(0.25) else begun, DECLARED)


def habits(trust: Trust, month: Month) -> Life:
    """Share what was learnt, take over what others do, begin routines."""
    while True:
        month = yield trust.chance.wait(16 - 8 * trust.quality)
        trust.chance.one_of((learning, adopted, routine))(trust, month)


__all__ = [
    "adopted", "completed", "habits", "learning", "projects", "routine", "started",
]  # fmt: skip
