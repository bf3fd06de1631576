"""Events: append, list and read them."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import uuid
from collections.abc import Container, Mapping
from typing import Annotated, Final
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api import (
    access,
    answers,
    bodies,
    cursors,
    disclosing,
    parameters,
    sensed,
    standing,
    tracing,
)
from service.api.answers import AnyRequest
from service.api.moment import known_position
from service.api.rooms import caller, head, rooms, snapshot
from service.behind import sensing
from service.behind.scope import Scope
from service.behind.sensing import EventWarnings
from service.domain.admission import Batch, Outcome
from service.domain.disclosure import Disclosure, Wanted
from service.domain.faults import Fault
from service.domain.problems import Problem, Refused
from service.domain.reader import Reader
from service.intake import batches, cloudevents, keys
from service.projections.senses.check import OpenWarning
from service.store import disclosed, pool, reading, scoped
from service.store.appending import Connection
from service.submitting import files, lines, spooling, trials
from service.submitting.trials import Tried

NDJSON: Final = "application/x-ndjson"
CLOUDEVENT: Final = "application/cloudevents+json"
CLOUDEVENTS: Final = "application/cloudevents-batch+json"
FORMS: Final[Mapping[str, batches.Form]] = {
    "application/json": "json",
    "": "json",
    NDJSON: "lines",
    CLOUDEVENT: "cloudevent",
    CLOUDEVENTS: "cloudevents",
}
"""Content types that POST /events takes, each with the form of its body."""


TrialName = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
"""What a caller calls a trial of theirs."""


class AppendQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How to append. trial: laid over the log in a trial of this name, not recorded.

    warnings: list those about the events in the receipt. They are looked for after the commit, in
    each organisation's whole history, so it costs some milliseconds; without it an append reads no
    history.
    """

    trial: TrialName | None = None
    warnings: bool = False


class Receipt(Struct, frozen=True, omit_defaults=True):
    """What became of a batch, event by event, in its order; warnings: where they were asked for."""

    events: tuple[Outcome, ...]
    warnings: EventWarnings | UnsetType = UNSET


class TrialReceipt(Struct, frozen=True):
    """What became of events that were laid over a trial, in their order."""

    trial: str
    events: tuple[Tried, ...]


# Lines may be many, and are spooled; what else is sent is held whole and has its limit here.
@post(
    "/events",
    operation_id="append_events",
    permission="append",
    status_code=201,
    request_max_body_size=None,
)
async def append_events(request: AnyRequest) -> Response[bytes]:
    """Record one event or a batch; answers when it is durable. Sending it again is safe."""
    query = parameters.read(request, AppendQuery)
    form = FORMS[content_type(request, FORMS)]
    desk = rooms(request).desk
    if form != "lines":
        return await _append(request, query, await bodies.whole(request, desk.body_bytes), form)
    async with spooling.spooled(
        desk.folder, "lines", request.stream(), desk.limits.file_bytes
    ) as spooled:
        few = await asyncio.to_thread(lines.at_most, spooled.path, batches.MOST_EVENTS)
        if few is not None and spooled.size <= desk.body_bytes:
            return await _append(request, query, few, form)
        if query.trial is not None:
            detail = f"a trial takes at most {batches.MOST_EVENTS} events at once"
            raise Refused(Problem("trial_limit", detail))
        return await bodies.lines(request, spooled, bodies.idempotency_key(request))


async def _append(
    request: AnyRequest, query: AppendQuery, body: bytes, form: batches.Form
) -> Response[bytes]:
    read = batches.read(body, latest(), form, _naming(request))
    if isinstance(read, Problem):
        raise Refused(read)
    if query.trial is not None:
        return await _tried(request, query.trial, read)
    organisations = {submitted.event.organisation for submitted in read.events}
    versions = expected(request, organisations, read.parts.expected)
    try:
        batch = Batch(read.events, versions, caller(request))
        outcomes = await rooms(request).writer.append(batch)
    except Refused as refused:
        raise Refused(read.placed(refused.problem)) from None
    warned = await _warned(request, organisations, outcomes) if query.warnings else UNSET
    return receipt(outcomes, warned)


async def _tried(request: AnyRequest, trial: str, read: batches.Read) -> Response[bytes]:
    try:
        found = await trials.add(rooms(request).desk, caller(request), trial, read.events)
    except Refused as refused:
        raise Refused(read.placed(refused.problem)) from None
    return tried(trial, found)


def tried(trial: str, found: tuple[Tried, ...]) -> Response[bytes]:
    """Answer what became of events laid over a trial: 201 where any is new in it, else 200."""
    new = any(one.outcome == "tried" for one in found)
    return Response(
        content=answers.encode(TrialReceipt(trial, found)),
        status_code=201 if new else 200,
        media_type="application/json",
    )


def receipt(
    outcomes: tuple[Outcome, ...], warnings: EventWarnings | UnsetType = UNSET
) -> Response[bytes]:
    """Answer what became of a batch: 201 where anything is new, 200 where all was there before."""
    new = any(outcome.outcome == "recorded" for outcome in outcomes)
    return Response(
        content=answers.encode(Receipt(outcomes, warnings)),
        status_code=201 if new else 200,
        media_type="application/json",
    )


async def _warned(
    request: AnyRequest, organisations: set[str], outcomes: tuple[Outcome, ...]
) -> EventWarnings:
    """Return the warnings about what was recorded, as it stands now."""
    positions = {outcome.position for outcome in outcomes}
    known = await sensed.known_now(rooms(request), await disclosing.reader(request))
    return await sensing.about(known, organisations, positions)


def latest() -> dt.date:
    """Return the last effective date that is accepted today."""
    return files.latest(dt.datetime.now(dt.UTC))


def content_type(request: AnyRequest, taken: Container[str]) -> str:
    """Return a body's content type, in lower case; raises Refused for one that is not taken."""
    given = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if given not in taken:
        detail = f"{given[:80] or 'no Content-Type'} is not taken here"
        raise Refused(Problem("unsupported_media_type", detail))
    if "content-encoding" in request.headers:
        raise Refused(Problem("unsupported_media_type", "request bodies are not compressed"))
    return given


def _naming(request: AnyRequest) -> batches.Naming | None:
    key = bodies.idempotency_key(request)
    return None if key is None else functools.partial(keys.from_key, caller(request).id, key)


def expected(
    request: AnyRequest, organisations: set[str], given: Mapping[str, int]
) -> dict[str, int]:
    """Return the expected versions: those of the body, and If-Match for one organisation."""
    header = request.headers.get("if-match")
    if header is None:
        return dict(given)
    number = header.strip().strip('"')
    if len(organisations) != 1 or not (number.isascii() and number.isdigit() and len(number) < 10):
        rule = 'If-Match takes the version of one organisation\'s stream, such as "41"'
        raise Refused(Problem("malformed_body", rule, (Fault("If-Match", "if_match", rule),)))
    return {**given, next(iter(organisations)): int(number)}


class EventsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which events to list, in order of position.

    organisation, type: of that stream, of that type. effective_from, effective_to: civil days, both
    included. recorded_from, recorded_before: instants with an offset. positions: only
    these, at most 100, with commas. known_at: nothing beyond it.
    cursor: go on where a list ended. limit: how many, at most 1,000.
    disclosure: the most that the caller may have if absent; people-v1 for rounded counts, exact for
    none but exact ones. An event with rounded counts has no hash; a payload withheld is null.
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
    disclosure: Wanted | None = None


@get("/events", operation_id="list_events", permission="read_events")
async def list_events(request: AnyRequest) -> Response[bytes]:
    """List events in order of position, a page at a time; NDJSON where Accept asks for it."""
    query = parameters.read(request, EventsQuery)
    seen, at = await access.scope(request), await head(request)
    reader = await disclosing.reader(request, query.disclosure)
    if query.organisation is None:
        disclosing.refuse_everybody(query.disclosure, reader)
    # No snapshot is needed: up to the head the log stays as it is.
    async with pool.lent(rooms(request).pool) as connection:
        up_to = await known_position(connection, query.known_at, at.position)
        after = await _after(connection, query, at)
        found = await disclosed.page(
            reader, connection, _filter(query, seen), after, up_to, query.limit
        )
        onward = None
        if len(found) == query.limit:
            onward = await cursors.cursor(connection, at.log, found[-1].position)
    found = await rooms(request).disclosed.told(reader, found)
    whose = {one.organisation for one in found}
    tracing.shown(request, whose)
    said = disclosing.given(query.disclosure, reader, whose)
    return _listed(request, query, found, at.log, onward, disclosure=said)


async def _after(connection: Connection, query: EventsQuery, at: reading.Head) -> int:
    if query.cursor is None:
        return 0
    return await cursors.position_of(connection, query.cursor, at.log)


def _filter(query: EventsQuery, seen: Scope) -> reading.Filter:
    organisation = query.organisation.strip().upper() if query.organisation else None
    whole = organisation is not None and seen.sees(organisation)
    return reading.Filter(
        among=None if whole else seen.listed(),
        organisation=organisation,
        types=(query.type,) if query.type else None,
        effective_from=query.effective_from,
        effective_to=query.effective_to,
        recorded_from=query.recorded_from,
        recorded_before=query.recorded_before,
        positions=tuple(map(int, query.positions.split(","))) if query.positions else None,
    )


def _listed(
    request: AnyRequest,
    query: EventsQuery,
    found: list[reading.Stored],
    log: uuid.UUID,
    onward: str | None,
    *,
    disclosure: Disclosure,
) -> Response[bytes]:
    href = None
    if onward is not None:
        members = {k: str(v) for k, v in msgspec.to_builtins(query).items() if v is not None}
        href = "/api/v1/events?" + urlencode(members | {"cursor": onward})
    lines = [stored.line() for stored in found]
    accepted = request.headers.get("accept", "")
    if NDJSON in accepted:
        answer = answers.json(request, b"".join(line + b"\n" for line in lines), NDJSON)
    elif CLOUDEVENTS in accepted:
        written = b"[%b]" % b",".join(cloudevents.write(line, log) for line in lines)
        answer = answers.json(request, written, CLOUDEVENTS)
    else:
        parts = (b",".join(lines), answers.encode(href), disclosure.encode())
        body = b'{"items":[%b],"next":%b,"disclosure":"%b"}' % parts
        answer = answers.json(request, body)
    if href is not None:
        answer.headers["Link"] = f'<{href}>; rel="next"'
    return answer


class EventAnswer(Struct, frozen=True):
    """One event with all that corrects, disputes, confirms, settles or retracts it.

    text: None where the payload cannot be read or is withheld. warnings: those that are open about
    it. disclosure: whose counts the answer holds.
    """

    event: msgspec.Raw
    text: str | None
    status: str
    about: tuple[msgspec.Raw, ...]
    warnings: tuple[OpenWarning, ...]
    disclosure: Disclosure


class EventQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How to read an event. disclosure: with whose counts, as in a list of events."""

    disclosure: Wanted | None = None


@get("/events/{event_id:str}", operation_id="get_event", permission="read_events")
async def get_event(request: AnyRequest, event_id: FromPath[str]) -> Response[bytes]:
    """Read one event with everything that is about it; as a CloudEvent, itself alone."""
    query = parameters.read(request, EventQuery)
    key, seen = event_key(event_id), await access.scope(request)
    reader = await disclosing.reader(request, query.disclosure)
    async with snapshot(request) as connection:
        stored, about = await readable(reader, connection, key, seen)
    every = await rooms(request).disclosed.told(reader, [stored, *about])
    if not every or every[0].position != stored.position:
        raise absent(key)
    stored, *about = every
    whose = {one.organisation for one in every}
    tracing.shown(request, whose)
    said = disclosing.given(query.disclosure, reader, whose)
    if CLOUDEVENT in request.headers.get("accept", ""):
        log = (await head(request)).log
        return answers.json(request, cloudevents.write(stored.line(), log), CLOUDEVENT)
    lines = tuple(msgspec.Raw(other.line()) for other in about)
    known = await sensed.known_now(rooms(request), reader)
    own = {stored.organisation} if seen.sees(stored.organisation) else set[str]()
    warned = await sensing.about(known, own, {stored.position})
    whole = EventAnswer(
        event=msgspec.Raw(stored.line()),
        text=standing.text(stored, reader.disclosure(stored.organisation)),
        status=standing.status(stored, about),
        about=lines,
        warnings=warned.items,
        disclosure=said,
    )
    return answers.json(request, disclosing.alike(answers.encode(whole), query.disclosure))


async def readable(
    reader: Reader, connection: Connection, key: uuid.UUID, seen: Scope
) -> tuple[reading.Stored, list[reading.Stored]]:
    """Return an event and all about it, as far as a scope reads it: in its streams, or named there.

    Raises Refused, with the same words for one that is not theirs as for one that is not there, and
    after the same reading: ids of rows can be guessed, so that time must not tell either.
    """
    stored = await disclosed.one(reader, connection, key)
    about = await disclosed.about(reader, connection, key)
    every = [*([stored] if stored is not None else []), *about]
    if seen.listed() is not None:
        named = await scoped.named_at(connection, [one.position for one in every])
        nobody = frozenset[str]()
        every = [
            one for one in every
            if seen.sees_any(named.get(one.position, nobody) | {one.organisation})
        ]  # fmt: skip
    if stored is None or stored not in every:
        raise absent(key)
    return stored, [one for one in every if one is not stored]


def absent(key: uuid.UUID) -> Refused:
    """Return that an event is not there, in the same words for one that is not theirs."""
    return Refused(Problem("not_found", f"event {key} is not in the log"))


def event_key(given: str) -> uuid.UUID:
    """Return a path's event id; raises Refused when it is none."""
    try:
        return uuid.UUID(given)
    except ValueError:
        raise Refused(Problem("not_found", f"{given[:60]} is no event's id")) from None
