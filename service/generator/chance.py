"""Chance: what is drawn for one organisation, the same for the same seed and code."""

from __future__ import annotations

import datetime as dt
import math
import random
import uuid
from collections.abc import Sequence
from typing import Final, TypeVar

from service.generator.months import Month

T = TypeVar("T")

_RANDOM_BITS: Final = ~((0xF << 76) | (0x3 << 62))
_OWN_VERSION: Final = (0x8 << 76) | (0x2 << 62)
"""Version 8 of RFC 9562, for ids made in a way of one's own; never 4, whose bits nobody chose."""


class Chance(random.Random):
    """A stream of draws of its own, so that one organisation's life does not move another's."""

    def one_of(self, items: Sequence[T]) -> T:
        """Return one of the items, each as likely."""
        return items[int(self.random() * len(items))]

    def weighted(self, table: Sequence[tuple[T, float]]) -> T:
        """Return an item of a table of (item, share); the shares add up to 1."""
        left = self.random()
        for item, share in table:
            left -= share
            if left < 0:
                return item
        return table[-1][0]

    def likely(self, share: float) -> bool:
        """Tell whether something happens that does so in this share of cases."""
        return self.random() < share

    def between(self, low: int, high: int) -> int:
        """Return a whole number, both ends included."""
        return low + int(self.random() * (high - low + 1))

    def near(self, mean: float) -> int:
        """Return a whole number within half of the mean either way, at least 1."""
        return max(1, round(mean * (0.5 + self.random())))

    def wait(self, mean: float) -> int:
        """Return months until something that happens once in so many months; at least 1."""
        return max(1, round(-mean * math.log(1 - self.random())))

    def lasting(self, median: float) -> int:
        """Return months that something lasts: half of them less than the median; at least 1."""
        return max(1, round(median * math.exp(0.7 * self.gauss(0, 1))))

    def day(self, month: Month) -> dt.date:
        """Return a day of a month."""
        return month.days[int(self.random() * len(month.days))]

    def id(self) -> uuid.UUID:
        """Return the id of an event."""
        return uuid.UUID(int=self.getrandbits(128) & _RANDOM_BITS | _OWN_VERSION)

    def person(self) -> str:
        """Return an opaque reference to a person."""
        return f"p-{self.getrandbits(40):010x}"
