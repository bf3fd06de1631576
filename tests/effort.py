"""How much is tried: enough to notice in an ordinary run, much more where it is asked for.

HYPOTHESIS_PROFILE=long tries laws on TIMES as many examples; what else asks `tried`, as often.
"""

from __future__ import annotations

import os

from hypothesis import settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ordinary")
TIMES = {"ordinary": 1, "long": 10}[PROFILE]


def tried(ordinarily: int) -> int:
    """Return how often something is tried in this run."""
    return ordinarily * TIMES


settings.register_profile(PROFILE, max_examples=tried(settings.default.max_examples))
settings.load_profile(PROFILE)
