"""Quarterly returns: read the questions, draft the answers with others, make the return."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath
from msgspec import Meta, Struct

from service.api import access, answers, disclosing, events, once, parameters, sensed
from service.api.answers import AnyRequest
from service.api.moment import Moment, MomentQuery, settle
from service.api.rooms import caller, rooms, snapshot
from service.behind import sensing
from service.domain import dates
from service.domain.access import stranger
from service.domain.model import first_model
from service.domain.problems import Refused
from service.projections.returning import Return
from service.store import disclosed, reading
from service.store.drafts import Draft
from service.submitting import returns, returns_drafts, returns_said, returns_shown
from service.submitting.returns import Returned
from service.submitting.returns_asked import Asks, Wanted, asked
from service.submitting.returns_shown import (
    DraftShown,
    PeriodShown,
    QuestionShown,
    ReturnShown,
    TypeAsked,
)


class ReturnQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which quarter's return; without either, of the newest quarter that has ended in London.

    A quarter that runs may be read and drafted, and is returned once it is over.
    """

    financial_year: Annotated[str, Meta(max_length=9)] | None = None
    quarter: Annotated[int, Meta(ge=1, le=4)] | None = None


class MakeQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How to make a return. trial: laid over the log in a trial of this name, not recorded."""

    trial: events.TrialName | None = None


class ReturnAnswer(Struct, frozen=True):
    """A quarter's return as it is asked, and how far it is.

    questions: at most twelve. types: that answers may become, with their fields.
    made: returns made for the quarter; before: the last of an earlier
    one. draft: what was answered without being recorded, if anything was.
    """

    moment: Moment
    organisation: str
    period: PeriodShown
    questions: tuple[QuestionShown, ...]
    types: tuple[TypeAsked, ...]
    made: tuple[ReturnShown, ...]
    before: ReturnShown | None
    draft: DraftShown | None


@get("/trusts/{code:str}/return", operation_id="get_return", permission="return")
async def get_return(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Read a quarter's questions, pre-filled with what is known, and the draft of the answers."""
    query = parameters.read(request, ReturnQuery)
    moment, asks = await _asks(request, code)
    wanted = Wanted(query.financial_year, query.quarter, "?")
    found = await asked(rooms(request).pictures, asks, wanted)
    places = tuple(returns_shown.positions(found))
    async with snapshot(request) as connection:
        only = reading.Filter(positions=places)
        stored = await disclosed.page(asks.reader, connection, only, 0, asks.up_to, len(places))
    draft = await returns_drafts.held(rooms(request).pool, found, asks)
    answer = ReturnAnswer(
        moment=moment,
        organisation=asks.code,
        period=returns_shown.period(found),
        questions=returns_shown.questions(found, stored),
        types=returns_shown.types(found),
        made=tuple(returns_shown.made(fact) for fact in found.made),
        before=returns_shown.made(found.before) if found.before else None,
        draft=_shown(found, draft, asks) if draft else None,
    )
    return answers.json(request, answers.encode(answer))


@post(
    "/trusts/{code:str}/return/draft",
    operation_id="save_return_draft",
    permission="return",
    status_code=201,
)
async def save_return_draft(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Put some answers into the draft, unless somebody answered these meanwhile."""
    parameters.read(request, Struct)
    events.content_type(request, {"application/json", ""})
    body = returns_said.read_draft(await request.body())
    _, asks = await _asks(request, code)
    _theirs(asks)
    return await once.answered(request, await request.body(), lambda: _saved(request, asks, body))


async def _saved(request: AnyRequest, asks: Asks, body: returns_said.DraftBody) -> Response[bytes]:
    found = await _found(request, asks, body)
    draft = await returns_drafts.save(rooms(request).desk, found, asks, body)
    return _created(_shown(found, draft, asks), new=True)


@delete(
    "/trusts/{code:str}/return/draft",
    operation_id="discard_return_draft",
    permission="return",
    status_code=204,
)
async def discard_return_draft(request: AnyRequest, code: FromPath[str]) -> None:
    """Throw the draft of a quarter away; what was recorded from it stays."""
    query = parameters.read(request, ReturnQuery)
    _, asks = await _asks(request, code)
    _theirs(asks)
    wanted = Wanted(query.financial_year, query.quarter, "?")
    found = await asked(rooms(request).pictures, asks, wanted)
    await returns_drafts.discard(rooms(request).desk, found, asks)


@post("/trusts/{code:str}/return", operation_id="make_return", permission="return", status_code=201)
async def make_return(request: AnyRequest, code: FromPath[str]) -> Response[bytes]:
    """Record a return: the events of its answers and one ReturnMade, whole or not at all."""
    query = parameters.read(request, MakeQuery)
    events.content_type(request, {"application/json", ""})
    body = returns_said.read_return(await request.body())
    _, asks = await _asks(request, code)
    _theirs(asks)
    return await once.answered(
        request, await request.body(), lambda: _made(request, query, asks, body)
    )


async def _made(
    request: AnyRequest, query: MakeQuery, asks: Asks, body: returns_said.ReturnBody
) -> Response[bytes]:
    found, desk = await _found(request, asks, body), rooms(request).desk
    ready = await returns.ready(desk, found, asks, body)
    if query.trial is not None:
        return events.tried(query.trial, await returns.try_on(desk, asks, query.trial, ready))
    made = await returns.make(desk, found, asks, ready)
    return _created(await _warned(request, asks, made), new=_is_new(made))


def _is_new(made: Returned) -> bool:
    """Tell whether anything of a return was not recorded before."""
    return any(one.outcome.outcome == "recorded" for one in made.events)


async def _warned(request: AnyRequest, asks: Asks, made: Returned) -> Returned:
    """Return a receipt with what warns about its events, looked for after the commit."""
    positions = {one.outcome.position for one in made.events}
    known = await sensed.known_now(rooms(request), asks.reader)
    found = await sensing.about(known, {asks.code}, positions)
    return msgspec.structs.replace(made, warnings=found)


async def _asks(request: AnyRequest, code: str) -> tuple[Moment, Asks]:
    """Return the moment of asking, and who asks for whose return."""
    known = parameters.code(code)
    await access.within(request, known)
    moment = await settle(request, MomentQuery(), first_model().full_name)
    reader = await disclosing.reader(request)
    moment = disclosing.told(moment, None, reader, {known})
    today = dates.today(dt.datetime.now(dt.UTC))
    up_to = moment.known_at.position
    return moment, Asks(known, today, events.latest(), up_to, caller(request), reader)


def _theirs(asks: Asks) -> None:
    """Raise Refused unless the caller records for the trust: who may read a draft need not."""
    if not asks.caller.may_speak_for(asks.code):
        raise Refused(stranger(asks.code))


async def _found(request: AnyRequest, asks: Asks, body: returns_said.Period) -> Return:
    """Return the return that a body speaks of."""
    wanted = Wanted(body.financial_year, body.quarter)
    return await asked(rooms(request).pictures, asks, wanted)


def _shown(found: Return, draft: Draft, asks: Asks) -> DraftShown:
    return returns_shown.draft(draft, *returns.unfinished(found, draft, asks))


def _created(answer: Struct, *, new: bool) -> Response[bytes]:
    return Response(
        content=answers.encode(answer),
        status_code=201 if new else 200,
        media_type="application/json",
    )
