"""From the answers of a return to its events: each answer's own, and the ReturnMade behind them.

An event's id is made of what it says, so that a return sent twice is recorded once, from a draft or
not; of several that say the same, each has its number. What was answered before and is said anew
with other words is another event.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, structs

from service.domain import codec
from service.domain.catalogue.record.return_made import ReturnMade
from service.domain.envelope import Source
from service.domain.faults import Fault, join, nearest, shown
from service.domain.register import BY_NAME, ENVELOPES
from service.projections.returning import Asked, Return, last_day
from service.projections.returning_questions import BY_KEY, Question
from service.projections.returning_whole import Whole
from service.submitting.returns_fields import fields
from service.submitting.returns_said import AnswerSaid, EventSaid

FROM_RETURN: Final = uuid.UUID("5c0d7c55-1f0a-5e0b-9f3e-7f8f0f1a2b61")
"""The namespace of ids of events that a return records."""
_INDEX: Final = re.compile(r"/(\d+)(?=/|$)")


class New(Struct, frozen=True):
    """What a return's events are given. code: whose; today: the day; latest: the last accepted."""

    code: str
    today: dt.date
    latest: dt.date


class Saying(Struct, frozen=True):
    """What a return says: the answers, and the reference of who signed it off."""

    answers: tuple[AnswerSaid, ...]
    signed_by: str | None


class Told(Struct, frozen=True):
    """An event of an answer: to which question, and where in the body it was said."""

    question: str
    pointer: str
    submitted: codec.Submitted


class Answered(Struct, frozen=True):
    """The events of answers, in their order, and all that is wrong with them."""

    told: tuple[Told, ...]
    faults: tuple[Fault, ...]


def answered(asked: Return, answers: Sequence[AnswerSaid], new: New) -> Answered:
    """Return the events that answers mean; pointers of faults begin at the body."""
    by_key = {one.question.key: one for one in asked.questions}
    seen: Counter[tuple[str, bytes]] = Counter()
    found: list[Told] = []
    faults: list[Fault] = []
    before: set[str] = set()
    for place, answer in enumerate(answers):
        where = join("/answers", place)
        wrong = _wrong(by_key, answer, where, before)
        before.add(answer.question)
        if wrong is not None:
            faults.append(wrong)
            continue
        for pointer, members in _members(by_key[answer.question], answer, where, asked):
            one = _submitted(by_key[answer.question].question, members, new)
            if isinstance(one, codec.Submitted):
                seen[answer.question, one.body] += 1
                key = _id(asked, new, answer.question, one.body, seen[answer.question, one.body])
                found.append(Told(answer.question, pointer, _named(one, key)))
            else:
                kind = str(members.get("type", ""))
                faults += [_placed(fault, pointer, answer.question, kind) for fault in one]
    return Answered(tuple(found), tuple(faults))


def return_id(asked: Return, new: New, saying: Saying) -> uuid.UUID:
    """Return the id of the ReturnMade behind some answers: the same for the same answers."""
    return _id(asked, new, "return", msgspec.json.encode(saying), 1)


def return_made(
    asked: Return, listed: Whole, new: New, key: uuid.UUID, signed_by: str | None
) -> codec.Submitted:
    """Return the event that says which dimensions' record of the quarter is whole."""
    signed = f"Signed off by {signed_by}" if signed_by else UNSET
    event = ENVELOPES["ReturnMade"](
        id=key,
        organisation=new.code,
        effective=new.today,
        data=ReturnMade(
            financial_year=asked.quarter.financial_year,
            quarter=asked.quarter.quarter,
            dimensions=listed.dimensions,
            nothing_to_report=listed.nothing_to_report,
        ),
        source=Source(kind="own", reference=signed),
        assurance="self_declared",
    )
    return codec.Submitted(event, codec.encode(event))


def _wrong(
    by_key: Mapping[str, Asked], answer: AnswerSaid, where: str, before: set[str]
) -> Fault | None:
    """Return why a question cannot be answered so, before its events are looked at."""
    one = by_key.get(answer.question)
    if one is None:
        rule = f"is no question of a return; questions are: {', '.join(BY_KEY)}"
        near = nearest(answer.question, BY_KEY)
        value = shown(answer.question)
        return Fault(join(where, "question"), "unknown_question", rule, value, nearest=near)
    if answer.question in before:
        return Fault(join(where, "question"), "repeated_item", "must be answered once")
    if answer.said == "events" and not answer.events:
        rule = f"must hold at least one event, or `said` be one of: {', '.join(ways(one)[1:])}"
        return Fault(join(where, "events"), "missing", rule)
    if answer.said != "events" and answer.events:
        rule = f"must be left out with {answer.said}, or `said` be left out"
        return Fault(join(where, "events"), "contradiction", rule)
    if answer.said not in ways(one):
        return Fault(join(where, "said"), "not_allowed", _why_not(one, answer.said), answer.said)
    return None


def ways(one: Asked) -> tuple[str, ...]:
    """Return the words with which a question may be answered."""
    found = ["events", "no_change"]
    if one.question.happens and not one.recorded:
        found.append("nothing_to_report")
    if any(known.use == "again" for known in one.known):
        found.append("same_again")
    return tuple(found)


def offered(one: Asked) -> tuple[str, ...]:
    """Return the words that a person is offered: figures of the quarter need not be said again."""
    return tuple(word for word in ways(one) if word != "same_again" or not one.recorded)


def _why_not(one: Asked, said: str) -> str:
    """Return in words why a question cannot be answered with a word."""
    if said == "same_again":
        return "must be events or no_change: no figure was counted before that could be the same"
    if one.recorded:
        positions = ", ".join(str(fact.position) for fact in one.recorded[:5])
        return (
            f"must be no_change or events: {len(one.recorded)} recorded for the quarter already"
            f" (position {positions}); no_change says that these are all"
        )
    return "must be no_change: it asks for what stands, not for what happens"


def _members(
    one: Asked, answer: AnswerSaid, where: str, asked: Return
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the events of an answer, each with its place in the body."""
    last = last_day(asked.quarter)
    if answer.said == "same_again":
        for known in one.known:
            if known.use == "again":
                yield where, {"type": known.fact.type, "effective": last, "data": known.fact.data}
    for index, given in enumerate(answer.events):
        members = _given(given)
        if len(one.question.types) == 1:
            members.setdefault("type", one.question.types[0])
        if one.question.day == "last_of_quarter":
            members.setdefault("effective", last)
        yield join(where, "events", index), members


# Any: what JSON holds has no narrower type.
def _given(given: EventSaid) -> dict[str, Any]:
    """Return the members that an event of an answer states."""
    members = ((name, getattr(given, name)) for name in given.__struct_fields__)
    return {name: value for name, value in members if value is not UNSET}


def _submitted(
    question: Question, members: dict[str, Any], new: New
) -> codec.Submitted | tuple[Fault, ...]:
    """Return an event under an id that stands for any, or every fault that it has."""
    kind = members.get("type")
    if kind not in question.types:
        return (_not_of(question.types, kind, "/type"),)
    whole = {
        "id": str(FROM_RETURN),
        "organisation": new.code,
        "source": {"kind": "own"},
        "assurance": "self_declared",
    } | members
    found = codec.decode(msgspec.json.encode(whole), new.latest)
    if isinstance(found, codec.Submitted) and not question.asks_for(found.event.data):
        return (_not_of(question.tiers, getattr(found.event.data, "tier", None), "/data/tier"),)
    return found


def _not_of(allowed: tuple[str, ...], seen: str | None, pointer: str) -> Fault:
    """Return that a type or a tier is not one that a question asks for."""
    code = "missing" if seen is None else "not_allowed"
    rule = f"must be one of {', '.join(allowed)}, as the question asks"
    near = nearest(seen, allowed) if seen else None
    value = None if seen is None else shown(seen)
    return Fault(pointer, code, rule, value, allowed=allowed, nearest=near)


def _named(one: codec.Submitted, key: uuid.UUID) -> codec.Submitted:
    event = structs.replace(one.event, id=key)
    return codec.Submitted(event, codec.encode(event))


def _id(asked: Return, new: New, question: str, said: bytes, number: int) -> uuid.UUID:
    """Return the id of the n-th event of a question that says just this."""
    quarter = asked.quarter
    head = f"{new.code}\n{quarter.financial_year}\n{quarter.quarter}\n{question}\n{number}\n"
    return uuid.uuid5(FROM_RETURN, head + said.decode())


def _placed(fault: Fault, where: str, question: str, kind: str) -> Fault:
    """Return a fault of an event as one of the body, its rule led by question and field."""
    label = _labels(kind).get(_path(fault.pointer)) if kind in BY_NAME else None
    named = f"{question}, {label}" if label else question
    return structs.replace(fault, pointer=where + fault.pointer, rule=f"{named}: {fault.rule}")


def _path(pointer: str) -> str:
    """Return a pointer as a column's path: `/data/by/0/division` is `data.by[0].division`."""
    return _INDEX.sub(r"[\1]", pointer).removeprefix("/").replace("/", ".")


@functools.cache
def _labels(kind: str) -> Mapping[str, str]:
    return {column.path: column.label for column in fields(kind)}


def questions_of(faults: Iterable[Fault], answers: Sequence[AnswerSaid]) -> list[str]:
    """Return the questions whose answers have faults, each once, in their order."""
    places = [int(fault.pointer.split("/")[2]) for fault in faults if "/answers/" in fault.pointer]
    return list(dict.fromkeys(answers[place].question for place in places))


__all__ = [
    "Answered", "New", "Saying", "Told", "answered", "offered", "questions_of", "return_id",
    "return_made", "ways",
]  # fmt: skip
