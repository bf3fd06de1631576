"""What is asked of the generator, and how much history that makes."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from service.generator.months import MOST

_FULL: Final = 12
"""Events that an ordinary trust's month holds."""
_THIN: Final = 4
"""Events of a month where few were asked for."""
_BEFORE: Final = 26
"""Events that tell of a trust before its history begins."""
_BARE: Final = 4
"""Of them, those without which it would not be there."""
_SHORTEST: Final = 36
"""Months below which a history is thinned rather than shortened: three years show most levels."""


class Plan(Struct, frozen=True):
    """seed: the same gives the same bytes. late: share of events recorded out of order, 0 to 1."""

    seed: int
    trusts: int
    events: int
    late: float = 0.1


def length(plan: Plan) -> int:
    """Return how many months the history has."""
    each = plan.events / plan.trusts
    if each / _FULL >= _SHORTEST:
        return min(MOST, int(each / _FULL))
    return max(1, min(_SHORTEST, int(each / _THIN)))


def detail(plan: Plan) -> float:
    """Return the share of what could be told that is told, 0 to 1."""
    each = plan.events / plan.trusts - _BARE
    return min(1.0, max(0.0, each / (length(plan) * _FULL + _BEFORE)))


__all__ = ["Plan", "detail", "length"]
