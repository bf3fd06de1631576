"""The sections of a trust's picture that the pictures of its systems read, each made once."""

from __future__ import annotations

from msgspec import Struct

from service.projections.board import Board
from service.projections.connection import Connection
from service.projections.context import Context, UnreadableAt
from service.projections.culture import Culture
from service.projections.dimensions import (
    BOARD,
    CONNECTION,
    CULTURE,
    FUNDING,
    LEADERSHIP,
    NOT_CROWDED_OUT,
    PRACTICE,
    SHARED_LEADERSHIP,
    SKILLS,
    STRATEGY,
    SUPPORT,
)  # fmt: skip
from service.projections.funding import Funding
from service.projections.leadership import Leadership
from service.projections.not_crowded_out import NotCrowdedOut
from service.projections.practice import Practice
from service.projections.shared_leadership import SharedLeadership
from service.projections.skills import Skills
from service.projections.strategy import Strategy
from service.projections.support import Supports
from service.projections.trust_picture import section


class Sections(Struct, frozen=True, gc=False):
    """What each dimension says of a trust, or where it cannot be read."""

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


def sections(given: Context) -> Sections:
    """Return the sections of a trust on a date."""
    return Sections(
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
    )


__all__ = ["Sections", "sections"]
