"""Pictures of trusts and systems on any date, as known at any moment."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from msgspec import Meta, Struct

from service.api import access, answers, disclosing, models, parameters, tracing
from service.api.answers import AnyRequest
from service.api.events import TrialName
from service.api.moment import Moment, MomentQuery, settle
from service.api.rooms import caller, head, rooms
from service.behind.pictures import Asked, rounded_in
from service.domain.faults import Fault
from service.domain.problems import Problem, Refused
from service.projections import system_picture, trust_picture
from service.projections.beginnings import Beginning, beginnings
from service.projections.context import context
from service.projections.dimensions import levels
from service.projections.organisations import Summary, summary
from service.submitting import trials


class PictureQuery(MomentQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a picture may be asked with beside its moment. model: the first one if absent."""

    model: Annotated[str, Meta(max_length=60)] | None = None


class TriedQuery(PictureQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a picture of an organisation may be asked with. trial: with its events laid over."""

    trial: TrialName | None = None


class TrustAnswer(Struct, frozen=True):
    """A trust's picture and the moment that it is of.

    rounded: the trust, or who of those that it absorbed, if their counts are rounded in it.
    """

    moment: Moment
    rounded: tuple[str, ...]
    organisation: Summary
    picture: trust_picture.TrustPicture


class SystemAnswer(Struct, frozen=True):
    """A system's picture and the moment that it is of.

    rounded: whose counts are rounded in it, by code; those of all others are exact.
    """

    moment: Moment
    rounded: tuple[str, ...]
    organisation: Summary
    picture: system_picture.SystemPicture


class _Parts(Struct, frozen=True):
    """A TrustAnswer or SystemAnswer whose picture is JSON already."""

    moment: Moment
    rounded: tuple[str, ...]
    organisation: Summary
    picture: msgspec.Raw


class BeginningsAnswer(Struct, frozen=True):
    """A trust's levels on the day of joining each programme, and the moment that it is of."""

    moment: Moment
    organisation: Summary
    items: tuple[Beginning, ...]
    next: str | None


@get("/trusts/{code:str}/picture", operation_id="get_trust_picture", permission="read_organisation")
async def get_trust_picture(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Read a trust's ledger on a date: levels, measures, facts, with the events behind each."""
    return await _answer(request, code, "trust")


@get("/systems/{code:str}/picture", operation_id="get_system_picture", permission="read_system")
async def get_system_picture(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Read a system of any kind on a date: its trusts side by side, in alphabetical order."""
    return await _answer(request, code, "system")


@get(
    "/trusts/{code:str}/beginnings",
    operation_id="list_trust_beginnings",
    permission="read_organisation",
)
async def list_trust_beginnings(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """List the programmes that a trust joined by a date, each with the levels of that day."""
    room = rooms(request)
    query = parameters.read(request, PictureQuery)
    await access.within(request, parameters.code(code))
    moment, asked = await asked_for(request, query, code, "trust")
    histories = await room.pictures.load(asked)
    organisation = summary(asked.code, histories[asked.code], asked.on)
    if organisation.organisation_kind != asked.bearer:
        raise unknown(asked)
    found = beginnings(
        context(asked.code, histories, asked.on), lambda then: levels(then, asked.model)
    )
    moment = disclosing.told(moment, query.disclosure, asked.reader, rounded_in(asked, histories))
    answer = answers.encode(BeginningsAnswer(moment, organisation, found, next=None))
    return answers.json(request, disclosing.alike(answer, query.disclosure))


async def _answer(
    request: AnyRequest, code: str, bearer: Literal["trust", "system"]
) -> Response[bytes]:
    """Return a picture with the moment that it is of, or that the reader has it already."""
    room = rooms(request)
    query = parameters.read(request, TriedQuery)
    await access.within(request, parameters.code(code))
    if query.trial is not None:
        return await _tried(request, query, query.trial, code, bearer)
    moment, asked = await asked_for(request, query, code, bearer)
    made = await room.pictures.picture(asked)
    if made.organisation is None:
        raise unknown(asked)
    tracing.shown(request, made.trusts)
    moment = disclosing.told(moment, query.disclosure, asked.reader, made.rounded)
    said = (moment.log, moment.fold, moment.model, moment.evidence, moment.disclosure)
    tag = answers.weak_tag(made.tag, *said, *made.rounded, query.disclosure or "")
    if answers.has(request, tag):
        return answers.unchanged(tag)
    parts = _Parts(moment, made.rounded, made.organisation, msgspec.Raw(made.body))
    return answers.tagged(disclosing.alike(answers.encode(parts), query.disclosure), tag)


async def _tried(
    request: AnyRequest,
    query: TriedQuery,
    trial: str,
    code: str,
    bearer: Literal["trust", "system"],
) -> Response[bytes]:
    """Return a picture as it would be with a trial's events recorded behind the head."""
    room = rooms(request)
    if query.known_at is not None:
        rule = "must be left out: a trial is laid over the log as it is known now"
        fault = Fault("?known_at", "known_at", rule, value=query.known_at)
        raise Refused(Problem("invalid_parameter", rule, (fault,)))
    _, laid = await trials.lookup(room.pool, caller(request), trial)
    await head(request, laid.head)
    behind = msgspec.structs.replace(query, known_at=str(laid.head))
    moment, asked = await asked_for(request, behind, code, bearer)
    made = await room.pictures.beyond(asked, laid.overlay)
    if made.organisation is None:
        raise unknown(asked)
    tracing.shown(request, made.trusts)
    told = msgspec.structs.replace(
        disclosing.told(moment, query.disclosure, asked.reader, made.rounded), trial=trial
    )
    parts = _Parts(told, made.rounded, made.organisation, msgspec.Raw(made.body))
    return answers.json(request, disclosing.alike(answers.encode(parts), query.disclosure))


async def asked_for(
    request: AnyRequest, query: PictureQuery, code: str, bearer: Literal["trust", "system"]
) -> tuple[Moment, Asked]:
    """Return the moment that a request means, and the picture that it asks for."""
    model = models.chosen(query.model)
    known = parameters.code(code)
    moment = await settle(request, query, model.full_name)
    up_to, now = moment.known_at.position, query.known_at is None
    reader = await disclosing.reader(request, query.disclosure)
    return moment, Asked(known, bearer, moment.on, up_to, now, query.evidence, model, reader)


def unknown(asked: Asked) -> Refused:
    """Return that no organisation of the kind asked for was known then."""
    detail = f"{asked.code} is not a {asked.bearer} that was known at position {asked.up_to}"
    return Refused(Problem("not_found", detail))
