"""Organisations: trusts and systems by code, former code or name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from litestar import Response, get
from litestar.params import FromPath
from msgspec import Meta, Struct

from service.api import access, answers, disclosing, parameters, tracing, waiting
from service.api.answers import AnyRequest
from service.api.moment import Moment, MomentQuery, settle
from service.api.rooms import rooms, snapshot
from service.domain.codec import Unread
from service.domain.mentions import mentioned
from service.domain.model import first_model
from service.domain.problems import Problem, Refused
from service.projections.history import Entry, History, facts
from service.projections.organisations import Summary, summary
from service.store import reading
from service.store.appending import Connection


class OrganisationsQuery(MomentQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which organisations: `q` is a code, a former code or part of a name, past or present.

    wait_for: a position that the current rows must have taken in before they answer.
    """

    q: Annotated[str, Meta(max_length=120)] | None = None
    after: Annotated[str, Meta(max_length=5)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    wait_for: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None


class Listed(Struct, frozen=True):
    """A page of organisations in order of code."""

    moment: Moment
    items: tuple[Summary, ...]
    next: str | None


class OrganisationAnswer(Struct, frozen=True):
    """One organisation on a date."""

    moment: Moment
    organisation: Summary


@get("/organisations", operation_id="list_organisations", permission="list_organisations")
async def list_organisations(request: AnyRequest) -> Response[bytes]:
    """Find trusts and systems by code, former code or name."""
    query = parameters.read(request, OrganisationsQuery)
    return await _list(request, query, "/api/v1/organisations", frozenset({"trust", "system"}))


@get("/systems", operation_id="list_systems", permission="list_organisations")
async def list_systems(request: AnyRequest) -> Response[bytes]:
    """List systems of every kind."""
    query = parameters.read(request, OrganisationsQuery)
    return await _list(request, query, "/api/v1/systems", frozenset({"system"}))


@get("/organisations/{code:str}", operation_id="get_organisation", permission="read_organisation")
async def get_organisation(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Read one organisation: names, kind, memberships, predecessors and successor."""
    query = parameters.read(request, MomentQuery)
    code = parameters.code(code)
    await access.within(request, code)
    room = rooms(request)
    moment = await settle(request, query, first_model().full_name)
    reader = await disclosing.reader(request, query.disclosure)
    moment = disclosing.told(moment, query.disclosure, reader, {code})
    history = await room.disclosed.load(reader, code, moment.known_at.position)
    found = summary(code, history, moment.on)
    if found.organisation_kind == "unregistered":
        raise Refused(Problem("not_found", f"{code[:20]} is not a registered organisation"))
    return answers.json(request, answers.encode(OrganisationAnswer(moment, found)))


async def _list(
    request: AnyRequest, query: OrganisationsQuery, path: str, bearers: frozenset[str]
) -> Response[bytes]:
    room = rooms(request)
    if query.wait_for is not None:
        await waiting.reached(room.pool, query.wait_for)
    seen = await access.scope(request)
    moment = await settle(request, query, first_model().full_name)
    async with snapshot(request) as connection:
        every = await _summaries(connection, moment, query)
    wanted = [
        found
        for found in every
        if found.organisation_kind in bearers
        and seen.sees(found.code)
        and _matches(found, query.q)
        and found.code > (query.after or "")
    ]
    page = tuple(wanted[: query.limit])
    more = len(wanted) > query.limit
    reader = await disclosing.reader(request, query.disclosure)
    moment = disclosing.told(moment, query.disclosure, reader, [found.code for found in page])
    onward = f"{path}?limit={query.limit}&after={page[-1].code}" if more else None
    tracing.shown(request, [one.code for one in page])
    return answers.json(request, answers.encode(Listed(moment, page, onward)))


async def _summaries(
    connection: Connection, moment: Moment, query: OrganisationsQuery
) -> Sequence[Summary]:
    """Return every organisation in order of code: from the current rows if they say just that."""
    if query.known_at is None:
        kept = await waiting.summaries(connection, moment.on, moment.known_at.position)
        if kept is not None:
            return kept
    histories = await _registers(connection, moment.known_at.position)
    return [summary(code, history, moment.on) for code, history in sorted(histories.items())]


async def _registers(connection: Connection, up_to: int) -> Mapping[str, History]:
    """Return for each organisation the part of its history that says what it is."""
    entries: dict[str, list[Entry]] = {}
    for row in await reading.register(connection, up_to):
        event = row.event()
        target = row.stamp().target
        entry = Entry(row.position, event, target)
        about = target.type if target else None
        named = frozenset[str]() if isinstance(event, Unread) else mentioned(event, about)
        for code in {row.organisation, *named}:
            entries.setdefault(code, []).append(entry)
    return {code: facts(found) for code, found in entries.items()}


def _matches(found: Summary, q: str | None) -> bool:
    if not q:
        return True
    text = q.strip().casefold()
    if text in {found.code.casefold(), *(one.code.casefold() for one in found.predecessors)}:
        return True
    names = (found.name or "", *(former.name for former in found.former_names))
    return any(text in name.casefold() for name in names)
