"""The dimensions of a trust's picture: one line each, with the types that it reads."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final, TypeVar

from service.domain.model import Model
from service.domain.register import BY_NAME
from service.projections import (
    agreements,
    board,
    connection,
    culture,
    funding,
    leadership,
    maturity,
    not_crowded_out,
    oversight,
    practice,
    ratings,
    shared_leadership,
    skills,
    strategy,
    support,
)  # fmt: skip
from service.projections.board_level import board_level
from service.projections.connection_level import connection_level
from service.projections.context import Context, Dimension, once, unreadable
from service.projections.funding_level import funding_level
from service.projections.ledger import ledger_of
from service.projections.levelled import culture_level, leadership_level
from service.projections.levels import Answer, Freshness, nothing
from service.projections.practice_level import practice_level
from service.projections.reuse import EVERYWHERE, groups, registers
from service.projections.skills_level import (
    coach_expert_level,
    introductory_level,
    practitioner_level,
)
from service.projections.strategy_level import strategy_level

T = TypeVar("T")


def _leadership(given: Context) -> leadership.Leadership:
    return leadership.leadership(leadership.affairs(given))


LEADERSHIP: Final = Dimension(
    "leadership", leadership.TYPES, _leadership, inherits=False, level=leadership_level
)
CULTURE: Final = Dimension(
    "culture", culture.TYPES, culture.culture, inherits=False, level=culture_level
)
SKILLS: Final = Dimension("skills", skills.TYPES, skills.skills, inherits=True)
INTRODUCTORY: Final = Dimension(
    "skills_introductory",
    skills.INTRODUCTORY,
    skills.skills,
    inherits=True,
    level=introductory_level,
)
PRACTITIONER: Final = Dimension(
    "skills_practitioner",
    skills.PRACTITIONER,
    skills.skills,
    inherits=True,
    level=practitioner_level,
)
COACH_EXPERT: Final = Dimension(
    "skills_coach_expert",
    skills.COACH_EXPERT,
    skills.skills,
    inherits=True,
    level=coach_expert_level,
)
STRATEGY: Final = Dimension(
    "strategy",
    strategy.TYPES,
    strategy.strategy,
    inherits=True,
    level=strategy_level,
    also=leadership.TYPES,
)
CONNECTION: Final = Dimension(
    "connection",
    (*connection.TYPES, "DivisionsSet", "TrustJoinedSystem", "TrustLeftSystem"),
    connection.connection,
    inherits=True,
    level=connection_level,
)
PRACTICE: Final = Dimension(
    "practice",
    (*practice.TYPES, "WorkforceCounted"),
    practice.practice,
    inherits=True,
    level=practice_level,
)
FUNDING: Final = Dimension(
    "funding",
    funding.TYPES,
    funding.funding,
    inherits=True,
    level=funding_level,
    others=agreements.funders,
)
BOARD: Final = Dimension("board", board.TYPES, board.board, inherits=False, level=board_level)
SUPPORT: Final = Dimension("support", support.TYPES, support.support, inherits=False)
SHARED_LEADERSHIP: Final = Dimension(
    "shared_leadership",
    (*shared_leadership.TYPES, "DivisionsSet"),
    shared_leadership.shared_leadership,
    inherits=False,
)
NOT_CROWDED_OUT: Final = Dimension(
    "not_crowded_out",
    not_crowded_out.TYPES,
    not_crowded_out.not_crowded_out,
    inherits=True,
    others=agreements.funders,
)
OVERSIGHT: Final = Dimension("oversight", oversight.TYPES, oversight.oversight, inherits=False)
RATINGS: Final = Dimension("ratings", ratings.TYPES, ratings.ratings, inherits=True)
MATURITY: Final = Dimension("self_assessment", maturity.TYPES, maturity.maturity, inherits=False)

DIMENSIONS: Final = (
    LEADERSHIP, CULTURE,
    SKILLS, INTRODUCTORY, PRACTITIONER, COACH_EXPERT,
    STRATEGY, CONNECTION, PRACTICE, FUNDING, BOARD, SUPPORT, SHARED_LEADERSHIP,
    NOT_CROWDED_OUT, OVERSIGHT, RATINGS, MATURITY,
)  # fmt: skip


def levels(given: Context, model: Model) -> dict[str, Answer]:
    """Return the level of each dimension that has one, by name."""
    found: dict[str, Answer] = {}
    for dimension in DIMENSIONS:
        rules = model.rules(dimension.name)
        if dimension.level is None or rules is None:
            continue
        if unreadable(dimension, given):
            found[dimension.name] = nothing("unreadable", Freshness(None, None, "none", None))
        else:
            make = functools.partial(dimension.level, given, rules)
            found[dimension.name] = reused(given, dimension, model.full_name, make)
    return found


def reused(given: Context, dimension: Dimension, what: str, make: Callable[[], T]) -> T:
    """Return what a dimension makes, made before if all that it reads is the same."""
    if given.reuse is None:
        return make()
    key = (given.code, given.on, dimension.name, what)
    return given.reuse.get(key, _read(given, dimension), make)


def _read(given: Context, dimension: Dimension) -> tuple[object, ...]:
    """Return the objects that a dimension reads."""
    types = _types(dimension.name)
    absorbed = (
        item for gone in given.absorbed for item in (gone.since, *groups(gone.history, types))
    )
    others = dimension.others(given) if dimension.others else ()
    beside = (item for code, history in others for item in (code, *groups(history, types)))
    return (*groups(given.history, types), *absorbed, *beside, _others(given))


@once
def _others(given: Context) -> tuple[object, ...]:
    found = registers(given.around)
    return given.reuse.whole((given.code, given.on, "others"), found) if given.reuse else found


@functools.cache
def _types(name: str) -> tuple[str, ...]:
    """Return all types that a dimension may read."""
    (dimension,) = (one for one in DIMENSIONS if one.name == name)
    ledgers = dimension.ledgers()
    own = (kind for kind in BY_NAME if ledger_of(kind) in ledgers)
    return tuple(sorted({*own, *EVERYWHERE, *dimension.also}))


__all__ = [
    "BOARD", "CONNECTION", "CULTURE", "DIMENSIONS", "FUNDING", "LEADERSHIP", "MATURITY",
    "NOT_CROWDED_OUT", "OVERSIGHT", "PRACTICE", "RATINGS", "SHARED_LEADERSHIP", "SKILLS",
    "STRATEGY", "SUPPORT", "levels", "reused",
]  # fmt: skip
