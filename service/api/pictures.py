"""Pictures of trusts and systems on any date, as known at any moment."""

from __future__ import annotations

from litestar import Response, get
from msgspec import Struct

from service.api import answers, parameters
from service.api.answers import AnyRequest
from service.api.moment import Evidence, Moment, MomentQuery, settle
from service.api.rooms import snapshot
from service.domain.model import first_model
from service.domain.problems import Problem, Refused
from service.projections import closure, system_picture, trust_picture
from service.projections.history import Entry, History, facts
from service.projections.organisations import Organisation, summary
from service.store import reading
from service.store.appending import Connection


async def load(
    connection: Connection, code: str, up_to: int, evidence: Evidence = "both"
) -> dict[str, History]:
    """Return the histories that a picture of `code` rests on, each read to the same position."""
    histories: dict[str, History] = {}
    wanted = {code}
    while wanted:
        for one in sorted(wanted):
            rows = await reading.history(connection, one, up_to)
            entries = [Entry(row.position, row.event(), row.stamp().target) for row in rows]
            histories[one] = _only(facts(entries), evidence)
        wanted = closure.missing(code, histories)
    return histories


def _only(history: History, evidence: Evidence) -> History:
    """Return a history with the evidence asked for; the register is the operator's and stays."""
    if evidence == "both":
        return history
    kept = tuple(
        fact
        for fact in history.facts
        if fact.source_kind == evidence or closure.is_register(fact.type)
    )
    return History(kept, history.unread)


class PictureAnswer(Struct, frozen=True):
    """A picture and the moment that it is of."""

    moment: Moment
    organisation: Organisation
    picture: trust_picture.TrustPicture | system_picture.SystemPicture


@get("/trusts/{code:str}/picture", operation_id="get_trust_picture")
async def get_trust_picture(request: AnyRequest, code: str) -> Response[bytes]:
    """Read a trust's ledger on a date: levels, measures, facts, with the events behind each."""
    return await _picture(request, code, "trust")


@get("/systems/{code:str}/picture", operation_id="get_system_picture")
async def get_system_picture(request: AnyRequest, code: str) -> Response[bytes]:
    """Read a system of any kind on a date: its trusts side by side, in alphabetical order."""
    return await _picture(request, code, "system")


async def _picture(request: AnyRequest, code: str, bearer: str) -> Response[bytes]:
    query = parameters.read(request, MomentQuery)
    code = code.strip().upper()
    async with snapshot(request) as connection:
        moment = await settle(connection, query, first_model().name)
        up_to = moment.known_at.position
        histories = await load(connection, code, up_to, query.evidence)
    organisation = summary(code, histories, moment.on)
    if organisation is None or organisation.bearer != bearer:
        detail = f"{code[:20]} is not a {bearer} that was known at position {up_to}"
        raise Refused(Problem("not_found", detail))
    make = trust_picture.picture if bearer == "trust" else system_picture.picture
    whole = PictureAnswer(moment, organisation, make(code, histories, moment.on))
    return answers.json(request, answers.encode(whole))
