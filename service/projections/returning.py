"""What a quarterly return asks of a trust: at most twelve questions, with what is known already.

Which are asked is a function of the history, the quarter and the day, and of nothing that is
recorded for the quarter itself: while a return is made, by however many people, its questions stay.

Sources: DOMAIN.md §5 (burden), MODEL.md §3 (how a return counts, when evidence is too old).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

from msgspec import Struct

from service.domain import dates
from service.projections.context import Context, at
from service.projections.coverage import Quarter, ended_quarters, quarter_of
from service.projections.history import Fact
from service.projections.ledger import within
from service.projections.returning_known import Known
from service.projections.returning_questions import QUESTIONS, Question

MOST: Final = 12
"""A return asks at most this many questions."""
_DUE: Final = Fraction(1)
"""How due is what is as old as it may be, and what was never recorded."""


class Asked(Struct, frozen=True):
    """One question as a quarter's return asks it.

    asked: it is among the twelve; one that is not may be answered all the same.
    due: it is asked because what is known of it is old, or nothing is.
    known: what an answer may start from. recorded: what is recorded for the quarter already.
    """

    question: Question
    asked: bool
    due: bool
    known: tuple[Known, ...]
    recorded: tuple[Fact, ...]


class Return(Struct, frozen=True):
    """A quarter's return: its questions in their order, the returns made for it, the one before.

    ended: the quarter is over on the day asked about. closed: what ended the trust before it began.
    """

    quarter: Quarter
    ended: bool
    closed: Fact | None
    questions: tuple[Asked, ...]
    made: tuple[Fact, ...]
    before: Fact | None


def quarter_called(financial_year: str, quarter: int) -> Quarter:
    """Return a quarter by its financial year, written `2025/26`, and its number."""
    return quarter_of(dates.quarter_start(financial_year, quarter))


def newest_ended(on: dt.date) -> Quarter:
    """Return the newest quarter that is over on a day: the one that a return is due for."""
    return ended_quarters(on, 1)[0]


def last_day(quarter: Quarter) -> dt.date:
    """Return the last day of a quarter."""
    return quarter.end - dt.timedelta(days=1)


def returning(given: Context, quarter: Quarter) -> Return:
    """Return what the return of a quarter asks, on the context's date."""
    then = at(given, min(given.on, last_day(quarter)))
    gone = given.closed if given.closed and given.closed.effective <= quarter.start else None
    made = _made(given)
    return Return(
        quarter=quarter,
        ended=last_day(quarter) <= given.on,
        closed=gone,
        questions=() if gone else _asked(then, quarter),
        made=tuple(fact for fact in made if _period(fact) == quarter),
        before=max(
            (fact for fact in made if _period(fact).end <= quarter.start),
            key=lambda fact: (_period(fact).end, fact.position),
            default=None,
        ),
    )


def _made(given: Context) -> Sequence[Fact]:
    return [fact for fact in given.own("ReturnMade") if fact.effective <= given.on]


def _period(fact: Fact) -> Quarter:
    return quarter_called(fact.data.financial_year, fact.data.quarter)


def _asked(given: Context, quarter: Quarter) -> tuple[Asked, ...]:
    dues = _due(at(given, min(given.on, quarter.start - dt.timedelta(days=1))), quarter)
    found = []
    for question in QUESTIONS:
        due = question in dues
        known = tuple(question.known(given))
        recorded = tuple(_recorded(given, question, quarter))
        found.append(Asked(question, question.always or due, due, known, recorded))
    return tuple(found)


def _recorded(given: Context, question: Question, quarter: Quarter) -> Iterable[Fact]:
    """Yield what is recorded of a question for a quarter."""
    before = quarter.start - dt.timedelta(days=1)
    for kind in question.types:
        facts = within(given.own(kind), before, last_day(quarter))
        yield from (fact for fact in facts if question.asks_for(fact.data))


def _due(before: Context, quarter: Quarter) -> list[Question]:
    """Return the questions that what was known before the quarter makes due, as many as fit.

    The longest overdue first; those that were never answered take turns, quarter by quarter.
    """
    rest = [one for one in QUESTIONS if not one.always]
    room = MOST - (len(QUESTIONS) - len(rest))
    first = room * (quarter.start.year * 4 + quarter.quarter)
    places = {one.key: (place - first) % len(rest) for place, one in enumerate(rest)}
    how = {one.key: _overdue(before, one, quarter) for one in rest}
    due = [one for one in rest if how[one.key] >= _DUE]
    due.sort(key=lambda one: (-how[one.key], places[one.key]))
    return due[:room]


def _overdue(before: Context, question: Question, quarter: Quarter) -> Fraction:
    """Return the age of what is known as a multiple of the age at which it is asked for again."""
    if not question.wanted(before):
        return Fraction(0)
    last = question.last(before)
    return (
        _DUE if last is None else Fraction(dates.whole_months(last, quarter.end), question.months)
    )


__all__ = [
    "MOST", "Asked", "Return", "last_day", "newest_ended", "quarter_called", "returning",
]  # fmt: skip
