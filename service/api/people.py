"""People's names: recorded by the operator, shown beside a trust's picture to whoever may see it.

A name is never inside a picture, so that its bytes, its ETag and what is kept of it say nothing of
names; and no answer that holds one may be kept by what is on the way.
"""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Meta, Struct

from service.api import access, answers, bodies, events, parameters
from service.api.answers import AnyRequest
from service.api.rooms import caller, head, rooms
from service.domain import dates, people
from service.domain.problems import Problem, Refused
from service.projections.organisations import summary
from service.projections.people import persons
from service.store.people import Named

_UNKEPT = {"Cache-Control": "no-store"}


class PeopleQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which names: after a person's reference, so many."""

    after: Annotated[str, Meta(max_length=40)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class NamesListed(Struct, frozen=True):
    """People's names, in order of their references."""

    items: tuple[Named, ...]
    next: str | None


@post("/people/{person:str}/name", operation_id="record_name", permission="people", status_code=201)
async def record_name(request: AnyRequest, person: FromPath[str]) -> Response[bytes]:
    """Record a person's name as a body has published it, in the place of the one before."""
    parameters.read(request, Struct)
    events.content_type(request, {"application/json", ""})
    known, room = people.person(person), rooms(request)
    body = await bodies.whole(request, room.desk.body_bytes)
    new = people.new_name(body, dates.today(room.desk.now()))
    named, added = await room.people.record(known, new, caller(request).id)
    return _told(named, 201 if added else 200)


@get("/people", operation_id="list_people", permission="people")
async def list_people(request: AnyRequest) -> Response[bytes]:
    """List every name that is recorded, in order of the persons' references."""
    query = parameters.read(request, PeopleQuery)
    found = await rooms(request).people.listed(query.after or "", query.limit + 1)
    page = tuple(found[: query.limit])
    more = len(found) > query.limit
    onward = f"/api/v1/people?limit={query.limit}&after={page[-1].person}" if more else None
    return _told(NamesListed(page, onward))


@get("/trusts/{code:str}/people", operation_id="list_trust_people", permission="read_organisation")
async def list_trust_people(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """List the names of those who appear in a trust's picture, to be shown beside it."""
    parameters.read(request, Struct)
    code = parameters.code(code)
    await access.within(request, code)
    room = rooms(request)
    history = await room.histories.load(code, (await head(request)).position)
    found = summary(code, history, dates.today(room.desk.now()))
    if found.organisation_kind != "trust":
        raise Refused(Problem("not_found", f"{code} is not a registered trust"))
    return _told(NamesListed(tuple(await room.people.of(persons(history))), None))


def _told(answer: Struct, status: int = 200) -> Response[bytes]:
    return Response(
        answers.encode(answer),
        status_code=status,
        headers=_UNKEPT,
        media_type="application/json",
    )
