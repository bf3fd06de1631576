"""Divisions without skilled people, by tier: question 6 of a lead.

Source: DOMAIN.md §2: divisions are those of the newest DivisionsSet; without one, nothing can be
told. A division is a hole of the introductory tier where it trained less than half of the trust's
share, of the others where the newest census has nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from service.projections.context import UnreadableAt
from service.projections.measure import Evidence, Measure, together
from service.projections.member_sections import Sections
from service.projections.skills_divisions import DivisionSkills

_TIERS: Final[tuple[tuple[str, Callable[[DivisionSkills], Measure]], ...]] = (
    ("introductory", lambda division: division.hole),
    ("practitioner", lambda division: division.practitioners),
    ("coach", lambda division: division.coaches),
    ("expert", lambda division: division.experts),
)


class TierHoles(Struct, frozen=True, gc=False):
    """Divisions without people of a tier, and those of which it cannot be told, by code."""

    tier: str
    holes: tuple[str, ...]
    unknown: tuple[str, ...]
    events: Evidence


class Holes(Struct, frozen=True, gc=False):
    """The holes of one trust. divisions: of its newest list; None when there is none."""

    divisions: int | None
    tiers: tuple[TierHoles, ...]


def holes(said: Sections) -> Holes:
    """Return a trust's holes; nothing where its skills cannot be read."""
    if isinstance(said.skills, UnreadableAt):
        return Holes(None, ())
    listed = said.skills.divisions
    tiers = tuple(_tier(name, figure, listed) for name, figure in _TIERS) if listed else ()
    return Holes(len(listed) or None, tiers)


def _tier(
    name: str, figure: Callable[[DivisionSkills], Measure], listed: Sequence[DivisionSkills]
) -> TierHoles:
    found = {division.code: figure(division) for division in listed}
    told = {code: _is_hole(item) for code, item in found.items()}
    return TierHoles(
        tier=name,
        holes=tuple(sorted(code for code, hole in told.items() if hole)),
        unknown=tuple(sorted(code for code, hole in told.items() if hole is None)),
        events=together(item.events for item in found.values()),
    )


def _is_hole(figure: Measure) -> bool | None:
    """Tell whether a figure says that a division is a hole; None when it cannot be told.

    Of people, none known is a hole and some is none; at least none tells nothing.
    """
    value = figure.value
    if value is None:
        return None
    if isinstance(value, bool):
        return value
    if not value and figure.status == "at_least":
        return None
    return not value


__all__ = ["Holes", "TierHoles", "holes"]
