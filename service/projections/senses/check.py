"""What a sense check is, what it finds, and how that is said.

A check is data and a pure function: it changes no picture and refuses nothing. What it finds holds
for a history as known; putting the event right is what closes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from service.domain.register import BY_NAME
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.measure import MOST_POSITIONS

_SHOWN: Final = {"day": 10, "month": 7, "year": 4}
"""Characters of an ISO date that are known, by precision."""


class Finding(Struct, frozen=True, gc=False):
    """What one check found. facts: those it is about, the one to be looked at first; text: why."""

    facts: tuple[Fact, ...]
    text: str


class Check(Struct, frozen=True, gc=False):
    """A sense check. rule: what is usual. way_out: what to do about it, or that nothing need be."""

    code: str
    rule: str
    way_out: str
    find: Callable[[Context], Iterator[Finding]]


class OpenWarning(Struct, frozen=True, gc=False):
    """A warning that holds: it closes when what it is about is corrected or retracted.

    code: of the check. organisation: in whose stream the first of the events stands.
    type, dimension: of that event; the part of the catalogue. positions: of all events that it is
    about, originals and the corrections that count. href: where to read them.
    """

    code: str
    organisation: str
    type: str
    dimension: str
    positions: tuple[int, ...]
    href: str
    text: str
    rule: str
    way_out: str


def opened(check: Check, found: Finding) -> OpenWarning:
    """Return what a check found as a warning."""
    first = found.facts[0]
    positions = tuple(sorted({place for fact in found.facts for place in fact.positions}))
    shown = ",".join(map(str, positions[:MOST_POSITIONS]))
    return OpenWarning(
        code=check.code,
        organisation=first.organisation,
        type=first.type,
        dimension=BY_NAME[first.type].part,
        positions=positions,
        href=f"/api/v1/events?positions={shown}",
        text=found.text,
        rule=check.rule,
        way_out=check.way_out,
    )


def said(fact: Fact) -> str:
    """Return an event in its type's own words."""
    return BY_NAME[fact.type].text(fact.data)


def when(fact: Fact) -> str:
    """Return the day of a fact as exactly as it is known: 2026-04-01, 2026-04 or 2026."""
    return fact.effective.isoformat()[: _SHOWN[fact.precision]]


__all__ = ["Check", "Finding", "OpenWarning", "opened", "said", "when"]
