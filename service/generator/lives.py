"""Which lives an organisation leads: the usual ones, and those a thin history leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from service.generator import (
    board,
    connection,
    context,
    culture,
    funding,
    leaders,
    practice,
    register,
    returns,
    skills,
    strategy,
)
from service.generator.bodies import Life, System, Trust, later
from service.generator.months import Month

TrustLife = Callable[[Trust, Month], Life]
SystemLife = Callable[[System, Month], Life]

_MAKING_RETURNS: Final = 0.85
"""Of all trusts, those that make returns; the others are silent."""

_USUALLY: Final[tuple[TrustLife, ...]] = (
    register.staffed,
    partial(leaders.held, post="chair"),
    *(partial(leaders.held, post=post) for post in leaders.EXECUTIVES[:4]),
    leaders.composed,
    culture.surveyed,
    skills.trained,
    *(partial(skills.counted, tier=tier) for tier in skills.COUNTED),
    skills.board_trained,
    funding.team_money,
    board.reviewed,
    board.developed,
    strategy.strategies,
    connection.meetings,
    practice.projects,
    context.rated,
    register.changed,
)
_OFTEN: Final[tuple[TrustLife, ...]] = (
    *(partial(leaders.held, post=post) for post in leaders.EXECUTIVES[4:]),
    *(leaders.non_executive for _ in range(leaders.NON_EXECUTIVES)),
    leaders.extended,
    culture.asked,
    culture.ties,
    culture.involved,
    partial(skills.counted, tier="introductory"),
    skills.left,
    skills.deployed,
    skills.team,
    funding.training_money,
    strategy.programmes,
    strategy.ambitions,
    connection.networks,
    connection.helping,
    practice.habits,
    context.parts_rated,
    context.assessed,
    context.overseen,
    context.supported,
    context.reflected,
    register.paid,
    returns.shared,
)
_OF_SYSTEMS: Final[tuple[SystemLife, ...]] = (
    funding.shared_money,
    board.developed,
    board.looked,
    strategy.shared_strategy,
    strategy.ambitions,
    connection.seminars,
    connection.networks,
    context.system_supported,
    returns.returned,
)
Small = Callable[[Trust, Month], None]

# The small events that fill a history: each tells one event, and takes these shares of them where
# a trust does poorly, ordinarily and well.
_SMALL: Final[tuple[tuple[Small, float, float, float], ...]] = (
    (skills.cohort, 0.5, 0.36, 0.16),
    (practice.started, 0.08, 0.14, 0.28),
    (practice.completed, 0.08, 0.14, 0.28),
    (connection.met, 0.06, 0.1, 0.1),
    (practice.learning, 0.09, 0.09, 0.06),
    (practice.adopted, 0.03, 0.03, 0.03),
    (practice.routine, 0.04, 0.04, 0.03),
    (skills.leavers, 0.05, 0.04, 0.02),
    (connection.offered, 0.01, 0.02, 0.02),
    (connection.requested, 0.03, 0.02, 0.01),
    (context.support, 0.03, 0.02, 0.01),
)
_MIXES: Final = tuple(tuple((event, shares[at]) for event, *shares in _SMALL) for at in range(3))


def small(trust: Trust, month: Month, count: int) -> None:
    """Have so many small events happen to a trust in a month."""
    mix = _MIXES[(trust.quality > 0.35) + (trust.quality > 0.62)]
    trust.cohorts_a_year = 12 * count * mix[0][1]
    weighted = trust.chance.weighted
    for _ in range(count):
        weighted(mix)(trust, month)


def of_trust(trust: Trust, month: Month, detail: float) -> Iterator[Life]:
    """Return the lives of a trust; detail: the share of the lesser ones."""
    usual = min(1.0, 2.5 * detail)
    yield register.divided(trust, month)
    for share, lives in ((usual, _USUALLY), (detail, _OFTEN)):
        for life in lives:
            if trust.chance.likely(share):
                yield life(trust, month)
    for commitment, share in board.COMMITMENTS:
        if trust.chance.likely(share * usual):
            yield board.committed(trust, month, commitment)
    if trust.chance.likely(_MAKING_RETURNS * usual):
        yield returns.returned(trust, month)


def of_system(system: System, month: Month, detail: float) -> Iterator[Life]:
    """Return the lives of a system; detail: the share of them."""
    for life in _OF_SYSTEMS:
        if system.chance.likely(detail):
            yield life(system, month)


def of_later_system(system: System, wait: int) -> Iterator[Life]:
    """Return the lives of a system that is established some months later."""
    for life in _OF_SYSTEMS:
        yield later(partial(life, system), wait)


__all__ = ["of_later_system", "of_system", "of_trust", "small"]
