"""Events: append, list and read them."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Final
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Meta, Struct

from service.api import answers, cursors, parameters
from service.api.answers import AnyRequest
from service.api.moment import known_position
from service.api.rooms import caller, rooms, snapshot
from service.domain import codec, dates, explain
from service.domain.admission import Batch, Outcome
from service.domain.faults import Fault
from service.domain.problems import Problem, Refused
from service.domain.register import BY_NAME
from service.intake import batches
from service.store import reading
from service.store.appending import Connection

JSON_TYPES: Final = frozenset({"application/json", ""})
NDJSON: Final = "application/x-ndjson"


class Receipt(Struct, frozen=True):
    """What became of a batch, event by event, in its order."""

    events: tuple[Outcome, ...]


@post("/events", operation_id="append_events", status_code=201)
async def append_events(request: AnyRequest) -> Response[bytes]:
    """Record one event or a batch; answers when it is durable. Sending it again is safe."""
    _refuse_other_types(request)
    today = dates.today(dt.datetime.now(dt.UTC))
    read = batches.read(await request.body(), min(today + explain.AHEAD, dates.LATEST))
    if isinstance(read, Problem):
        raise Refused(read)
    batch = Batch(read.events, _expected(request, read), caller(request))
    try:
        outcomes = await rooms(request).writer.append(batch)
    except Refused as refused:
        raise Refused(read.placed(refused.problem)) from None
    new = any(outcome.outcome == "recorded" for outcome in outcomes)
    return Response(
        content=answers.encode(Receipt(outcomes)),
        status_code=201 if new else 200,
        media_type="application/json",
    )


def _refuse_other_types(request: AnyRequest) -> None:
    given = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if given not in JSON_TYPES:
        raise Refused(Problem("unsupported_media_type", f"{given[:80]} is not application/json"))
    if "content-encoding" in request.headers:
        raise Refused(Problem("unsupported_media_type", "request bodies are not compressed"))


def _expected(request: AnyRequest, read: batches.Read) -> dict[str, int]:
    """Return the expected versions: those of the body, and If-Match for one organisation."""
    given = request.headers.get("if-match")
    if given is None:
        return read.expected
    organisations = {submitted.event.organisation for submitted in read.events}
    number = given.strip().strip('"')
    if len(organisations) != 1 or not (number.isascii() and number.isdigit() and len(number) < 10):
        rule = 'If-Match takes the version of one organisation\'s stream, such as "41"'
        raise Refused(Problem("malformed_body", rule, (Fault("If-Match", "if_match", rule),)))
    return read.expected | {organisations.pop(): int(number)}


class EventsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which events to list, in order of position.

    organisation, type: of that stream, of that type. effective_from, effective_to: civil days, both
    included. recorded_from, recorded_before: instants with an offset. positions: only
    these, at most 100, with commas. known_at: nothing beyond it.
    cursor: go on where a list ended. limit: how many, at most 1,000.
    """

    organisation: Annotated[str, Meta(max_length=5)] | None = None
    type: Annotated[str, Meta(max_length=64)] | None = None
    effective_from: dt.date | None = None
    effective_to: dt.date | None = None
    recorded_from: Annotated[dt.datetime, Meta(tz=True)] | None = None
    recorded_before: Annotated[dt.datetime, Meta(tz=True)] | None = None
    positions: (
        Annotated[str, Meta(max_length=2000, pattern=r"^\d{1,18}(,\d{1,18}){0,99}$")] | None
    ) = None
    known_at: Annotated[str, Meta(max_length=40)] | None = None
    cursor: Annotated[str, Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


@get("/events", operation_id="list_events")
async def list_events(request: AnyRequest) -> Response[bytes]:
    """List events in order of position, a page at a time; NDJSON where Accept asks for it."""
    query = parameters.read(request, EventsQuery)
    async with snapshot(request) as connection:
        head = await reading.head(connection)
        up_to = await known_position(connection, query.known_at, head.position)
        after = await _after(connection, query, head)
        found = await reading.page(connection, _filter(query), after, up_to, query.limit)
        onward = None
        if len(found) == query.limit:
            onward = await cursors.cursor(connection, head.log, found[-1].position)
    return _listed(request, query, found, onward)


async def _after(connection: Connection, query: EventsQuery, head: reading.Head) -> int:
    if query.cursor is None:
        return 0
    return await cursors.position_of(connection, query.cursor, head.log)


def _filter(query: EventsQuery) -> reading.Filter:
    return reading.Filter(
        organisation=query.organisation.strip().upper() if query.organisation else None,
        types=(query.type,) if query.type else None,
        effective_from=query.effective_from,
        effective_to=query.effective_to,
        recorded_from=query.recorded_from,
        recorded_before=query.recorded_before,
        positions=tuple(map(int, query.positions.split(","))) if query.positions else None,
    )


def _listed(
    request: AnyRequest, query: EventsQuery, found: list[reading.Stored], onward: str | None
) -> Response[bytes]:
    lines = [stored.line() for stored in found]
    href = None
    if onward is not None:
        members = {k: str(v) for k, v in msgspec.to_builtins(query).items() if v is not None}
        href = "/api/v1/events?" + urlencode(members | {"cursor": onward})
    if NDJSON in request.headers.get("accept", ""):
        answer = answers.json(request, b"".join(line + b"\n" for line in lines), NDJSON)
    else:
        body = b'{"items":[%b],"next":%b}' % (b",".join(lines), answers.encode(href))
        answer = answers.json(request, body)
    if href is not None:
        answer.headers["Link"] = f'<{href}>; rel="next"'
    return answer


class EventAnswer(Struct, frozen=True):
    """One event with all that corrects, disputes, confirms, settles or retracts it."""

    event: msgspec.Raw
    text: str | None
    status: str
    about: tuple[msgspec.Raw, ...]


@get("/events/{event_id:str}", operation_id="get_event")
async def get_event(request: AnyRequest, event_id: FromPath[str]) -> Response[bytes]:
    """Read one event with everything that is about it."""
    parameters.read(request, Struct)
    try:
        key = uuid.UUID(event_id)
    except ValueError:
        raise Refused(Problem("not_found", f"{event_id[:60]} is no event's id")) from None
    async with snapshot(request) as connection:
        stored = await reading.one(connection, key)
        if stored is None:
            raise Refused(Problem("not_found", f"event {key} is not in the log"))
        about = await reading.about(connection, key)
    lines = tuple(msgspec.Raw(other.line()) for other in about)
    whole = EventAnswer(msgspec.Raw(stored.line()), _text(stored), _status(stored, about), lines)
    return answers.json(request, answers.encode(whole))


def _text(stored: reading.Stored) -> str | None:
    event = stored.event()
    return None if isinstance(event, codec.Unread) else BY_NAME[stored.type].text(event.data)


def _status(stored: reading.Stored, about: list[reading.Stored]) -> str:
    """Say in a word how an event stands: in force, corrected, or retracted."""
    gone: set[uuid.UUID | None] = set()
    for other in reversed(about):
        if other.type == "EventRetracted" and other.id not in gone:
            gone.add(other.about)
    if stored.id in gone:
        return "retracted"
    corrected = any(o.type == "EventCorrected" and o.id not in gone for o in about)
    return "corrected" if corrected else "in_force"
