"""A trust's picture on a date, composed over mergers.

From a merger on, the successor's picture rests on its own ledger and, marked inherited, on those
of the trusts absorbed by then (DESIGN.md, invariant 13). A closed trust's levels are unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from service.domain.model import Model, first_model
from service.projections import membership, register
from service.projections.board import Board
from service.projections.connection import Connection
from service.projections.context import (
    Context,
    Dimension,
    UnreadableAt,
    context,
    unknown_events,
    unreadable,
)  # fmt: skip
from service.projections.culture import Culture
from service.projections.dimensions import (
    BOARD,
    CONNECTION,
    CULTURE,
    DIMENSIONS,
    FUNDING,
    LEADERSHIP,
    MATURITY,
    NOT_CROWDED_OUT,
    OVERSIGHT,
    PRACTICE,
    RATINGS,
    SHARED_LEADERSHIP,
    SKILLS,
    STRATEGY,
    SUPPORT,
    levels,
    reused,
)  # fmt: skip
from service.projections.funding import Funding
from service.projections.history import History
from service.projections.leadership import Leadership
from service.projections.ledger import ledger_of
from service.projections.levels import Answer
from service.projections.maturity import Maturity
from service.projections.measure import Evidence, Moment, evidence, moment
from service.projections.membership import Membership
from service.projections.not_crowded_out import NotCrowdedOut
from service.projections.oversight import Oversight
from service.projections.practice import Practice
from service.projections.ratings import Ratings
from service.projections.register import Registration
from service.projections.reuse import Reuse
from service.projections.shared_leadership import SharedLeadership
from service.projections.size import Size, size
from service.projections.skills import Skills
from service.projections.strategy import Strategy
from service.projections.support import Supports

_REGISTER = frozenset({"register", "membership", "divisions", "workforce", "income"})


class Inherited(Struct, frozen=True, gc=False):
    """A trust absorbed by the date, whose ledgers the picture also rests on."""

    code: str
    since: Moment
    kind: str
    into: str
    events: Evidence


class TrustPicture(Struct, frozen=True, gc=False):
    """What is known of a trust on a date.

    note: what a reader must know first ("closed, see RYR"). unreadable: dimensions that rest on
    events that cannot be read. unknown_events: how many are of a newer release.
    """

    code: str
    on: dt.date
    note: str | None
    registration: Registration
    size: Size
    host: str | None
    memberships: tuple[Membership, ...]
    inherited: tuple[Inherited, ...]
    levels: dict[str, Answer]
    leadership: Leadership | UnreadableAt
    culture: Culture | UnreadableAt
    skills: Skills | UnreadableAt
    strategy: Strategy | UnreadableAt
    connection: Connection | UnreadableAt
    practice: Practice | UnreadableAt
    funding: Funding | UnreadableAt
    board: Board | UnreadableAt
    support: Supports | UnreadableAt
    shared_leadership: SharedLeadership | UnreadableAt
    not_crowded_out: NotCrowdedOut | UnreadableAt
    oversight: Oversight | UnreadableAt
    ratings: Ratings | UnreadableAt
    self_assessment: Maturity | UnreadableAt
    unreadable: dict[str, tuple[int, ...]]
    unknown_events: int
    last_position: int


def picture(
    code: str,
    histories: Mapping[str, History],
    on: dt.date,
    model: Model | None = None,
    reuse: Reuse | None = None,
) -> TrustPicture:
    """Return a trust's picture on a date; histories hold all that `closure.missing` names."""
    given, rules = context(code, histories, on, reuse), model or first_model()
    systems = membership.spans(histories)
    found = membership.memberships(code, given.history, systems)
    registered = register.registration(code, given.history, on)
    return TrustPicture(
        code=code,
        on=on,
        note=register.note(registered),
        registration=registered,
        size=size(given),
        host=membership.host(found, systems, on),
        memberships=tuple(item for item in found if item.live(on)),
        inherited=_inherited(given),
        levels=levels(given, rules),
        leadership=section(LEADERSHIP, given),
        culture=section(CULTURE, given),
        skills=section(SKILLS, given),
        strategy=section(STRATEGY, given),
        connection=section(CONNECTION, given),
        practice=section(PRACTICE, given),
        funding=section(FUNDING, given),
        board=section(BOARD, given),
        support=section(SUPPORT, given),
        shared_leadership=section(SHARED_LEADERSHIP, given),
        not_crowded_out=section(NOT_CROWDED_OUT, given),
        oversight=section(OVERSIGHT, given),
        ratings=section(RATINGS, given),
        self_assessment=section(MATURITY, given),
        unreadable=unreadable_by_dimension(given),
        unknown_events=unknown_events(given),
        last_position=last_position(given),
    )


def last_position(given: Context) -> int:
    """Return the greatest position over the parts that the picture rests on."""
    parts = [given.history, *(gone.history for gone in given.absorbed)]
    return max(part.last_position for part in parts)


# Any: each dimension's section has a Struct of its own; TrustPicture names them.
def section(dimension: Dimension, given: Context) -> Any:  # noqa: ANN401 - see above
    """Return what a dimension says, or where it cannot be read."""
    positions = unreadable(dimension, given)
    if positions:
        return UnreadableAt(positions)
    return reused(given, dimension, "section", lambda: dimension.section(given))


def unreadable_by_dimension(given: Context) -> dict[str, tuple[int, ...]]:
    """Return the positions of events that cannot be read, by what rests on them."""
    found = {d.name: positions for d in DIMENSIONS if (positions := unreadable(d, given))}
    poison = [item for item in given.history.unread if item.reason == "unreadable"]
    registry = tuple(item.position for item in poison if ledger_of(item.type) in _REGISTER)
    return {**found, **({"register": registry} if registry else {})}


def _inherited(given: Context) -> tuple[Inherited, ...]:
    return tuple(
        Inherited(
            code=gone.code,
            since=moment(gone.merged),
            kind=gone.merged.data.kind,
            into=gone.merged.data.into,
            events=evidence([gone.merged]),
        )
        for gone in given.absorbed
    )


__all__ = [
    "Inherited",
    "TrustPicture",
    "last_position",
    "picture",
    "section",
    "unreadable_by_dimension",
]
