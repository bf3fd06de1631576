"""Putting an event right: correct, retract, dispute, settle, confirm."""

from __future__ import annotations

import datetime as dt
import uuid

import msgspec
from litestar import Response, post
from litestar.params import FromPath
from msgspec import UNSET, Raw, Struct

from service.api import access, bodies, disclosing, events, parameters, standing
from service.api.answers import AnyRequest
from service.api.rooms import caller, rooms, snapshot
from service.domain import codec, dates
from service.domain.admission import Batch
from service.domain.catalogue.record.event_corrected import EventCorrected
from service.domain.faults import Fault
from service.domain.problems import Problem, Refused
from service.intake import keys, putting_right
from service.intake.putting_right import Act, New, Said, Stands
from service.store import reading


@post(
    "/events/{event_id:str}/correction",
    operation_id="correct_event",
    permission="append",
    status_code=201,
)
async def correct_event(request: AnyRequest, event_id: FromPath[str]) -> Response[bytes]:
    """Say what an event should have said; what is left out stays as it says now."""
    return await _record(request, event_id, putting_right.CORRECTION)


@post(
    "/events/{event_id:str}/retraction",
    operation_id="retract_event",
    permission="append",
    status_code=201,
)
async def retract_event(request: AnyRequest, event_id: FromPath[str]) -> Response[bytes]:
    """Say that an event should not have been recorded; of a retraction, take it back."""
    return await _record(request, event_id, putting_right.RETRACTION)


@post(
    "/events/{event_id:str}/dispute",
    operation_id="dispute_event",
    permission="append",
    status_code=201,
)
async def dispute_event(request: AnyRequest, event_id: FromPath[str]) -> Response[bytes]:
    """Say, as an organisation that it concerns, that an event is wrong."""
    return await _record(request, event_id, putting_right.DISPUTE)


@post(
    "/events/{event_id:str}/settlement",
    operation_id="settle_dispute",
    permission="append",
    status_code=201,
)
async def settle_dispute(request: AnyRequest, event_id: FromPath[str]) -> Response[bytes]:
    """Settle a dispute, as the operator."""
    return await _record(request, event_id, putting_right.SETTLEMENT)


@post(
    "/events/{event_id:str}/confirmation",
    operation_id="confirm_event",
    permission="append",
    status_code=201,
)
async def confirm_event(request: AnyRequest, event_id: FromPath[str]) -> Response[bytes]:
    """Confirm, as an organisation that it names, an event of another one."""
    return await _record(request, event_id, putting_right.CONFIRMATION)


async def _record(request: AnyRequest, event_id: str, act: Act) -> Response[bytes]:
    parameters.read(request, Struct)
    events.content_type(request, {"application/json", ""})
    said = _ready(putting_right.read(act, await request.body()))
    key = _key(request, said)
    about, day = await _looked_up(request, events.event_key(event_id), key)
    found = putting_right.event(act, said, about, New(key, day, events.latest()))
    if not isinstance(found, codec.Submitted):
        raise Refused(Problem("invalid_events", "it is not valid; nothing was recorded", found))
    expected = events.expected(request, {found.event.organisation}, {})
    try:
        outcomes = await rooms(request).writer.append(Batch((found,), expected, caller(request)))
    except Refused as refused:
        raise Refused(_placed(refused.problem)) from None
    return events.receipt(outcomes)


def _ready(said: Said | Problem) -> Said:
    if isinstance(said, Problem):
        raise Refused(said)
    return said


def _key(request: AnyRequest, said: Said) -> uuid.UUID:
    """Return the new event's id: the body's, or what the request's Idempotency-Key gives."""
    if said.id is not UNSET:
        return said.id
    key = bodies.idempotency_key(request)
    if key is None:
        rule = "must be given, a new UUID, or an Idempotency-Key in its place: so a retry is safe"
        fault = Fault("/id", "missing", rule)
        raise Refused(Problem("invalid_events", "the new event needs an id", (fault,)))
    return keys.from_key(caller(request).id, key, 0)


async def _looked_up(
    request: AnyRequest, target: uuid.UUID, key: uuid.UUID
) -> tuple[Stands, dt.date]:
    """Return the event as it stands, and the day of saying so: today, or when it was said first."""
    seen, reader = await access.scope(request), await disclosing.reader(request)
    async with snapshot(request) as connection:
        stored, about = await events.readable(reader, connection, target, seen)
        first = await reading.one(connection, key)
    if first is None:
        return _stands(stored, about), dates.today(dt.datetime.now(dt.UTC))
    # Sent again: what was left out is as it was then, so that it is the same event.
    return _stands(stored, [o for o in about if o.position < first.position]), first.effective


def _stands(stored: reading.Stored, about: list[reading.Stored]) -> Stands:
    """Return an event as its newest correction in force says it."""
    correction = standing.correction(stored, about)
    read = (correction or stored).event()
    if isinstance(read, codec.Unread):
        return Stands(stored.id, stored.organisation, None, None)
    said = read.data.data if isinstance(read.data, EventCorrected) else None
    data = said or Raw(msgspec.json.encode(read.data))
    return Stands(stored.id, stored.organisation, read, data)


def _placed(problem: Problem) -> Problem:
    """Return what the log refused with its pointers as they stand in the body."""
    errors = tuple(
        putting_right.placed(
            msgspec.structs.replace(fault, pointer=fault.pointer.removeprefix("/events/0"))
        )
        for fault in problem.errors
    )
    detail = errors[0].rule if errors else problem.detail
    return msgspec.structs.replace(problem, detail=detail, errors=errors)
