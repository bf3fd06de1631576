"""Support: who helped a trust when, and how many of the last 36 months had help.

Source: MODEL.md §1, measures without a level (by kind of giver; requested against mandated).
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import UNSET, Struct

from service.domain import dates
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.measure import (
    Evidence,
    Measure,
    Moment,
    evidence,
    measure,
    moment,
    unknown,
)

TYPES: Final = ("SupportGiven",)
_MONTHS: Final = 36


class Support(Struct, frozen=True, gc=False):
    """One support. until: its last day as stated; live: within it on the date."""

    by: str
    by_kind: str
    kind: str
    mode: str
    start: Moment
    until: dt.date | None
    live: bool
    events: Evidence


class Supports(Struct, frozen=True, gc=False, tag_field="section", tag="support"):
    """Support up to a date; months of the last 36 with any, by kind of giver and by mode.

    All are lower bounds: what nobody recorded may have been given.
    """

    given: tuple[Support, ...]
    months: Measure
    months_by_giver: dict[str, Measure]
    months_by_mode: dict[str, Measure]


def support(given: Context) -> Supports:
    """Return support up to a date."""
    facts = [fact for fact in given.own(*TYPES) if fact.effective <= given.on]
    return Supports(
        tuple(_support(fact, given.on) for fact in facts),
        _any(facts, given.on),
        _by("by_kind", facts, given.on),
        _by("mode", facts, given.on),
    )


def _support(fact: Fact, on: dt.date) -> Support:
    until = None if fact.data.until is UNSET else fact.data.until
    return Support(
        by=fact.data.by,
        by_kind=fact.data.by_kind,
        kind=fact.data.kind,
        mode=fact.data.mode,
        start=moment(fact),
        until=until,
        live=until is not None and on <= until,
        events=evidence([fact]),
    )


def _by(member: str, facts: Iterable[Fact], on: dt.date) -> dict[str, Measure]:
    kinds: dict[str, list[Fact]] = {}
    for fact in facts:
        kinds.setdefault(getattr(fact.data, member), []).append(fact)
    return {
        kind: measure(_months(kinds[kind], on), "months", kinds[kind], "at_least")
        for kind in sorted(kinds)
    }


def _any(facts: Sequence[Fact], on: dt.date) -> Measure:
    if not facts:
        return unknown("months", "not_recorded")
    return measure(_months(facts, on), "months", facts, "at_least")


def _months(facts: Sequence[Fact], on: dt.date) -> int:
    """Return in how many of the last 36 months some support ran; without an end it ran a day."""
    ends = [dates.add_months(on, -count) for count in range(_MONTHS + 1)]
    # What ended before all of the months is looked at once and not in each of them.
    spans = [(fact.effective, last) for fact in facts if (last := _last(fact)) > ends[-1]]
    return sum(
        any(start <= month and last > before for start, last in spans)
        for month, before in itertools.pairwise(ends)
    )


def _last(fact: Fact) -> dt.date:
    last: dt.date = fact.effective if fact.data.until is UNSET else fact.data.until
    return last


__all__ = ["TYPES", "Support", "Supports", "support"]
