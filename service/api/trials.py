"""Trials: events laid over the log by their owner, to be looked at, recorded or thrown away."""

from __future__ import annotations

import datetime as dt

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath
from msgspec import Raw, Struct

from service.api import (
    access,
    answers,
    disclosing,
    events,
    models,
    once,
    parameters,
    sensed,
    tracing,
)
from service.api.answers import AnyRequest
from service.api.rooms import caller, rooms
from service.behind.sensing import EventWarnings
from service.domain import dates
from service.domain.problems import Problem, Refused
from service.projections.differences import TrustDifferences
from service.store import pool
from service.store import trials as store
from service.submitting import trials


class TrialListed(Struct, frozen=True):
    """One trial of the caller's: how many events it holds, and where to read it."""

    name: str
    made_at: dt.datetime
    events: int
    href: str


class TrialsListed(Struct, frozen=True):
    """The caller's trials by name."""

    items: tuple[TrialListed, ...]
    next: str | None


class TrialEvent(Struct, frozen=True):
    """One event of a trial as submitted; problem: why the log would not take it now."""

    event: Raw
    problem: str | None


class TrialAnswer(Struct, frozen=True):
    """What a trial holds, what would warn, and what it would change today for whom it touches.

    position: of the log that it is laid over. more: trusts that were not looked at.
    """

    name: str
    position: int
    events: tuple[TrialEvent, ...]
    trusts: tuple[TrustDifferences, ...]
    more: int
    warnings: EventWarnings


@get("/trials", operation_id="list_trials", permission="try")
async def list_trials(request: AnyRequest) -> Response[bytes]:
    """List the caller's trials."""
    parameters.read(request, Struct)
    async with pool.lent(rooms(request).pool) as connection:
        found = await store.listed(connection, caller(request).id)
    items = tuple(
        TrialListed(one.name, one.made_at, one.events, f"/api/v1/trials/{one.name}")
        for one in found
    )
    return answers.json(request, answers.encode(TrialsListed(items, None)))


@get("/trials/{name:str}", operation_id="get_trial", permission="try")
async def get_trial(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Read a trial: its events, and what they would change today."""
    parameters.read(request, Struct)
    room, given, seen = rooms(request), _name(name), await access.scope(request)
    held, laid = await trials.lookup(room.pool, caller(request), given)
    reader = await disclosing.reader(request)
    warnings = await sensed.laid(room, laid, reader)
    today = dates.today(dt.datetime.now(dt.UTC))
    model = models.chosen(None)
    compared = await trials.compared(room.pictures, laid, today, model, seen, reader)
    tracing.shown(request, [one.code for one in compared.trusts])
    told = tuple(
        TrialEvent(Raw(one.body), problem.detail if (problem := laid.refused.get(place)) else None)
        for place, one in enumerate(held)
    )
    answer = TrialAnswer(given, laid.head, told, compared.trusts, compared.more, warnings)
    return answers.json(request, answers.encode(answer))


@delete("/trials/{name:str}", operation_id="discard_trial", permission="try", status_code=204)
async def discard_trial(request: AnyRequest, name: FromPath[str]) -> None:
    """Throw a trial away; nothing of it was in the log."""
    parameters.read(request, Struct)
    await trials.discard(rooms(request).desk, caller(request), _name(name))


@post(
    "/trials/{name:str}/recording", operation_id="record_trial", permission="try", status_code=201
)
async def record_trial(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Record a trial's events whole or not at all; it is gone then. Sending it again is safe."""
    parameters.read(request, Struct)
    return await once.answered(request, b"", lambda: _recorded(request, _name(name)))


async def _recorded(request: AnyRequest, name: str) -> Response[bytes]:
    return events.receipt(await trials.record(rooms(request).desk, caller(request), name))


def _name(given: str) -> str:
    """Return a path's trial; raises Refused when no trial can have that name."""
    try:
        return msgspec.convert(given, events.TrialName)
    except msgspec.ValidationError:
        raise Refused(Problem("not_found", f"{given[:60]} is no trial's name")) from None
