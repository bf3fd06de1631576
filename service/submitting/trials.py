"""Trials: events laid over the log by their owner, looked at, then thrown away or recorded.

A trial holds what would be submitted. Each time it is asked for, what the log would make of it is
decided anew behind the head of the moment: it follows the log and is never part of it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec
from msgspec import Struct

from service.behind.pictures import Asked, Pictures
from service.behind.scope import Scope
from service.domain import apart, chain, codec, dates
from service.domain.admission import Batch, Outcome
from service.domain.caller import Caller
from service.domain.codec import Submitted
from service.domain.model import Model
from service.domain.problems import Problem, Refused
from service.domain.reader import Reader
from service.projections.differences import TrustDifferences, differences
from service.projections.overlay import Overlay, overlay
from service.store import appending, pool, reading, trials
from service.store.appending import Connection
from service.store.pool import Pool
from service.submitting.desk import Desk

MOST_EVENTS: Final = 10_000
"""A trial holds at most this many events: they are recorded whole or not at all."""
MOST_TRIALS: Final = 20
"""Trials that one owner has at a time."""
MOST_COMPARED: Final = 25
"""Trusts whose differences are told; each is read twice."""


class Tried(Struct, frozen=True):
    """What became of one event that was tried on."""

    id: uuid.UUID
    outcome: Literal["tried", "already_tried", "already_recorded"]


class Laid(Struct, frozen=True):
    """What the log would make of events behind its head: what it refuses, by place, and the rest.

    head: the position behind which they stand; last: where they end. organisations: of the events.
    """

    head: int
    last: int
    organisations: frozenset[str]
    outcomes: tuple[Outcome, ...]
    refused: Mapping[int, Problem]
    overlay: Overlay


class Compared(Struct, frozen=True):
    """What events would change for the trusts that they touch; more: trusts not looked at."""

    trusts: tuple[TrustDifferences, ...]
    more: int


async def laid(connection: Connection, events: Sequence[Submitted], caller: Caller) -> Laid:
    """Return what the log would make of events, each by itself, if they were recorded now."""
    batch = Batch(tuple(events), {}, caller)
    found = await reading.head(connection)
    secret = bytes(32)  # what would be disclosed of them is not asked
    head = appending.Head(found.position, found.hash, dt.datetime.now(dt.UTC), secret)
    standing = await appending.standing(connection, [batch], head)
    salts = bytes(chain.SALT_BYTES * len(events))
    made = await asyncio.to_thread(apart.decide, batch, standing, salts)
    return Laid(
        head=found.position,
        last=found.position + len(made.admitted),
        organisations=frozenset(one.event.organisation for one in made.admitted),
        outcomes=made.outcomes,
        refused=made.refused,
        overlay=overlay(made.admitted),
    )


async def add(
    desk: Desk, caller: Caller, name: str, events: Sequence[Submitted]
) -> tuple[Tried, ...]:
    """Lay more events over a trial, which is made if it is not there; whole or not at all.

    Raises Refused with what the log would say, as of a batch.
    """
    async with pool.lent(desk.pool) as connection, connection.transaction():
        await trials.make(connection, caller.id, name, desk.now())
        if len(await trials.listed(connection, caller.id)) > MOST_TRIALS:
            detail = f"there are {MOST_TRIALS} trials already: discard one first"
            raise Refused(Problem("trial_limit", detail))
        held = await trials.events(connection, caller.id, name)
        fresh = _fresh(held, events)
        if len(held) + len(fresh) > MOST_EVENTS:
            detail = f"a trial holds at most {MOST_EVENTS} events, this has {len(held)} already"
            raise Refused(Problem("trial_limit", detail))
        found = await laid(connection, [*submitted(held), *fresh], caller)
        _refuse_first(found.refused, len(held))
        new = [trials.Kept(one.event.id, one.body) for one in fresh]
        await trials.add(connection, caller.id, name, len(held), new)
    return _tried(events, {one.id for one in held}, found)


def refuse_long(count: int) -> None:
    """Raise Refused for more events than a trial holds."""
    if count > MOST_EVENTS:
        detail = f"a trial holds at most {MOST_EVENTS} events, the file has {count}"
        raise Refused(Problem("trial_limit", detail))


def submitted(held: Sequence[trials.Kept]) -> list[Submitted]:
    """Return the events of a trial as they were submitted."""
    found = []
    for one in held:
        # It was taken when it came: a day that was not too far ahead then is not so now.
        event = codec.decode(one.body, dates.LATEST)
        if isinstance(event, Submitted):
            found.append(event)
    return found


async def lookup(reads: Pool, caller: Caller, name: str) -> tuple[list[Submitted], Laid]:
    """Return a trial's events and what the log would make of them now; raises Refused for none."""
    async with pool.snapshot(reads) as connection:
        held = submitted(await trials.events(connection, caller.id, name))
        if not held:
            raise unknown(name)
        return held, await laid(connection, held, caller)


async def discard(desk: Desk, caller: Caller, name: str) -> None:
    """Throw a trial away; raises Refused where there is none."""
    async with pool.lent(desk.pool) as connection, connection.transaction():
        if not await trials.discard(connection, caller.id, name):
            raise unknown(name)


async def record(desk: Desk, caller: Caller, name: str) -> tuple[Outcome, ...]:
    """Record a trial's events whole or not at all, then throw it away.

    Killed between the two it is there still, and recording it once more records nothing twice.
    """
    async with pool.lent(desk.pool) as connection:
        held = submitted(await trials.events(connection, caller.id, name))
    if not held:
        raise unknown(name)
    outcomes = await desk.writer.append(Batch(tuple(held), {}, caller))
    await discard(desk, caller, name)
    return outcomes


async def compared(  # noqa: PLR0913, PLR0917 - what is compared, and for whom
    pictures: Pictures, found: Laid, on: dt.date, model: Model, seen: Scope, reader: Reader
) -> Compared:
    """Return what would change on a day, by trust, of those that the events touch and a scope sees.

    Up to 25 organisations are looked at, in alphabetical order.
    """
    told: list[TrustDifferences] = []
    codes = [code for code in found.overlay if seen.sees(code)]
    for code in codes[:MOST_COMPARED]:
        one = Asked(
            code, "trust", on, found.head, now=False, evidence="both", model=model, reader=reader
        )
        was, now = await pictures.given(one), await pictures.given(one, found.overlay)
        if was is not None and now is not None:
            told.append(differences(was, now))
    return Compared(tuple(told), max(0, len(codes) - MOST_COMPARED))


def unknown(name: str) -> Refused:
    """Return that a caller has no trial of a name."""
    return Refused(Problem("not_found", f"you have no trial {name}; see /api/v1/trials"))


def _fresh(held: Sequence[trials.Kept], events: Sequence[Submitted]) -> list[Submitted]:
    """Return the events that a trial does not hold yet; raises Refused for another of one id."""
    known = {one.id: one.body for one in held}
    fresh = []
    for one in events:
        body = known.setdefault(one.event.id, one.body)
        if body != one.body:
            detail = f"event {one.event.id} is in the trial with other content"
            raise Refused(Problem("id_conflict", detail))
        if body is one.body:
            fresh.append(one)
    return fresh


def _refuse_first(refused: Mapping[int, Problem], before: int) -> None:
    """Raise what the log would say of the first new event, its pointer in the batch as sent."""
    places = [place for place in sorted(refused) if place >= before]
    if not places:
        return
    place = places[0]
    sent, wanted = f"/events/{place}", f"/events/{place - before}"
    errors = tuple(
        msgspec.structs.replace(fault, pointer=wanted + fault.pointer.removeprefix(sent))
        for fault in refused[place].errors
    )
    raise Refused(msgspec.structs.replace(refused[place], errors=errors))


def _tried(events: Sequence[Submitted], held: set[uuid.UUID], found: Laid) -> tuple[Tried, ...]:
    recorded = {one.id for one in found.outcomes if one.outcome == "already_recorded"}
    told: list[Tried] = []
    for one in events:
        key = one.event.id
        if key in recorded:
            told.append(Tried(key, "already_recorded"))
        else:
            told.append(Tried(key, "already_tried" if key in held else "tried"))
    return tuple(told)


__all__ = [
    "MOST_EVENTS", "Compared", "Laid", "Tried", "add", "compared", "discard", "laid", "lookup",
    "record", "refuse_long", "submitted", "unknown",
]  # fmt: skip
