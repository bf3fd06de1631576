"""Who read an organisation's data, and which administrative acts concern it."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from typing import Annotated, Final, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from msgspec import Meta, Struct, field

from service.api import access, answers, parameters
from service.api.answers import AnyRequest
from service.api.rooms import rooms
from service.domain import acts as domain
from service.domain import dates
from service.domain.faults import Fault
from service.domain.problems import Problem, Refused
from service.domain.reads import Kind
from service.domain.roles import ALL
from service.store import acts, pool, reads
from service.store.acts import Noted
from service.store.reads import Place, Read

T = TypeVar("T")
_FIRST: Final = 2**63 - 1
"""Before this number of an act stand all."""
Number = Annotated[int, Meta(ge=0, le=_FIRST)]


class ReadsQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which reads, the newest first. from, to: civil days in London, both included."""

    from_: dt.date | None = field(default=None, name="from")
    to: dt.date | None = None
    cursor: Annotated[str, Meta(max_length=6000)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class ReadShown(Struct, frozen=True):
    """How often a caller read a kind of the organisation's data within an hour.

    caller: opaque, as in `recorded_by`. roles: by which they could, each with for whom it was
    granted. hours: 1, or 24 where the service could not write for long and merged a day (UTC).
    """

    hour: dt.datetime
    hours: int
    caller: str
    roles: tuple[str, ...]
    kind: Kind
    times: int


class ReadsListed(Struct, frozen=True):
    """A page of reads of one organisation by others."""

    organisation: str
    items: tuple[ReadShown, ...]
    next: str | None


class ActsQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A page of acts, the newest first. cursor: go on where a list ended."""

    cursor: Annotated[str, Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class ActShown(Struct, frozen=True):
    """An administrative act.

    by: a caller. object: to what it was done, an id or a code. everybody: it concerns all
    organisations, else those listed; an organisation is told of itself alone.
    """

    number: int
    at: dt.datetime
    by: str
    act: domain.Name
    object: str
    everybody: bool
    organisations: tuple[str, ...]
    detail: str


class ActsListed(Struct, frozen=True):
    """A page of acts."""

    items: tuple[ActShown, ...]
    next: str | None


@get("/organisations/{code:str}/reads", operation_id="list_reads", permission="read_trace")
async def list_reads(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """List who else read an organisation's data: by caller, kind and hour, the newest first."""
    query = parameters.read(request, ReadsQuery)
    known = parameters.code(code)
    await access.within(request, known)
    since, place = between(query.from_, query.to)
    place = place if query.cursor is None else _opened(query.cursor, Place)
    async with pool.lent(rooms(request).pool) as connection:
        found = await reads.page(connection, known, since, place, query.limit)
    onward = _href(request, _place(found[-1]), query.limit) if len(found) == query.limit else None
    items = tuple(_read(one) for one in found)
    return _listed(request, ReadsListed(known, items, onward), onward)


@get("/organisations/{code:str}/acts", operation_id="list_acts_of", permission="read_trace")
async def list_acts_of(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """List the administrative acts that concern an organisation, or everybody."""
    query = parameters.read(request, ActsQuery)
    known = parameters.code(code)
    await access.within(request, known)
    before = _FIRST if query.cursor is None else _opened(query.cursor, Number)
    async with pool.lent(rooms(request).pool) as connection:
        found = await acts.page_of(connection, known, before, query.limit)
    own = [Noted(one.number, domain.told(one.act, known)) for one in found]
    return _acts(request, own, query.limit)


@get("/acts", operation_id="list_acts", permission="read_acts")
async def list_acts(request: AnyRequest) -> Response[bytes]:
    """List every administrative act, the newest first."""
    query = parameters.read(request, ActsQuery)
    before = _FIRST if query.cursor is None else _opened(query.cursor, Number)
    async with pool.lent(rooms(request).pool) as connection:
        found = await acts.page(connection, before, query.limit)
    return _acts(request, found, query.limit)


def between(first: dt.date | None, last: dt.date | None) -> tuple[dt.datetime, Place]:
    """Return from which instant, and before which place, the hours of some days in London lie."""
    since = max(first or dates.EARLIEST, dates.EARLIEST) - dt.timedelta(days=1)
    until = max(dates.EARLIEST, min(last or dates.LATEST, dates.LATEST))
    return dates.end_of_day(since), Place(dates.end_of_day(until))


def _acts(request: AnyRequest, found: list[Noted], limit: int) -> Response[bytes]:
    """Answer a page of acts."""
    full = len(found) == limit
    onward = _href(request, found[-1].number, limit) if full else None
    items = tuple(_act(one) for one in found)
    return _listed(request, ActsListed(items, onward), onward)


def _read(one: Read) -> ReadShown:
    roles = tuple(one.roles.split())
    return ReadShown(one.hour, one.hours, one.caller, roles, one.kind, one.times)


def _act(one: Noted) -> ActShown:
    act, concerns = one.act, one.act.organisations
    codes = () if concerns == ALL else tuple(sorted(concerns))
    return ActShown(
        one.number, act.at, act.by, act.name, act.object, concerns == ALL, codes, act.detail
    )


def _place(one: Read) -> Place:
    return Place(one.hour, one.caller, one.kind, one.roles, one.hours)


def _href(request: AnyRequest, place: Place | int, limit: int) -> str:
    """Return where a list goes on, with what else was asked."""
    kept = {name: str(value) for name, value in request.query_params.items()}
    cursor = base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()
    return f"{request.url.path}?" + urlencode(kept | {"limit": str(limit), "cursor": cursor})


def _opened(given: str, into: type[T]) -> T:
    """Return the place of a cursor; raises Refused when it is none of this list's."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(given.encode("ascii")), type=into)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        rule = "must be a cursor that this list gave"
        fault = Fault("?cursor", "cursor", rule)
        raise Refused(Problem("invalid_parameter", rule, (fault,))) from None


def _listed(request: AnyRequest, page: Struct, onward: str | None) -> Response[bytes]:
    answer = answers.json(request, answers.encode(page))
    if onward is not None:
        answer.headers["Link"] = f'<{onward}>; rel="next"'
    return answer
