"""Figures as answers say them: value, unit, how sure, and the positions behind them.

Sources: CONVENTIONS.md 3 (about) and 12 (measures).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType

from service.domain.dates import Precision
from service.projections.history import Fact

MOST_POSITIONS: Final = 100
Status = Literal["known", "estimated", "at_least", "at_most", "unknown", "withheld"]
Value = bool | int | float | str | None


class Evidence(Struct, frozen=True, gc=False):
    """The events behind a figure: how many, the first hundred positions, where to read them."""

    count: int = 0
    first: tuple[int, ...] = ()
    href: str | None = None


class Moment(Struct, frozen=True, gc=False):
    """A day with how exactly it is known; a month or a year is said as "about"."""

    date: dt.date
    precision: Precision = "day"
    certain: bool = True


class Measure(Struct, frozen=True, omit_defaults=True, gc=False):
    """A figure with a unit; about: it rests on a date known only to the month or year."""

    value: Value
    unit: str
    status: Status
    events: Evidence
    reason: str | UnsetType = UNSET
    about: bool = False
    disputed: tuple[int, ...] = ()


def evidence(facts: Iterable[Fact]) -> Evidence:
    """Return the positions of originals and of the corrections that count, in order."""
    positions = sorted({position for fact in facts for position in fact.positions})
    first = tuple(positions[:MOST_POSITIONS])
    href = f"/api/v1/events?positions={','.join(map(str, first))}" if first else None
    return Evidence(len(positions), first, href)


def moment(fact: Fact) -> Moment:
    """Return the day of a fact with its precision."""
    return Moment(fact.effective, fact.precision, fact.certain)


def measure(value: Value, unit: str, facts: Iterable[Fact], status: Status = "known") -> Measure:
    """Return a figure that rests on facts."""
    basis = tuple(facts)
    disputed = tuple(sorted({position for fact in basis for position in fact.disputed}))
    about = any(fact.precision != "day" or not fact.certain for fact in basis)
    return Measure(value, unit, status, evidence(basis), about=about, disputed=disputed)


def unknown(unit: str, reason: str, facts: Iterable[Fact] = ()) -> Measure:
    """Return that a figure is not known, and why."""
    return Measure(None, unit, "unknown", evidence(facts), reason=reason)


__all__ = ["Evidence", "Measure", "Moment", "evidence", "measure", "moment", "unknown"]
