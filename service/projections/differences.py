"""What differs between two readings of one trust: levels and measures, was and is.

For a file before it is recorded and for a trial: the same day, with and without their events.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from service.projections.contribution import Contribution
from service.projections.levels import Answer
from service.projections.measure import Measure, Status, Value

LEVEL = "level"
"""The name of a difference that is one of levels; no measure bears it."""


class Figure(Struct, frozen=True, gc=False):
    """A level or measure as one of the readings says it."""

    value: Value
    status: Status


class Difference(Struct, frozen=True, gc=False):
    """One figure that differs. measure: its name, or "level" for the dimension's level."""

    dimension: str
    measure: str
    unit: str
    was: Figure
    now: Figure


class TrustDifferences(Struct, frozen=True):
    """What differs for one trust, levels first."""

    code: str
    name: str | None
    differences: tuple[Difference, ...]


def differences(was: Contribution, now: Contribution) -> TrustDifferences:
    """Return what differs between two readings of a trust on one day, by one model."""
    return TrustDifferences(now.code, now.name, (*_levels(was, now), *_measures(was, now)))


def _levels(was: Contribution, now: Contribution) -> Iterator[Difference]:
    for dimension in sorted({*was.levels, *now.levels}):
        before, after = _level(was.levels.get(dimension)), _level(now.levels.get(dimension))
        if before != after:
            yield Difference(dimension, LEVEL, LEVEL, before, after)


def _level(answer: Answer | None) -> Figure:
    if answer is None or answer.level is None:
        return Figure(None, "unknown")
    return Figure(answer.level, "known")


def _measures(was: Contribution, now: Contribution) -> Iterator[Difference]:
    for dimension in sorted({*was.measures, *now.measures}):
        before, after = was.measures.get(dimension, {}), now.measures.get(dimension, {})
        for name in sorted({*before, *after}):
            old, new = _figure(before.get(name)), _figure(after.get(name))
            if old != new:
                unit = (after.get(name) or before[name]).unit
                yield Difference(dimension, name, unit, old, new)


def _figure(measure: Measure | None) -> Figure:
    return Figure(None, "unknown") if measure is None else Figure(measure.value, measure.status)


__all__ = ["LEVEL", "Difference", "Figure", "TrustDifferences", "differences"]
