"""Oversight: schemes that a trust is in, and the newest assessment of each framework."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, Struct

from service.projections.context import Context
from service.projections.history import Fact
from service.projections.ledger import Interval, intervals
from service.projections.measure import Evidence, Moment, evidence, moment

TYPES: Final = ("OversightStarted", "OversightEnded", "OversightAssessed")


class Scheme(Struct, frozen=True, gc=False):
    """A scheme of oversight that a trust is or was in by the date."""

    scheme: str
    domain: str
    start: Moment
    end: Moment | None
    live: bool
    events: Evidence


class Segment(Struct, frozen=True, gc=False):
    """The newest assessment under one framework."""

    framework: str
    financial_year: str
    quarter: int | None
    segment: int
    published: Moment
    events: Evidence


class Oversight(Struct, frozen=True, gc=False, tag_field="section", tag="oversight"):
    """Oversight on a date; never inherited by a successor."""

    schemes: tuple[Scheme, ...]
    segments: tuple[Segment, ...]


def oversight(given: Context) -> Oversight:
    """Return oversight on a date."""
    newest: dict[str, Fact] = {}
    for fact in given.own("OversightAssessed"):
        if fact.effective <= given.on:
            newest[fact.data.framework] = fact
    return Oversight(
        tuple(_scheme(item, given) for item in held(given) if item.start <= given.on),
        tuple(_segment(newest[name]) for name in sorted(newest)),
    )


def held(given: Context) -> tuple[Interval, ...]:
    """Return the times in which the trust was in a scheme, whenever."""
    return intervals(given.own("OversightStarted", "OversightEnded"))


def _scheme(item: Interval, given: Context) -> Scheme:
    """Return a scheme; the closing of the trust ends it too."""
    end = item.closed
    if given.closed and (item.end is None or given.closed.effective < item.end):
        end = given.closed
    known = end if end is not None and end.effective <= given.on else None
    return Scheme(
        scheme=item.opened.data.scheme,
        domain=item.opened.data.domain,
        start=moment(item.opened),
        end=moment(known) if known else None,
        live=known is None,
        events=evidence([item.opened, *([known] if known else [])]),
    )


def _segment(fact: Fact) -> Segment:
    data = fact.data
    return Segment(
        framework=data.framework,
        financial_year=data.financial_year,
        quarter=None if data.quarter is UNSET else data.quarter,
        segment=data.segment,
        published=moment(fact),
        events=evidence([fact]),
    )


__all__ = ["TYPES", "Oversight", "Scheme", "Segment", "held", "oversight"]
