"""A return as a person reads it: questions with their fields, what is known, how to answer."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from service.domain import codec
from service.domain.dates import Precision
from service.domain.envelope import Assurance, Source
from service.domain.faults import Fault
from service.domain.fields import Dimension
from service.domain.register import BY_NAME
from service.intake.columns import Column
from service.projections.coverage import Quarter
from service.projections.history import Fact
from service.projections.returning import Asked, Return, last_day
from service.projections.returning_known import Known, Use
from service.projections.returning_whole import StillOpen
from service.store.drafts import Draft, MadeFrom, SignedOff
from service.store.reading import Stored
from service.submitting.returns_events import offered
from service.submitting.returns_fields import fields

MOST_SHOWN: Final = 50
"""So many of what is known or recorded are listed with a question; how many more is said."""
T = TypeVar("T")
Data = Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
_MEANS: Final[Mapping[str, str]] = {
    "events": "records an event for each that you give",
    "no_change": "records nothing: what is recorded stands, and is all there is of the quarter",
    "nothing_to_report": "records nothing: nothing of this happened in the quarter",
    "same_again": "records the figures below anew, as counted on the quarter's last day: say it"
    " only if they were",
}


class TypeAsked(Struct, frozen=True):
    """A type that an answer may become, with its fields, as JSON gives them."""

    type: str
    says: str
    fields: tuple[Column, ...]


class Way(Struct, frozen=True):
    """A word to answer with, and what it records."""

    said: str
    means: str


class EventKnown(Struct, frozen=True):
    """An event as it is read now.

    position, id: of the original. source: of the original, or of the correction that counts.
    """

    position: int
    id: uuid.UUID
    type: str
    organisation: str
    effective: dt.date
    precision: Precision
    assurance: Assurance
    source: Source | None
    text: str
    data: Data
    href: str


class Prefilled(Struct, frozen=True):
    """What an answer may start from.

    use: stands, it goes on unless it is said otherwise; again, a figure that may be said anew;
    start, values to begin from. type, effective, data: as an event of the answer could say.
    to_state: members of the payload that are left to be stated. known: the event it comes from.
    """

    use: Use
    type: str
    effective: dt.date | None
    data: Data
    to_state: tuple[str, ...]
    known: EventKnown


class QuestionShown(Struct, frozen=True):
    """One question. asked: among the twelve. due: asked as what is known is old, or nothing is."""

    key: str
    dimension: Dimension
    words: str
    asked: bool
    due: bool
    answers: tuple[Way, ...]
    types: tuple[str, ...]
    prefilled: tuple[Prefilled, ...]
    more_prefilled: int
    recorded: tuple[EventKnown, ...]
    more_recorded: int


class PeriodShown(Struct, frozen=True):
    """A quarter with its days, both included; ended: a return can be made."""

    financial_year: str
    quarter: int
    first_day: dt.date
    last_day: dt.date
    ended: bool


class ReturnShown(Struct, frozen=True):
    """A return that was made."""

    financial_year: str
    quarter: int
    made_on: dt.date
    position: int
    dimensions: tuple[Dimension, ...]
    nothing_to_report: tuple[Dimension, ...]


class AnswerShown(Struct, frozen=True):
    """One question's answer in a draft: as given, by which caller, when, at which version."""

    question: str
    answer: Data
    by: str
    at: dt.datetime
    version: int


class DraftShown(Struct, frozen=True):
    """A draft. open: dimensions that would not be listed yet. faults: what would be refused.

    made: the version from which a return was made last; a later version is not made yet.
    """

    version: int
    answers: tuple[AnswerShown, ...]
    signed: SignedOff | None
    made: MadeFrom | None
    open: tuple[StillOpen, ...]
    faults: tuple[Fault, ...]


def period(asked: Return) -> PeriodShown:
    """Return a return's quarter as it is shown."""
    quarter: Quarter = asked.quarter
    return PeriodShown(
        quarter.financial_year, quarter.quarter, quarter.start, last_day(quarter), asked.ended
    )


def made(fact: Fact) -> ReturnShown:
    """Return a return that was made as it is shown."""
    data = fact.data
    return ReturnShown(
        data.financial_year,
        data.quarter,
        fact.effective,
        fact.position,
        data.dimensions,
        data.nothing_to_report,
    )


def positions(asked: Return) -> list[int]:
    """Return the positions of all events that are shown with the questions."""
    found: set[int] = set()
    for one in asked.questions:
        for fact in (*(known.fact for known in _first(one.known)), *_first(one.recorded)):
            found.update(fact.positions)
    return sorted(found)


def questions(asked: Return, stored: Iterable[Stored]) -> tuple[QuestionShown, ...]:
    """Return the questions that are asked. stored: the events at `positions`."""
    by_position = {one.position: one for one in stored}
    return tuple(_question(asked, one, by_position) for one in asked.questions if one.asked)


def types(asked: Return) -> tuple[TypeAsked, ...]:
    """Return the types that answers may become, each once."""
    named = (name for one in asked.questions if one.asked for name in one.question.types)
    return tuple(_type(name) for name in dict.fromkeys(named))


def draft(found: Draft, left: tuple[StillOpen, ...], faults: tuple[Fault, ...]) -> DraftShown:
    """Return a draft as it is shown."""
    given = tuple(
        AnswerShown(one.question, one.answer, one.by, one.at, one.version) for one in found.answers
    )
    return DraftShown(found.version, given, found.signed, found.made, left, faults)


def _question(asked: Return, one: Asked, stored: Mapping[int, Stored]) -> QuestionShown:
    question = one.question
    return QuestionShown(
        key=question.key,
        dimension=question.dimension,
        words=question.words,
        asked=one.asked,
        due=one.due,
        answers=tuple(Way(word, _MEANS[word]) for word in offered(one)),
        types=question.types,
        prefilled=tuple(_prefilled(asked, known, stored) for known in _first(one.known)),
        more_prefilled=max(0, len(one.known) - MOST_SHOWN),
        recorded=tuple(_known(fact, stored) for fact in _first(one.recorded)),
        more_recorded=max(0, len(one.recorded) - MOST_SHOWN),
    )


def _first(items: Sequence[T]) -> Sequence[T]:
    return items[:MOST_SHOWN]


def _type(name: str) -> TypeAsked:
    says = (BY_NAME[name].payload.__doc__ or "").split(";")[0].split("\n")[0]
    return TypeAsked(name, says.rstrip(". ") + ".", fields(name))


def _prefilled(asked: Return, known: Known, stored: Mapping[int, Stored]) -> Prefilled:
    fact = known.fact
    members = msgspec.to_builtins(fact.data)
    data = {name: value for name, value in members.items() if name not in known.to_state}
    return Prefilled(
        use=known.use,
        type=fact.type,
        effective=last_day(asked.quarter) if known.use == "again" else None,
        data=Raw(msgspec.json.encode(data)),
        to_state=known.to_state,
        known=_known(fact, stored),
    )


def _known(fact: Fact, stored: Mapping[int, Stored]) -> EventKnown:
    original = stored[fact.position]
    event = stored[fact.corrected_by or fact.position].event()
    return EventKnown(
        position=fact.position,
        id=original.id,
        type=fact.type,
        organisation=fact.organisation,
        effective=fact.effective,
        precision=fact.precision,
        assurance=fact.assurance,
        source=None if isinstance(event, codec.Unread) else event.source,
        text=BY_NAME[fact.type].text(fact.data),
        data=Raw(msgspec.json.encode(fact.data)),
        href=f"/api/v1/events/{original.id}",
    )


__all__ = [
    "AnswerShown", "DraftShown", "EventKnown", "PeriodShown", "Prefilled", "QuestionShown",
    "ReturnShown", "TypeAsked", "Way", "draft", "made", "period", "positions", "questions", "types",
]  # fmt: skip
