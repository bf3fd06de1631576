"""Pictures of trusts and systems on any date, as known at any moment."""

from __future__ import annotations

from typing import Literal

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from msgspec import Struct

from service.api import answers, parameters
from service.api.answers import AnyRequest
from service.api.moment import Moment, MomentQuery, settle
from service.api.rooms import rooms
from service.behind.pictures import Asked
from service.domain.model import first_model
from service.domain.problems import Problem, Refused
from service.projections import system_picture, trust_picture
from service.projections.organisations import Summary


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


class _Parts(Struct, frozen=True):
    """A TrustAnswer or SystemAnswer whose picture is JSON already."""

    moment: Moment
    organisation: Summary
    picture: msgspec.Raw


@get("/trusts/{code:str}/picture", operation_id="get_trust_picture")
async def get_trust_picture(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Read a trust's ledger on a date: levels, measures, facts, with the events behind each."""
    return await _answer(request, code, "trust")


@get("/systems/{code:str}/picture", operation_id="get_system_picture")
async def get_system_picture(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Read a system of any kind on a date: its trusts side by side, in alphabetical order."""
    return await _answer(request, code, "system")


async def _answer(
    request: AnyRequest, given: str, bearer: Literal["trust", "system"]
) -> Response[bytes]:
    """Return a picture with the moment that it is of, or that the reader has it already."""
    query = parameters.read(request, MomentQuery)
    code, room, model = parameters.code(given), rooms(request), first_model()
    moment = await settle(room, query, model.full_name)
    up_to, now = moment.known_at.position, query.known_at is None
    asked = Asked(code, bearer, moment.on, up_to, now, query.evidence, model)
    made = await room.pictures.picture(asked)
    if made.organisation is None:
        detail = f"{code} is not a {bearer} that was known at position {up_to}"
        raise Refused(Problem("not_found", detail))
    tag = answers.weak_tag(made.tag, moment.log, moment.fold, moment.model, moment.evidence)
    if answers.has(request, tag):
        return answers.unchanged(tag)
    parts = _Parts(moment, made.organisation, msgspec.Raw(made.body))
    return answers.tagged(answers.encode(parts), tag)
