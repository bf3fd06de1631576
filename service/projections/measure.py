"""Figures as answers say them: value, unit, how sure, and the positions behind them.

Sources: CONVENTIONS.md 3 (about) and 12 (measures), MODEL.md §5.4 (bands of rounded counts).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType, structs

from service.domain.dates import Precision
from service.domain.disclosure import is_rounded
from service.projections.history import Fact

MOST_POSITIONS: Final = 100
_BRIEF: Final = 10
_PEOPLE: Final = frozenset({"people", "completions"})
"""Units of what is rounded: with one of them, a figure is the sum of its facts' people."""
_BAND: Final = 4
_FEW: Final = 10
NOT_ASSESSABLE: Final = "not_assessable_here"
"""Why a figure is unknown that rests on parts, to a reader who does not get them."""
Status = Literal["known", "estimated", "at_least", "at_most", "unknown", "withheld"]
Value = bool | int | float | str | None
_SIDE: Final[Mapping[str, int]] = {"at_least": 1, "at_most": -1}
"""Of a bound: where the true figure may lie, above or below."""


class Evidence(Struct, frozen=True, gc=False):
    """The events behind a figure: how many, the first hundred positions, where to read them.

    disputed: positions of the disputes of them that are open, where there are any.
    """

    count: int = 0
    first: tuple[int, ...] = ()
    href: str | None = None
    disputed: tuple[int, ...] | UnsetType = UNSET


class Moment(Struct, frozen=True, gc=False):
    """A day with how exactly it is known; a month or a year is said as "about"."""

    date: dt.date
    precision: Precision = "day"
    certain: bool = True


class Measure(Struct, frozen=True, omit_defaults=True, gc=False):
    """A figure with a unit; about: it rests on a date known only to the month or year.

    band: of a figure that rests on rounded counts: 95 of 100 times the exact one lies within so
    much of it. shown: how such a figure is said. Both are left out where counts are exact.
    """

    value: Value
    unit: str
    status: Status
    events: Evidence
    reason: str | UnsetType = UNSET
    about: bool = False
    disputed: tuple[int, ...] = ()
    band: float = 0
    shown: str = ""


def evidence(facts: Iterable[Fact]) -> Evidence:
    """Return the positions of originals and of the corrections that count, in order."""
    positions: set[int] = set()
    disputed: set[int] = set()
    for fact in facts:  # not by `fact.positions`: a picture asks some thousand times
        positions.add(fact.position)
        if fact.corrected_by is not None:
            positions.add(fact.corrected_by)
        if fact.disputed:
            disputed.update(fact.disputed)
    found = _of_positions(positions)
    return _disputed(found, disputed) if disputed else found


def brief(given: Measure) -> Measure:
    """Return a figure with the first ten positions: where many stand side by side.

    The trust's own picture has up to a hundred of each.
    """
    if len(given.events.first) <= _BRIEF:
        return given
    events = _evidence(given.events.first[:_BRIEF], given.events.count)
    return structs.replace(given, events=_disputed(events, given.events.disputed or ()))


def moment(fact: Fact) -> Moment:
    """Return the day of a fact with its precision."""
    return Moment(fact.effective, fact.precision, fact.certain)


def measure(value: Value, unit: str, facts: Iterable[Fact], status: Status = "known") -> Measure:
    """Return a figure that rests on facts."""
    positions: set[int] = set()
    disputed: set[int] = set()
    about, units = False, 0
    for fact in facts:  # one pass: some figures rest on thousands
        positions.add(fact.position)
        if fact.corrected_by is not None:
            positions.add(fact.corrected_by)
        if fact.disputed:
            disputed.update(fact.disputed)
        if fact.precision != "day" or not fact.certain:
            about = True
        if fact.rounded:
            units += is_rounded(fact.data)
    events = _of_positions(positions)
    doubted = tuple(sorted(disputed))
    if doubted:
        events = _disputed(events, doubted)
    made = Measure(value, unit, status, events, about=about, disputed=doubted)
    return banded(made, _width(units)) if units and unit in _PEOPLE else made


def band(facts: Iterable[Fact]) -> float:
    """Return the band of a sum of people of facts: 4·√units; a unit is one rounded figure."""
    return _width(sum(fact.rounded and is_rounded(fact.data) for fact in facts))


def _width(units: int) -> float:
    return round(_BAND * math.sqrt(units), 1)


def banded(given: Measure, width: float) -> Measure:
    """Return a figure with its band, and as it is said with it; as it is where there is none."""
    if width == given.band or not isinstance(given.value, int | float):
        return given
    shown = _shown(given.value, given.unit, width) if width else ""
    return structs.replace(given, band=width, shown=shown)


def _shown(value: float, unit: str, width: float) -> str:
    if unit in _PEOPLE:
        few = f"fewer than {_FEW}"
        return few if value < _FEW else f"about {value:,.0f} (± {width:,.0f})"
    sign = " %" if unit == "percent" else ""
    return f"about {value:,.1f}{sign} (± {width:,.1f})"


def not_told(unit: str, facts: Iterable[Fact]) -> Measure:
    """Return that a figure is withheld: too few answered for this reader to see it."""
    return Measure(None, unit, "withheld", evidence(facts), reason=f"fewer_than_{_FEW}_answered")


def not_assessable(unit: str, facts: Iterable[Fact]) -> Measure:
    """Return that a figure rests on parts, which this reader does not get."""
    return unknown(unit, NOT_ASSESSABLE, facts)


def unknown(unit: str, reason: str, facts: Iterable[Fact] = ()) -> Measure:
    """Return that a figure is not known, and why."""
    return Measure(None, unit, "unknown", evidence(facts), reason=reason)


def ratio(part: Measure, whole: Measure, unit: str, times: float = 1) -> Measure:
    """Return part ÷ whole, `times` of it, to four decimals; a bound of either bounds the ratio.

    Unknown when one of them is, when the whole is nought, or when the bounds point both ways.
    """
    for given in (part, whole):
        if given.value is None:
            return _merged(None, unit, "unknown", (part, whole), given.reason)
    if not whole.value:
        return _merged(None, unit, "unknown", (part, whole), "whole_is_nought")
    value = round(times * float(part.value or 0) / float(whole.value), 4)
    sides = {_SIDE.get(part.status, 0), -_SIDE.get(whole.status, 0)} - {0}
    made = _bounded(value, unit, (part, whole), sides)
    return banded(made, _band_of_ratio(value, part, whole, times))


def _band_of_ratio(value: float, part: Measure, whole: Measure, times: float) -> float:
    """Return the band of a quotient: of its part, and of its whole where that is rounded too."""
    below = float(whole.value or 1)
    return round(math.hypot(times * part.band / below, value * whole.band / below), 4)


def total(parts: Sequence[Measure], unit: str) -> Measure:
    """Return the sum of figures; at least, when some are unknown; unknown when all are."""
    known = [part for part in parts if part.value is not None]
    if not known:
        reason = parts[0].reason if parts else "not_recorded"
        return _merged(None, unit, "unknown", parts, reason)
    value = round(sum(float(part.value or 0) for part in known), 2)
    sides = {_SIDE.get(part.status, 0) for part in known} - {0}
    if len(known) < len(parts):
        sides = sides | {1}
    whole = int(value) if value.is_integer() else value
    made = _bounded(whole, unit, known, sides)
    return banded(made, round(math.hypot(*(part.band for part in known)), 1))


def _bounded(value: float, unit: str, parts: Sequence[Measure], sides: set[int]) -> Measure:
    if len(sides) > 1:
        return _merged(None, unit, "unknown", parts, "bounds_point_both_ways")
    status: Status = "known"
    if any(part.status == "estimated" for part in parts):
        status = "estimated"
    if sides:
        status = "at_least" if sides == {1} else "at_most"
    return _merged(value, unit, status, parts, UNSET)


def _merged(
    value: Value, unit: str, status: Status, parts: Sequence[Measure], reason: str | UnsetType
) -> Measure:
    """Return a figure that rests on others: all their positions, disputes and abouts."""
    disputed = tuple(sorted({position for part in parts for position in part.disputed}))
    about = any(part.about for part in parts)
    events = together(part.events for part in parts)
    return Measure(value, unit, status, events, reason, about, disputed)


def together(parts: Iterable[Evidence]) -> Evidence:
    """Return what several figures rest on; what two of them share is counted once where seen."""
    found = tuple(parts)
    seen = sorted({position for part in found for position in part.first})
    whole = all(part.count == len(part.first) for part in found)
    count = len(seen) if whole else sum(part.count for part in found)
    events = _evidence(tuple(seen[:MOST_POSITIONS]), count)
    return _disputed(events, {place for part in found for place in part.disputed or ()})


def _of_positions(positions: set[int]) -> Evidence:
    if len(positions) == 1:  # of half of all figures
        return _evidence(tuple(positions), 1)
    in_order = sorted(positions)
    return _evidence(tuple(in_order[:MOST_POSITIONS]), len(in_order))


def _evidence(first: tuple[int, ...], count: int) -> Evidence:
    href = f"/api/v1/events?positions={','.join(map(str, first))}" if first else None
    return Evidence(count, first, href)


def _disputed(events: Evidence, found: Collection[int]) -> Evidence:
    return structs.replace(events, disputed=tuple(sorted(found))) if found else events


__all__ = [
    "NOT_ASSESSABLE", "Evidence", "Measure", "Moment", "band", "banded", "brief", "evidence",
    "measure", "moment", "not_assessable", "not_told", "ratio", "together", "total", "unknown",
]  # fmt: skip
