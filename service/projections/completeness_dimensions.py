"""The record of a trust by dimension: what is there, how old it is, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from service.domain.words import body_list
from service.projections import coverage, skilled
from service.projections.completeness_seen import (
    FLOWS,
    AssuranceShare,
    LastEvent,
    LastReturn,
    QuarterSeen,
    Seen,
    assurance,
    last_event,
    returned_as,
    seen,
)
from service.projections.completeness_wanted import MEASURES
from service.projections.context import Context
from service.projections.leadership_measures import affairs
from service.projections.levels import Answer, Distance, Freshness
from service.projections.posts import CHIEF
from service.projections.senses.check import OpenWarning

_COUNTED: Final = frozenset(
    {"introductory_completions_12m", "introductory_percent", "completed_per_1000", "partners_12m",
     "partners_24m", "board_reviews_6m", "spc_quarters_in_a_row"}
)  # fmt: skip
"""Measures that count by quarter: while quarters are missing, that is the gap."""


class Gap(Struct, frozen=True, gc=False):
    """Something that is missing. code: its kind; text: in words; measure: which, if it is one.

    send: the type of event that closes it, where one does. dimension: of a division's gap.
    """

    code: str
    text: str
    measure: str | None = None
    send: str | None = None
    dimension: str | None = None


class DimensionRecord(Struct, frozen=True, gc=False):
    """What is recorded about one dimension by the date.

    level, reason: as the picture has them. quarters: the newest four, newest first; covered: how
    many. next_level: what the next level up needs first. warnings: how many are open.
    assurance: of all its events by the date.
    """

    dimension: str
    level: int | None
    reason: str | None
    evidence_age: Freshness
    last_event: LastEvent | None
    last_return: LastReturn | None
    quarters: tuple[QuarterSeen, ...]
    covered: int
    gaps: tuple[Gap, ...]
    next_level: Distance | None
    warnings: int
    assurance: tuple[AssuranceShare, ...]


def records(
    given: Context, levels: Mapping[str, Answer], warnings: Sequence[OpenWarning]
) -> tuple[DimensionRecord, ...]:
    """Return what is recorded about each dimension that the model has, in the model's order."""
    return tuple(_record(given, name, answer, warnings) for name, answer in levels.items())


def _record(
    given: Context, name: str, answer: Answer, warnings: Iterable[OpenWarning]
) -> DimensionRecord:
    found = seen(given, name)
    return DimensionRecord(
        dimension=name,
        level=answer.level,
        reason=answer.reason,
        evidence_age=answer.evidence_age,
        last_event=last_event(found.facts),
        last_return=found.last_return,
        quarters=found.quarters,
        covered=sum(quarter.by is not None for quarter in found.quarters),
        gaps=() if given.ended() else tuple(_gaps(given, name, answer, found)),
        next_level=answer.distance,
        warnings=sum(one.dimension == returned_as(name) for one in warnings),
        assurance=assurance(found.facts),
    )


def _gaps(given: Context, name: str, answer: Answer, found: Seen) -> Iterator[Gap]:
    if answer.reason == "unreadable":
        yield Gap("unreadable", "an event that it rests on cannot be read")
        return
    yield from _age(answer, found)
    yield from _OF_ONE[name](given) if name in _OF_ONE else ()
    missing = tuple(_missing(found.quarters)) if name in FLOWS and found.facts else ()
    if missing:
        yield _uncovered(missing)
    yield from _measures(answer, _COUNTED if missing else frozenset())
    if answer.reason == "no_cuts_for_this_edition_and_group":
        yield Gap("no_cuts", "the model has no cuts for this edition and benchmark group")


def _age(answer: Answer, found: Seen) -> Iterator[Gap]:
    age = answer.evidence_age
    if not found.facts and found.last_return is None:
        yield Gap("never_recorded", "nothing is recorded")
    elif age.state == "stale":
        text = f"the newest evidence is of {age.date}: too old since {age.stale_from}"
        yield Gap("evidence_too_old", text)
    elif age.state == "ageing":
        text = f"the newest evidence is of {age.date}: too old from {age.stale_from} on"
        yield Gap("evidence_ageing", text)


def _no_chief_executive(given: Context) -> Iterator[Gap]:
    """Yield that nobody is known in post since the last one left; before the first it is unknown.

    Where nobody was ever recorded, that is a measure not known.
    """
    posts = affairs(given).posts
    ends = [spell.end for spell in posts.of(CHIEF) if spell.end and spell.end <= given.on]
    if ends and not posts.in_post(CHIEF, given.on):
        text = f"no chief executive is known since {max(ends)}"
        yield Gap("no_chief_executive", text, "chief_executive_in_post", "LeaderAppointed")


def _no_census(given: Context) -> Iterator[Gap]:
    """Yield that practitioners were never counted, where their number is made from courses."""
    courses = any(skilled.facts(given, "StaffTrained", "practitioner"))
    if courses and skilled.newest_census(given, "practitioner") is None:
        text = "no census of practitioners is recorded: their number is told from courses alone"
        yield Gap("no_census", text, "practitioners", "SkillsCounted")


_OF_ONE: Final[Mapping[str, Callable[[Context], Iterator[Gap]]]] = {
    "leadership": _no_chief_executive,
    "skills_practitioner": _no_census,
}
"""Gaps that only one dimension has."""


def _missing(quarters: Sequence[QuarterSeen]) -> Iterator[str]:
    """Yield the quarters that nothing covers, the oldest first."""
    for one in reversed(quarters):
        if one.by is None:
            yield f"{one.financial_year} quarter {one.quarter}"


def _uncovered(missing: Sequence[str]) -> Gap:
    every = len(missing) == coverage.YEAR
    which = "any of the newest four quarters" if every else body_list(missing)
    text = f"neither a return nor an event covers {which}"
    return Gap("quarters_not_covered", text, send="ReturnMade")


def _measures(answer: Answer, but: frozenset[str]) -> Iterator[Gap]:
    """Yield what is not known, but for some measures; what reads the same is said once."""
    names = [name for name in answer.missing if name not in but]
    if answer.distance is not None and answer.distance.value is None:
        names.append(answer.distance.measure)
    told: set[str] = set()
    for name in names:
        wanted = MEASURES.get(name)
        words = wanted.words if wanted else name.replace("_", " ")
        if words not in told:
            told.add(words)
            yield Gap("not_known", f"not known: {words}", name, wanted.type if wanted else None)


__all__ = ["DimensionRecord", "Gap", "records"]
