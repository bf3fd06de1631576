"""The record of a trust by division: what names it, and in which dimensions nothing does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from service.domain import dates
from service.domain.register import BY_NAME
from service.projections.completeness_dimensions import Gap
from service.projections.completeness_seen import LastEvent, last_event
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.size import listed

_LISTS: Final = ("SharedLeadershipExtended", "InvolvementAgreed", "ConnectionMade",
                 "ProjectStarted", "ManagementRoutineStarted")  # fmt: skip
_PARTS: Final = ("StaffTrained", "SkillsCounted", "TrainedStaffLeft", "WorkforceCounted")
_ASKED: Final[Mapping[str, str]] = {
    "skills": "StaffTrained", "connection": "ConnectionMade", "practice": "ProjectStarted",
}  # fmt: skip
"""Dimensions that name divisions as they go on, and the type of event that does."""
_YEAR: Final = 12


class Named(Struct, frozen=True, gc=False):
    """The newest event of one part of the catalogue that names a division."""

    dimension: str
    last_event: LastEvent


class DivisionRecord(Struct, frozen=True, gc=False):
    """What names one division by the date. dimensions: by part of the catalogue."""

    code: str
    name: str
    last_event: LastEvent | None
    dimensions: tuple[Named, ...]
    gaps: tuple[Gap, ...]


def divisions(given: Context) -> tuple[DivisionRecord, ...]:
    """Return what names each division of the newest list; none where no list is recorded."""
    found: dict[str, dict[str, list[Fact]]] = {}
    for fact in given.own(*_LISTS, *_PARTS):
        if fact.effective <= given.on:
            for code in _named(fact):
                parts = found.setdefault(code, {})
                parts.setdefault(BY_NAME[fact.type].part, []).append(fact)
    return tuple(
        _record(given, division.code, division.name, found.get(division.code, {}))
        for division in listed(given)
    )


def _named(fact: Fact) -> set[str]:
    if fact.type in _LISTS:
        return set(fact.data.divisions or ())
    return {part.division for part in fact.data.by or () if part.division}


def _record(
    given: Context, code: str, name: str, parts: Mapping[str, list[Fact]]
) -> DivisionRecord:
    newest = ((part, last_event(facts)) for part, facts in parts.items())
    return DivisionRecord(
        code=code,
        name=name,
        last_event=last_event(fact for facts in parts.values() for fact in facts),
        dimensions=tuple(sorted((Named(p, e) for p, e in newest if e), key=_dimension)),
        gaps=() if given.ended() else tuple(_gaps(given, parts)),
    )


def _dimension(named: Named) -> str:
    return named.dimension


def _gaps(given: Context, parts: Mapping[str, list[Fact]]) -> Iterator[Gap]:
    after = dates.add_months(given.on, -_YEAR)
    for part, kind in _ASKED.items():
        if not any(fact.effective > after for fact in parts.get(part, ())):
            text = f"no event of the last 12 months on {part} names it"
            yield Gap("division_not_named", text, send=kind, dimension=part)


__all__ = ["DivisionRecord", "Named", "divisions"]
