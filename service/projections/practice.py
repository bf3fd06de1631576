"""Practice on a date: projects and what became of them, routines, what was shared and adopted.

Source: MODEL.md §1 (practice, speed) and §3 (a count over uncovered quarters is a lower bound).
Where MODEL.md leaves it open: a project completed twice without a new start is one, by its first
day and its newest outcome; the share measured of an incomplete count is an estimate; a saving is
a year's, of projects completed in twelve months.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import UNSET, Struct, structs

from service.domain import dates
from service.projections import coverage, projects, routines, size
from service.projections.context import Context, lasting, once
from service.projections.history import Fact, counts_for
from service.projections.ledger import ordered, within
from service.projections.measure import (
    Evidence,
    Measure,
    Moment,
    Status,
    evidence,
    measure,
    moment,
    ratio,
    unknown,
)  # fmt: skip
from service.projections.projects import Project
from service.projections.routines import Routine

TYPES: Final = (
    "ProjectStarted", "ProjectCompleted", "LearningShared", "PracticeAdopted",
    "ManagementRoutineStarted", "ManagementRoutineEnded",
)  # fmt: skip
_YEAR: Final = 12
_ADOPTED_WITHIN: Final = 36


class Adoption(Struct, frozen=True, gc=False):
    """A practice that one trust took over from another. counted: both say so, or the operator."""

    adopted_by: str
    adopted_from: str
    title: str
    project: str | None
    since: Moment
    counted: bool
    events: Evidence


class Shown(Struct, frozen=True, gc=False):
    """A project on the date. outcome, evidence: None while it runs. days: from start to end."""

    project: str
    title: str | None
    trigger: str | None
    divisions: tuple[str, ...]
    start: Moment | None
    end: Moment | None
    outcome: str | None
    evidence: str | None
    days: int | None
    inherited_from: str | None
    events: Evidence


class Practice(Struct, frozen=True, gc=False, tag_field="section", tag="practice"):
    """Practice on a date. active: projects that run; completed: those of the last 12 months."""

    measures: dict[str, Measure]
    headcount_as_at: Moment | None
    active: tuple[Shown, ...]
    completed: tuple[Shown, ...]
    routines: tuple[Routine, ...]
    adoptions: tuple[Adoption, ...]


def practice(given: Context) -> Practice:
    """Return practice on a date."""
    found = projects.projects(given)
    counted = size.size(given)
    done = _completed(found, given.on)
    return Practice(
        measures={**measures(given), **_beside(given, found)},
        headcount_as_at=counted.headcount_as_at,
        active=tuple(_shown(item) for item in found if item.active),
        completed=tuple(_shown(item) for item in done),
        routines=routines.live(given),
        adoptions=tuple(_adoption(fact) for fact in _adoptions(given)),
    )


@once
def measures(given: Context) -> dict[str, Measure]:
    """Return the measures of the model by name."""
    found = projects.projects(given)
    done = _completed(found, given.on)
    taken = [f for f in _adoptions(given) if _from_here(given, f) and _within(f, given.on)]
    return {
        "completed_per_1000": _per_thousand(given, _count(given, done)),
        "measured_percent": _measured(given, done),
        "adopted_36m": measure(len({_adopted(f) for f in taken}), "adoptions", taken),
    }


def seen(given: Context) -> Iterator[dt.date]:
    """Yield the days of all that is known of practice: own events, and adoptions that count."""
    bodies = given.bodies  # asked of every fact, so told once
    return (
        fact.effective
        for fact in _all(given)
        if fact.organisation in bodies or _from_here(given, fact)
    )


def _completed(found: Sequence[Project], on: dt.date) -> list[Project]:
    """Return the projects that came to their end in twelve months, stopped ones apart."""
    after = dates.add_months(on, -_YEAR)
    ended = (p for p in found if (end := p.end) is not None and after < end <= on)
    return [project for project in ended if project.outcome != "stopped"]


def _covered(given: Context) -> coverage.Coverage:
    bodies = coverage.bodies(given, lambda _fact: True, "ProjectCompleted")
    return coverage.coverage("practice", bodies, given.on)


def _facts(found: Sequence[Project]) -> list[Fact]:
    return [fact for project in found for fact in project.facts]


def _count(given: Context, done: Sequence[Project]) -> Measure:
    return coverage.counted(len(done), "projects", _facts(done), _covered(given))


def _per_thousand(given: Context, count: Measure) -> Measure:
    """Return projects per 1,000 headcount; none is none, however many work there."""
    unit = "per_1000_headcount"
    if count.value == 0 and count.status == "known":
        return structs.replace(count, unit=unit)
    return ratio(count, size.size(given).headcount, unit, 1000)


def _measured(given: Context, done: Sequence[Project]) -> Measure:
    """Return the share of completed projects whose result was measured."""
    if not done:
        return unknown("percent", "no_project_completed_in_12_months")
    share = round(100 * sum(project.measured for project in done) / len(done), 2)
    status: Status = "known" if _covered(given).complete else "estimated"
    return measure(share, "percent", _facts(done), status)


def _beside(given: Context, found: Sequence[Project]) -> dict[str, Measure]:
    """Return what is shown beside the model's measures."""
    done = _completed(found, given.on)
    active = [project for project in found if project.active]
    after = dates.add_months(given.on, -_YEAR)
    shared = [f for f in _all(given) if f.type == "LearningShared" and after < f.effective]
    return {
        "projects_active": measure(len(active), "projects", _facts(active)),
        "projects_completed_12m": _count(given, done),
        "days_to_measured_result": _speed(done),
        "saving_pence_12m": _saving(given, done),
        "learning_shared_12m": measure(len(shared), "occasions", shared),
        "difficulties_shared_12m": _difficulties(shared),
        "routines_live": routines.count(given),
    }


def _difficulties(shared: Sequence[Fact]) -> Measure:
    found = [fact for fact in shared if fact.data.about == "difficulty"]
    return measure(len(found), "occasions", found)


def _speed(done: Sequence[Project]) -> Measure:
    """Return the median days from a project's start to its measured result, of twelve months."""
    timed = [project for project in done if project.measured and project.days is not None]
    if not timed:
        return unknown("days", "no_measured_result_with_a_known_start")
    days = statistics.median([project.days or 0 for project in timed])
    return measure(days, "days", _facts(timed))


def _saving(given: Context, done: Sequence[Project]) -> Measure:
    """Return what completed projects save in a year; at least, when some do not say."""
    saying = [project for project in done if project.saving is not None]
    if not saying:
        return unknown("pence", "no_saving_stated")
    whole = len(saying) == len(done) and _covered(given).complete
    total = sum(project.saving or 0 for project in saying)
    return measure(total, "pence", _facts(saying), "known" if whole else "at_least")


def _all(given: Context) -> Sequence[Fact]:
    """Return every fact of practice by the date over all bodies, each once, in order."""
    return within(_ever(given), dt.date.min, given.on)


@lasting
def _ever(given: Context) -> tuple[Fact, ...]:
    parts = [given.history, *(gone.history for gone in given.absorbed)]
    return ordered({f.position: f for part in parts for f in part.of(*TYPES)}.values())


@once
def _adoptions(given: Context) -> list[Fact]:
    """Return the adoptions from and by this body; between trusts that are one now there is none."""
    bodies = given.bodies
    found = (fact for fact in _all(given) if fact.type == "PracticeAdopted")
    return [f for f in found if f.organisation not in bodies or f.data.from_ not in bodies]


def _from_here(given: Context, fact: Fact) -> bool:
    """Tell whether another adopted from here, and this body confirmed it or the operator says."""
    if fact.type != "PracticeAdopted" or fact.organisation in given.bodies:
        return False
    return fact.data.from_ in given.bodies and counts_for(fact, fact.data.from_)


def _adopted(fact: Fact) -> tuple[str, str]:
    """Return what tells one adoption from another: own and public evidence of it is one."""
    return fact.organisation, fact.data.title.casefold()


def _within(fact: Fact, on: dt.date) -> bool:
    return fact.effective > dates.add_months(on, -_ADOPTED_WITHIN)


def _adoption(fact: Fact) -> Adoption:
    return Adoption(
        adopted_by=fact.organisation,
        adopted_from=fact.data.from_,
        title=fact.data.title,
        project=None if fact.data.project is UNSET else fact.data.project,
        since=moment(fact),
        counted=counts_for(fact, fact.data.from_),
        events=evidence([fact]),
    )


def _shown(item: Project) -> Shown:
    started = item.started.data if item.started else None
    return Shown(
        project=item.project,
        title=started.title if started else None,
        trigger=started.trigger if started and started.trigger else None,
        divisions=tuple(started.divisions or ()) if started else (),
        start=moment(item.started) if item.started else None,
        end=moment(item.completed[0]) if item.completed else None,
        outcome=item.outcome,
        evidence=item.last.data.evidence if item.last else None,
        days=item.days,
        inherited_from=item.origin,
        events=evidence(item.facts),
    )


__all__ = ["TYPES", "Adoption", "Practice", "Shown", "measures", "practice", "seen"]
