"""What people say of a quarter: bodies of drafts and of returns.

Source: DOMAIN.md §5 (burden): "no change" is one step, and each answer is a word or events.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from service.domain import explain
from service.domain.dates import Precision
from service.domain.envelope import Assurance, Source
from service.domain.faults import Fault
from service.domain.fields import Day, FinancialYear, Person, Quarter
from service.domain.problems import Problem, Refused

Word = Literal["events", "no_change", "nothing_to_report", "same_again"]
"""How a question is answered. events: by these. no_change: nothing is to be recorded; what is
recorded stands, and is all. nothing_to_report: nothing happened. same_again: the figures counted
before were counted anew and are the same on the quarter's last day; that is an event.
"""


class EventSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """An event of an answer, of which the return knows the rest.

    type: may be left out where the question has one. effective: where the question means the
    quarter's last day, it may be left out. source: the organisation's own if left out.
    """

    data: Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
    type: str | UnsetType = UNSET
    effective: Day | UnsetType = UNSET
    precision: Precision | UnsetType = UNSET
    certain: bool | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    assurance: Assurance | UnsetType = UNSET


class AnswerSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The answer to one question: a word, or the events that happened."""

    question: str
    said: Word = "events"
    events: tuple[EventSaid, ...] = ()


class Period(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which quarter is spoken of."""

    financial_year: FinancialYear
    quarter: Quarter


class DraftBody(Period, frozen=True, kw_only=True):
    """Some answers for a draft; those to other questions stay as they are.

    version: of the draft that one looked at, 0 where there was none. withdraw: questions whose
    answers are taken out. signed_by: signs off the draft as it is then, by a person's reference.
    """

    version: Annotated[int, Meta(ge=0)] = 0
    answers: tuple[AnswerSaid, ...] = ()
    withdraw: tuple[str, ...] = ()
    signed_by: Person | UnsetType = UNSET


class ReturnBody(Period, frozen=True, kw_only=True):
    """A return: answers, or the draft that holds them, or that nothing changed at all.

    draft_version: of the draft that one looked at. no_change: every question asked is answered
    with it. signed_by: who signs it off, by a person's reference.
    """

    answers: tuple[AnswerSaid, ...] = ()
    draft_version: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    no_change: bool = False
    signed_by: Person | UnsetType = UNSET


def read_draft(body: bytes) -> DraftBody:
    """Return what a draft's body says; raises Refused with every fault."""
    _refuse(explain.body(body, DraftBody))
    return msgspec.json.decode(body, type=DraftBody)


def read_return(body: bytes) -> ReturnBody:
    """Return what a return's body says; raises Refused with every fault."""
    _refuse(explain.body(body, ReturnBody))
    said = msgspec.json.decode(body, type=ReturnBody)
    ways = sum((bool(said.answers), said.draft_version is not UNSET, bool(said.no_change)))
    if ways != 1:
        rule = "give one of answers, draft_version (to take them from the draft) and no_change"
        raise invalid((Fault("/answers", "one_of_several", rule),))
    return said


def invalid(faults: tuple[Fault, ...], detail: str = "") -> Refused:
    """Return that a body is not valid."""
    text = detail or "the return is not valid; nothing was recorded"
    return Refused(Problem("invalid_events", text, faults))


def _refuse(faults: tuple[Fault, ...]) -> None:
    if faults:
        raise invalid(faults)


__all__ = [
    "AnswerSaid", "DraftBody", "EventSaid", "Period", "ReturnBody", "Word", "invalid", "read_draft",
    "read_return",
]  # fmt: skip
