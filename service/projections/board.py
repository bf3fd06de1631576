"""The board: what it is committed to, what it reviewed by quarter, how it learnt.

Sources: DOMAIN.md §2 (board, mergers), MODEL.md §1 (board).
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from msgspec import UNSET, Struct

from service.projections import board_commitments, board_measures
from service.projections.board_measures import Reviewed, measures, quarters
from service.projections.context import Context
from service.projections.coverage import Quarter
from service.projections.history import Fact
from service.projections.ledger import Interval
from service.projections.measure import Evidence, Measure, Moment, evidence, moment

OWN: Final = (*board_commitments.TYPES, board_measures.DEVELOPMENT, board_measures.REVIEW)
TYPES: Final = (*OWN, "SkillsCounted", "BoardComposed")
_FORMS: Final = ("spc", "run_chart", "rag", "narrative")
_YEAR: Final = 12


class Commitment(Struct, frozen=True, gc=False):
    """One of six commitments. since, until: of its newest time; until is the first day without."""

    commitment: str
    live: bool
    method: str | None
    since: Moment | None
    until: Moment | None
    events: Evidence


class ReviewQuarter(Struct, frozen=True, gc=False):
    """Reviews of one full quarter by what the board looked at.

    covered: whether no review recorded means that none was held.
    """

    quarter: Quarter
    covered: bool
    by_data_form: dict[str, int]
    events: Evidence


class Development(Struct, frozen=True, gc=False):
    """A session of the last 12 months in which the board learnt."""

    topic: str
    held: Moment
    members_present: int
    members_total: int
    non_executives_present: int | None
    events: Evidence


class Board(Struct, frozen=True, gc=False, tag_field="section", tag="board"):
    """The board on a date; measures are those that the model's lines name."""

    measures: dict[str, Measure]
    commitments: tuple[Commitment, ...]
    reviews: tuple[ReviewQuarter, ...]
    developments: tuple[Development, ...]


def board(given: Context) -> Board:
    """Return the board on a date."""
    sessions = board_measures.held(given, board_measures.DEVELOPMENT, _YEAR)
    return Board(
        measures=measures(given),
        commitments=tuple(_commitment(given, name) for name in board_commitments.COMMITMENTS),
        reviews=tuple(_reviews(item) for item in quarters(given)),
        developments=tuple(_development(fact) for fact in sessions),
    )


def _commitment(given: Context, name: str) -> Commitment:
    found = board_commitments.held(given, name)
    if not found:
        return Commitment(name, live=False, method=None, since=None, until=None, events=Evidence())
    item = found[-1]
    method = item.opened.data.method
    until = _until(given, item)
    return Commitment(
        commitment=name,
        live=board_commitments.is_live(given, item, given.on),
        method=None if method is UNSET else method,
        since=moment(item.opened),
        until=moment(until) if until else None,
        events=evidence([item.opened, *([until] if until else [])]),
    )


def _until(given: Context, item: Interval) -> Fact | None:
    """Return what ended a commitment by the date: its own ending, or the body's."""
    ends = [fact for fact in (item.closed, given.closed) if fact and fact.effective <= given.on]
    return min(ends, key=lambda fact: fact.effective, default=None)


def _reviews(item: Reviewed) -> ReviewQuarter:
    forms = Counter(fact.data.data_form for fact in item.reviews)
    by_form = {form: forms[form] for form in _FORMS}
    return ReviewQuarter(item.quarter, item.covered, by_form, evidence(item.reviews))


def _development(fact: Fact) -> Development:
    others = fact.data.non_executives_present
    return Development(
        topic=fact.data.topic,
        held=moment(fact),
        members_present=fact.data.members_present,
        members_total=fact.data.members_total,
        non_executives_present=None if others is UNSET else others,
        events=evidence([fact]),
    )


__all__ = ["OWN", "TYPES", "Board", "Commitment", "Development", "ReviewQuarter", "board"]
