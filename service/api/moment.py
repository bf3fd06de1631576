"""Which moment is asked about: `on` a date, `known_at` a position, an instant or a date."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from service.api.answers import AnyRequest
from service.api.rooms import Rooms, head, rooms
from service.behind.pictures import Evidence
from service.domain import dates
from service.domain.chain import instant
from service.domain.disclosure import EXACT, Wanted
from service.domain.faults import Fault
from service.domain.problems import Problem, Refused
from service.projections.version import FOLD
from service.store import pool, reading
from service.store.appending import Connection


class MomentQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every picture may be asked with.

    on: a civil day; today in London if absent. known_at: a position, an instant with an offset, or
    a day (its end in London); now if absent. evidence: which sources count. disclosure: the most
    that the caller may have if absent; people-v1 for rounded counts, exact for none but exact ones.
    """

    on: dt.date | None = None
    known_at: Annotated[str, Meta(max_length=40)] | None = None
    evidence: Evidence = "both"
    disclosure: Wanted | None = None


class KnownAt(Struct, frozen=True):
    """The moment of recorded time that was answered for."""

    position: int
    recorded_at: str | None


class Moment(Struct, frozen=True):
    """What every answer says of itself (CONVENTIONS.md 4). trial: what was laid over the log."""

    on: dt.date
    known_at: KnownAt
    model: str
    evidence: Evidence
    disclosure: str
    fold: str
    log: str
    trial: str | UnsetType = UNSET


async def settle(request: AnyRequest, query: MomentQuery, model: str) -> Moment:
    """Return the moment that a query means; raises Refused for one beyond the head.

    As what it holds counts an answer says once they are looked up.
    """
    at = await head(request)
    return Moment(
        on=_in_range(query.on) or dates.today(dt.datetime.now(dt.UTC)),
        known_at=await _known_at(rooms(request), query.known_at, at),
        model=model,
        evidence=query.evidence,
        disclosure=query.disclosure or EXACT,
        fold=FOLD,
        log=str(at.log),
    )


async def _known_at(room: Rooms, given: str | None, at: reading.Head) -> KnownAt:
    if given is None:
        return KnownAt(at.position, instant(at.recorded_at) if at.position else None)
    async with pool.snapshot(room.pool) as connection:
        position = await known_position(connection, given, at.position)
        row = await reading.recorded(connection, position)
    return KnownAt(position, instant(row[0]) if row else None)


def _in_range(on: dt.date | None) -> dt.date | None:
    if on is None or dates.EARLIEST <= on <= dates.LATEST:
        return on
    rule = f"must lie between {dates.EARLIEST} and {dates.LATEST}"
    raise Refused(Problem("invalid_parameter", rule, (Fault("?on", "date_out_of_range", rule),)))


async def known_position(connection: Connection, given: str | None, last: int) -> int:
    """Return the position that `known_at` means."""
    if given is None:
        return last
    if given.isascii() and given.isdigit():
        position = int(given)
        if position > last:
            _refuse(given, f"must not lie beyond the head of the log, position {last}")
        return position
    return await reading.position_before(connection, _end(given), last)


def _end(given: str) -> dt.datetime:
    """Return the instant before which all is known."""
    try:
        if len(given) == len("2026-01-01"):
            return dates.end_of_day(msgspec.convert(given, dt.date))
        moment = msgspec.convert(given.replace(" ", "+"), dt.datetime)
        if moment.tzinfo is not None:
            return moment + dt.timedelta(microseconds=1)
    except (msgspec.ValidationError, OverflowError):
        pass
    return _refuse(given, "must be a position, an instant with an offset, or a day")


def _refuse(given: str, rule: str) -> dt.datetime:
    fault = Fault("?known_at", "known_at", rule, value=given)
    raise Refused(Problem("invalid_parameter", f"known_at {rule}", (fault,)))
