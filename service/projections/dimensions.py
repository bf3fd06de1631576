"""The dimensions of a trust's picture: one line each, with the types that it reads."""

from __future__ import annotations

from typing import Final

from service.projections import (
    connection,
    culture,
    funding,
    leadership,
    maturity,
    oversight,
    practice,
    ratings,
    strategy,
    support,
)  # fmt: skip
from service.projections.connection_level import connection_level
from service.projections.context import Context, Dimension
from service.projections.levelled import culture_level, leadership_level
from service.projections.practice_level import practice_level


def _leadership(given: Context) -> leadership.Leadership:
    return leadership.leadership(leadership.affairs(given))


LEADERSHIP: Final = Dimension(
    "leadership", leadership.TYPES, _leadership, inherits=False, level=leadership_level
)
CULTURE: Final = Dimension(
    "culture", culture.TYPES, culture.culture, inherits=False, level=culture_level
)
STRATEGY: Final = Dimension("strategy", strategy.TYPES, strategy.strategy, inherits=True)
CONNECTION: Final = Dimension(
    "connection", connection.TYPES, connection.connection, inherits=True, level=connection_level
)
PRACTICE: Final = Dimension(
    "practice", practice.TYPES, practice.practice, inherits=True, level=practice_level
)
FUNDING: Final = Dimension("funding", funding.TYPES, funding.funding, inherits=True)
SUPPORT: Final = Dimension("support", support.TYPES, support.support, inherits=False)
OVERSIGHT: Final = Dimension("oversight", oversight.TYPES, oversight.oversight, inherits=False)
RATINGS: Final = Dimension("ratings", ratings.TYPES, ratings.ratings, inherits=True)
MATURITY: Final = Dimension("self_assessment", maturity.TYPES, maturity.maturity, inherits=False)

DIMENSIONS: Final = (
    LEADERSHIP, CULTURE, STRATEGY, CONNECTION, PRACTICE, FUNDING, SUPPORT, OVERSIGHT, RATINGS,
    MATURITY,
)  # fmt: skip

__all__ = [
    "CONNECTION", "CULTURE", "DIMENSIONS", "FUNDING", "LEADERSHIP", "MATURITY", "OVERSIGHT",
    "PRACTICE", "RATINGS", "STRATEGY", "SUPPORT",
]  # fmt: skip
