"""How often somebody may do something: a bucket each, in the memory of this process.

The buckets are kept as the instants at which each will be full again, so that one number is all
there is of somebody, and who has not asked for a while is forgotten without a loss. Source of the
way of counting: ITU-T I.371, generic cell rate algorithm.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from msgspec import Struct

WINDOW: Final = 60
"""Seconds in which an empty bucket fills."""
MOST: Final = 20_000
"""Buckets that are kept, some 3 MB; beyond, the one that was used longest ago is forgotten."""


class Spent(Struct, frozen=True):
    """What became of asking. left: how many more may be asked for at once.

    full_in: seconds until the bucket is full. wait: seconds until what was refused would be
    granted; 0 where it was.
    """

    policy: bytes
    quota: int
    left: int
    full_in: int
    wait: int


class Limit:
    """Buckets of one size, each of which fills in a minute."""

    def __init__(
        self, policy: bytes, quota: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """policy: its name in `RateLimit`. quota: what a full bucket holds."""
        self._policy = policy
        self._quota = quota
        self._clock = clock
        self._each = WINDOW / quota
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def spend(self, who: str, weight: int = 1) -> Spent:
        """Take from somebody's bucket, or say how long to wait; a refusal takes nothing."""
        now = self._clock()
        before = max(self._full_at.get(who, now), now)
        after = before + min(weight, self._quota) * self._each
        if after - now > WINDOW + 1e-6:
            return self._told(before - now, after - now - WINDOW)
        self._full_at[who] = after
        self._full_at.move_to_end(who)
        if len(self._full_at) > MOST:
            self._full_at.popitem(last=False)
        return self._told(after - now, 0)

    def wait(self, who: str) -> Spent:
        """Say how somebody's bucket stands, and take nothing."""
        now = self._clock()
        until_full = max(self._full_at.get(who, now) - now, 0)
        return self._told(until_full, max(until_full + self._each - WINDOW - 1e-6, 0))

    def __len__(self) -> int:
        """Return how many buckets are kept."""
        return len(self._full_at)

    def _told(self, until_full: float, wait: float) -> Spent:
        left = int((WINDOW - until_full) / self._each + 1e-6)
        return Spent(self._policy, self._quota, left, math.ceil(until_full), math.ceil(wait))


__all__ = ["MOST", "WINDOW", "Limit", "Spent"]
