"""Pictures of trusts and systems on any date, as known at any moment."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.params import FromPath
from msgspec import Meta, Struct

from service.api import answers, models, parameters
from service.api.answers import AnyRequest
from service.api.moment import Evidence, Moment, MomentQuery, settle
from service.api.rooms import Rooms, rooms
from service.domain.model import Model
from service.domain.problems import Problem, Refused
from service.domain.register import BY_NAME
from service.projections import closure, system_picture, trust_picture
from service.projections.beginnings import Beginning, beginnings
from service.projections.context import context
from service.projections.dimensions import levels
from service.projections.history import Fact, History
from service.projections.organisations import Summary, summary


async def load(
    room: Rooms, code: str, up_to: int, evidence: Evidence = "both"
) -> dict[str, History]:
    """Return the histories that a picture of `code` rests on, each read to the same position.

    Of others that it is connected with, only what they are and where they belong.
    """
    histories: dict[str, History] = {}
    wanted = {code}
    while wanted:
        for one in sorted(wanted):
            histories[one] = _only(await room.histories.load(one, up_to), evidence)
        wanted = closure.missing(code, histories)
    while around := closure.neighbours(code, histories):
        histories |= await room.histories.registers(around, up_to)
    return histories


def _only(history: History, evidence: Evidence) -> History:
    """Return a history with the evidence asked for; the register is the operator's and stays."""
    if evidence == "both":
        return history
    kept = {kind: _of_kind(kind, group, evidence) for kind, group in history.by_type.items()}
    return History(kept, history.unread, history.last_position)


def _of_kind(kind: str, group: tuple[Fact, ...], evidence: Evidence) -> tuple[Fact, ...]:
    if BY_NAME[kind].part == "register":
        return group
    return tuple(fact for fact in group if fact.source_kind == evidence)


class PictureQuery(MomentQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a picture may be asked with beside its moment. model: the first one if absent."""

    model: Annotated[str, Meta(max_length=60)] | None = None


class TrustAnswer(Struct, frozen=True):
    """A trust's picture and the moment that it is of."""

    moment: Moment
    organisation: Summary
    picture: trust_picture.TrustPicture


class SystemAnswer(Struct, frozen=True):
    """A system's picture and the moment that it is of."""

    moment: Moment
    organisation: Summary
    picture: system_picture.SystemPicture


class BeginningsAnswer(Struct, frozen=True):
    """A trust's levels on the day of joining each programme, and the moment that it is of."""

    moment: Moment
    organisation: Summary
    items: tuple[Beginning, ...]
    next: str | None


@get("/trusts/{code:str}/picture", operation_id="get_trust_picture")
async def get_trust_picture(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Read a trust's ledger on a date: levels, measures, facts, with the events behind each."""
    moment, organisation, histories, model = await _asked(request, code, "trust")
    picture = trust_picture.picture(organisation.code, histories, moment.on, model)
    return answers.json(request, answers.encode(TrustAnswer(moment, organisation, picture)))


@get("/systems/{code:str}/picture", operation_id="get_system_picture")
async def get_system_picture(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Read a system of any kind on a date: its trusts side by side, in alphabetical order."""
    moment, organisation, histories, model = await _asked(request, code, "system")
    picture = system_picture.picture(organisation.code, histories, moment.on, model)
    return answers.json(request, answers.encode(SystemAnswer(moment, organisation, picture)))


@get("/trusts/{code:str}/beginnings", operation_id="list_trust_beginnings")
async def list_trust_beginnings(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """List the programmes that a trust joined by a date, each with the levels of that day."""
    moment, organisation, histories, model = await _asked(request, code, "trust")
    given = context(organisation.code, histories, moment.on)
    found = beginnings(given, lambda then: levels(then, model))
    answer = BeginningsAnswer(moment, organisation, found, next=None)
    return answers.json(request, answers.encode(answer))


async def _asked(
    request: AnyRequest, code: str, bearer: str
) -> tuple[Moment, Summary, dict[str, History], Model]:
    """Return the moment, the organisation, the histories and the model of a picture."""
    query = parameters.read(request, PictureQuery)
    model = models.chosen(query.model)
    code = parameters.code(code)
    room = rooms(request)
    moment = await settle(room, query, model.full_name)
    up_to = moment.known_at.position
    histories = await load(room, code, up_to, query.evidence)
    organisation = summary(code, histories[code], moment.on)
    if organisation.organisation_kind != bearer:
        detail = f"{code[:20]} is not a {bearer} that was known at position {up_to}"
        raise Refused(Problem("not_found", detail))
    return moment, organisation, histories, model
