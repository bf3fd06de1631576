"""The spread of a figure over organisations that compare fairly: its five points, and no order.

The members of a system are all there are and no sample, so quartiles lie within what was seen
(`statistics.quantiles`, inclusive). Bounds are not spread: where a figure lies is not known.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from service.projections.measure import Measure

_EXACT: Final = frozenset({"known", "estimated"})


class Spread(Struct, frozen=True, gc=False):
    """Five points over known and estimated figures, in the figure's own unit, to four decimals.

    among: which organisations were compared; None is all that are hosted.
    """

    among: str | None
    figures: int
    least: float
    lower_quartile: float
    median: float
    upper_quartile: float
    greatest: float


def spread(figures: Iterable[Measure], among: str | None = None) -> Spread | None:
    """Return the spread of figures; None when none of them is a number that is known."""
    values = [value for figure in figures if (value := number(figure)) is not None]
    if not values:
        return None
    low, middle, high = _quartiles(values)
    return Spread(among, len(values), min(values), low, middle, high, max(values))


def number(figure: Measure) -> float | None:
    """Return a figure's value when it is a number, known or estimated; yes and no are none."""
    value = figure.value
    if figure.status not in _EXACT or isinstance(value, bool | str | None):
        return None
    return value


def _quartiles(values: list[float]) -> tuple[float, float, float]:
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return round(low, 4), round(middle, 4), round(high, 4)


__all__ = ["Spread", "number", "spread"]
