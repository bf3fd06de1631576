"""Erasures: the operator erases a person's name, lists what was erased, allows one again."""

from __future__ import annotations

import datetime as dt

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from service.api import answers, bodies, events, parameters
from service.api.answers import AnyRequest
from service.api.rooms import caller, rooms
from service.domain import people
from service.domain.erasures import ErasureAct


class ErasureShown(Struct, frozen=True):
    """An erasure; holds no name.

    reason, erased_at, erased_by: of the first time, until it is lifted. swept: whether the name's
    bytes are gone from the database's files too. listed: whether the list outside the database
    has it; if not, export it now: it is gone from backups only once they have expired.
    """

    person: str
    reason: str | None
    erased_at: dt.datetime
    erased_by: str
    swept: bool
    listed: bool


class ErasuresListed(Struct, frozen=True):
    """Every act of the list of erasures, in order: of one subject the last one counts."""

    items: tuple[ErasureAct, ...]
    next: str | None


@post(
    "/people/{person:str}/erasure", operation_id="erase_person", permission="people",
    status_code=201,
)  # fmt: skip
async def erase_person(request: AnyRequest, person: FromPath[str]) -> Response[bytes]:
    """Erase a person's name: here, in the database's files, and after every restore."""
    parameters.read(request, Struct)
    events.content_type(request, {"application/json", ""})
    known, room = people.person(person), rooms(request)
    reason = people.reason(await bodies.whole(request, room.desk.body_bytes))
    done = await room.people.erase(known, reason, caller(request).id)
    act = done.act
    shown = ErasureShown(known, act.reason, act.at, act.caller, done.swept, done.listed)
    return _told(shown, 201 if done.new else 200)


@post(
    "/people/{person:str}/lifting", operation_id="lift_erasure", permission="people",
    status_code=201,
)  # fmt: skip
async def lift_erasure(request: AnyRequest, person: FromPath[str]) -> Response[bytes]:
    """Allow a name of a person to be recorded again; what was erased does not come back."""
    parameters.read(request, Struct)
    return _told(await rooms(request).people.lift(people.person(person), caller(request).id), 201)


@get("/erasures", operation_id="list_erasures", permission="people")
async def list_erasures(request: AnyRequest) -> Response[bytes]:
    """List every erasure and every one that was lifted: references, no names."""
    parameters.read(request, Struct)
    found = tuple(await rooms(request).people.acts())
    return answers.json(request, answers.encode(ErasuresListed(found, None)))


def _told(answer: Struct, status: int) -> Response[bytes]:
    return Response(answers.encode(answer), status_code=status, media_type="application/json")
