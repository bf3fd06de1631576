"""How complete a trust's record is: what is there, what warns, what to send next."""

from __future__ import annotations

import datetime as dt

from litestar import Response, get
from litestar.params import FromPath
from msgspec import Struct

from service.api import access, answers, disclosing, parameters, pictures
from service.api.answers import AnyRequest
from service.api.moment import Moment
from service.api.rooms import Rooms, rooms
from service.behind.pictures import Asked, rounded_in
from service.behind.sensing import Known, open_warnings
from service.domain import dates
from service.projections.completeness import Completeness, completeness
from service.projections.context import context
from service.projections.organisations import Summary, summary


class CompletenessAnswer(Struct, frozen=True):
    """How complete a trust's record is, and the moment that it is of."""

    moment: Moment
    organisation: Summary
    completeness: Completeness


@get(
    "/trusts/{code:str}/completeness",
    operation_id="get_completeness",
    permission="read_organisation",
)
async def get_completeness(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Read how complete a trust's record is on a date: gaps, open warnings, what to send next."""
    room = rooms(request)
    query = parameters.read(request, pictures.PictureQuery)
    await access.within(request, parameters.code(code))
    moment, asked = await pictures.asked_for(request, query, code, "trust")
    histories = await room.pictures.load(asked)
    organisation = summary(asked.code, histories[asked.code], asked.on)
    if organisation.organisation_kind != asked.bearer:
        raise pictures.unknown(asked)
    moment = disclosing.told(moment, query.disclosure, asked.reader, rounded_in(asked, histories))
    warned = await open_warnings(_known(room, moment, asked), asked.code)
    found = completeness(context(asked.code, histories, asked.on), asked.model, warned)
    answer = answers.encode(CompletenessAnswer(moment, organisation, found))
    return answers.json(request, disclosing.alike(answer, query.disclosure))


def _known(room: Rooms, moment: Moment, asked: Asked) -> Known:
    """Return what was known at the moment; a date after that day was still to come."""
    said = None if asked.now else moment.known_at.recorded_at
    instant = dt.datetime.fromisoformat(said) if said else dt.datetime.now(dt.UTC)
    return Known(room.disclosed, room.registers, asked.up_to, dates.today(instant), asked.reader)
