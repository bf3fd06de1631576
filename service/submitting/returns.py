"""Quarterly returns: what is asked, a draft that several people answer, and the return itself.

A draft is no event. A return is one batch: the events of its answers and a ReturnMade behind them,
recorded whole or not at all; sent again it is recorded once, since ids are made of what is said.
A quarter may be returned again: what is answered with other words is recorded as well, and the
quarter is covered by both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import UNSET, Struct, UnsetType

from service.behind.sensing import EventWarnings
from service.domain import codec
from service.domain.admission import Batch, Outcome
from service.domain.catalogue.record.return_made import ReturnMade
from service.domain.envelope import type_name
from service.domain.faults import Fault
from service.domain.fields import Dimension
from service.domain.problems import Refused
from service.projections.returning import Return, last_day
from service.projections.returning_whole import StillOpen, Whole, whole
from service.store import pool, reading
from service.store.drafts import Draft
from service.submitting import returns_drafts, returns_events, returns_said, trials
from service.submitting.desk import Desk
from service.submitting.returns_asked import Asks, refuse_closed, too_early
from service.submitting.returns_events import Saying, Told
from service.submitting.returns_said import AnswerSaid, ReturnBody
from service.submitting.trials import Tried


class Making(Struct, frozen=True):
    """What a ReturnMade is made of: the return as asked, by whom, what is said, what it lists."""

    found: Return
    asks: Asks
    saying: Saying
    listed: Whole


class Ready(Struct, frozen=True):
    """A return that can be recorded: its answers' events, its ReturnMade, what it leaves open.

    draft: the draft that it was made from, if it was.
    """

    told: tuple[Told, ...]
    last: codec.Submitted
    open: tuple[StillOpen, ...]
    draft: Draft | None

    @property
    def events(self) -> tuple[codec.Submitted, ...]:
        """Return all events in the order in which they are recorded."""
        return (*(one.submitted for one in self.told), self.last)


class ReturnedEvent(Struct, frozen=True):
    """What became of one event of a return; question: None is the ReturnMade itself."""

    question: str | None
    type: str
    outcome: Outcome


class Returned(Struct, frozen=True, omit_defaults=True):
    """What became of a return: each event, what it lists, and which dimensions stay open.

    warnings: what warns about its events, which were recorded all the same.
    """

    financial_year: str
    quarter: int
    events: tuple[ReturnedEvent, ...]
    dimensions: tuple[Dimension, ...]
    nothing_to_report: tuple[Dimension, ...]
    open: tuple[StillOpen, ...]
    warnings: EventWarnings | UnsetType = UNSET


def unfinished(
    found: Return, draft: Draft, asks: Asks
) -> tuple[tuple[StillOpen, ...], tuple[Fault, ...]]:
    """Return which dimensions a draft leaves open, and what of it would be refused."""
    answers = returns_drafts.answers_of(draft)
    told = returns_events.answered(found, answers, asks.new)
    return _whole(found, answers, told.told).open, told.faults


async def ready(desk: Desk, found: Return, asks: Asks, body: ReturnBody) -> Ready:
    """Return the events of a return. Raises Refused with every fault, told by question."""
    _refuse_early(found)
    draft = None if body.draft_version is UNSET else await _draft(desk, found, asks, body)
    saying = _saying(found, draft, body)
    told = returns_events.answered(found, saying.answers, asks.new)
    if told.faults:
        raise _faulty(saying.answers, told.faults)
    listed = _whole(found, saying.answers, told.told)
    last = await _return_made(desk, Making(found, asks, saying, listed))
    return Ready(told.told, last, listed.open, draft)


async def make(desk: Desk, found: Return, asks: Asks, made: Ready) -> Returned:
    """Record a return, whole or not at all."""
    try:
        outcomes = await desk.writer.append(Batch(made.events, {}, asks.caller))
    except Refused as refused:
        raise _told(refused, made) from None
    if made.draft is not None:
        await returns_drafts.note(desk, found, asks, made.draft)
    data = made.last.event.data
    assert isinstance(data, ReturnMade)  # noqa: S101 - it is made last
    return Returned(
        data.financial_year,
        data.quarter,
        tuple(_became(made, outcomes)),
        data.dimensions,
        data.nothing_to_report,
        made.open,
    )


async def try_on(desk: Desk, asks: Asks, trial: str, made: Ready) -> tuple[Tried, ...]:
    """Lay a return over a trial, of which nothing is recorded; its draft stays as it is."""
    try:
        return await trials.add(desk, asks.caller, trial, made.events)
    except Refused as refused:
        raise _told(refused, made) from None


def _whole(found: Return, answers: Sequence[AnswerSaid], told: Sequence[Told]) -> Whole:
    keys = {answer.question for answer in answers}
    return whole(found, keys, {one.question for one in told})


def _refuse_early(found: Return) -> None:
    refuse_closed(found)
    if not found.ended:
        raise returns_said.invalid((too_early(f"ends on {last_day(found.quarter)}"),))


def _saying(found: Return, draft: Draft | None, body: ReturnBody) -> Saying:
    """Return what a return says: its own answers, the draft's, or no change throughout."""
    signed_by = body.signed_by or None
    if draft is not None:
        person = draft.signed.person if draft.signed else None
        return Saying(returns_drafts.answers_of(draft), signed_by or person)
    if not body.no_change:
        return Saying(body.answers, signed_by)
    keys = (one.question.key for one in found.questions if one.asked)
    return Saying(tuple(AnswerSaid(question=key, said="no_change") for key in keys), signed_by)


async def _draft(desk: Desk, found: Return, asks: Asks, body: ReturnBody) -> Draft:
    """Return the draft that a return is made from, if it is the one that was looked at."""
    draft = await returns_drafts.held(desk.pool, found, asks)
    if draft is None:
        raise returns_drafts.no_draft(found)
    if draft.version != body.draft_version:
        later = returns_drafts.since(draft, body.draft_version or 0, "/draft_version")
        raise returns_drafts.moved_on(draft, later)
    return draft


async def _return_made(desk: Desk, making: Making) -> codec.Submitted:
    """Return the ReturnMade: as it was recorded if the same return was made before."""
    found, new, saying, listed = making.found, making.asks.new, making.saying, making.listed
    key = returns_events.return_id(found, new, saying)
    async with pool.lent(desk.pool) as connection:
        before = await reading.one(connection, key)
    if before is not None:
        return codec.canonical(before.body)
    if not listed.dimensions and not listed.nothing_to_report:
        left = "; ".join(f"{one.dimension}: {', '.join(one.questions)}" for one in listed.open)
        rule = f"must answer all questions of at least one dimension; still open are {left}"
        raise returns_said.invalid((Fault("/answers", "nothing_whole", rule),))
    return returns_events.return_made(found, listed, new, key, saying.signed_by)


def _told(refused: Refused, made: Ready) -> Refused:
    """Return what the log refused with its pointers as they stand in the answers."""
    errors = tuple(_placed(fault, made.told) for fault in refused.problem.errors)
    return Refused(msgspec.structs.replace(refused.problem, errors=errors))


def _placed(fault: Fault, told: Sequence[Told]) -> Fault:
    """Return what the log refused of an event as a fault of the answer that it is of."""
    _, events, index, *rest = [*fault.pointer.split("/", 3), "", ""]
    if events != "events" or not index.isdigit() or int(index) >= len(told):
        return fault
    one = told[int(index)]
    pointer = one.pointer + "".join(f"/{part}" for part in rest if part)
    return msgspec.structs.replace(fault, pointer=pointer, rule=f"{one.question}: {fault.rule}")


def _became(made: Ready, outcomes: Sequence[Outcome]) -> Iterator[ReturnedEvent]:
    """Yield what became of each event, in their order."""
    questions = [*(one.question for one in made.told), None]
    for question, one, outcome in zip(questions, made.events, outcomes, strict=True):
        yield ReturnedEvent(question, type_name(one.event), outcome)


def _faulty(answers: Sequence[AnswerSaid], faults: tuple[Fault, ...]) -> Refused:
    named = ", ".join(returns_events.questions_of(faults, answers))
    many = "1 value is" if len(faults) == 1 else f"{len(faults)} values are"
    detail = f"{many} wrong in the answers to: {named}; nothing was recorded"
    return returns_said.invalid(faults, detail)


__all__ = ["Ready", "Returned", "ReturnedEvent", "make", "ready", "try_on", "unfinished"]
