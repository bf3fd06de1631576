"""The record of a trust by dimension: what is there, how old it is, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

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
from service.projections.levels import Answer, Distance, Freshness
from service.projections.senses.check import OpenWarning

_QUARTERS: Final = 4


class Gap(Struct, frozen=True, gc=False):
    """Something that is missing. code: its kind; text: in words; measure: which, if it is one.

    send: the type of event that closes it, where one does.
    """

    code: str
    text: str
    measure: str | None = None
    send: str | None = None


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
        gaps=() if given.ended() else tuple(_gaps(name, answer, found)),
        next_level=answer.distance,
        warnings=sum(one.dimension == returned_as(name) for one in warnings),
        assurance=assurance(found.facts),
    )


def _gaps(name: str, answer: Answer, found: Seen) -> Iterator[Gap]:
    if answer.reason == "unreadable":
        yield Gap("unreadable", "an event that it rests on cannot be read")
        return
    yield from _age(answer, found)
    if name in FLOWS:
        yield from _quarters(found.quarters)
    yield from _measures(answer)
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


def _quarters(quarters: Sequence[QuarterSeen]) -> Iterator[Gap]:
    missing = [f"{q.financial_year} quarter {q.quarter}" for q in reversed(quarters) if not q.by]
    if missing:
        said = "of no quarter" if len(missing) == _QUARTERS else f"not of {', '.join(missing)}"
        text = f"there is a return or an event {said} of the newest four"
        yield Gap("quarters_not_covered", text, send="ReturnMade")


def _measures(answer: Answer) -> Iterator[Gap]:
    names = list(answer.missing)
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
