"""Connection on a date: exchanges with others, networks, offers and requests, matches.

Source: MODEL.md §1 (connection). Unconfirmed connections are shown and not counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import UNSET, Struct, UnsetType, field

from service.domain import dates
from service.projections import held, offers
from service.projections.connection_measures import (
    NETWORKS,
    TWO_YEARS,
    Affairs,
    affairs,
    beside,
    measures,
    networks,
)  # fmt: skip
from service.projections.connections import Tie
from service.projections.context import Context
from service.projections.measure import Evidence, Measure, Moment, band, evidence, moment
from service.projections.offers import Match, Offer, Request

TYPES: Final = (
    "ConnectionMade", "ConnectionEnded", *NETWORKS, *offers.TYPES, "NetworkSurveyed",
)  # fmt: skip


class Connected(Struct, frozen=True, gc=False):
    """One connection. with: the other sides; two_sided: those whose pair counts.

    end: the first day on which no pair of it is live. who, divisions, teams are the recorder's.
    """

    kind: str
    recorded_by: str
    with_: tuple[str, ...] = field(name="with")
    two_sided: tuple[str, ...]
    start: Moment
    end: dt.date | None
    live: bool
    who: str | None
    virtual: bool | None
    divisions: tuple[str, ...]
    teams: tuple[str, ...]
    topic: str | None
    inherited_from: str | None
    events: Evidence


class Network(Struct, frozen=True, gc=False):
    """A network that the body is in. members: its people in it, as last said.

    band: of members that are rounded; left out where they are exact.
    """

    network: str
    members: int | None
    start: Moment
    inherited_from: str | None
    events: Evidence
    band: float | UnsetType = UNSET


class Exchange(Struct, frozen=True, gc=False):
    """The last two-sided exchange with one other. months: whole months since its last day."""

    other: str
    last: dt.date
    months: int
    live: bool
    events: Evidence


class Connection(Struct, frozen=True, gc=False, tag_field="section", tag="connection"):
    """Connection on a date; measures are those that the model's lines name, and some beside.

    connections: those live or held in 24 months; exchanges go back to the first one.
    """

    measures: dict[str, Measure]
    connections: tuple[Connected, ...]
    networks: tuple[Network, ...]
    offers: tuple[Offer, ...]
    requests: tuple[Request, ...]
    matches: tuple[Match, ...]
    exchanges: tuple[Exchange, ...]


def connection(given: Context) -> Connection:
    """Return connection on a date."""
    found = affairs(given)
    standing = [item for item in offers.offers(given) if item.live(given.on)]
    asked = [item for item in offers.requests(given) if item.live(given.on)]
    return Connection(
        measures={**measures(given), **beside(given)},
        connections=tuple(_connected(tie, given.on) for tie in _recent(found)),
        networks=tuple(_network(item, given.on) for item in networks(given)),
        offers=tuple(offers.shown_offer(item, given.on) for item in standing),
        requests=tuple(offers.shown_request(item, given.on) for item in asked),
        matches=tuple(offers.shown_match(fact) for fact in offers.matches(given)),
        exchanges=exchanges(found.begun, given.on),
    )


def exchanges(begun: Iterable[Tie], on: dt.date) -> tuple[Exchange, ...]:
    """Return the last two-sided exchange with each other organisation, in order of their codes."""
    last: dict[str, tuple[dt.date, Tie]] = {}
    for tie in begun:
        for pair in tie.pairs:
            if pair.two_sided and pair.start <= (day := pair.last(on)):
                known = last.get(pair.other)
                if known is None or day >= known[0]:
                    last[pair.other] = (day, tie)
    return tuple(
        Exchange(other, day, dates.whole_months(day, on), day == on, evidence(tie.facts(on)))
        for other, (day, tie) in sorted(last.items())
    )


def _recent(found: Affairs) -> list[Tie]:
    on = found.given.on
    after = dates.add_months(on, -TWO_YEARS)
    return [t for t in found.begun if any(p.within(after, on) for p in t.pairs)]


def _network(item: held.Held, on: dt.date) -> Network:
    said = [fact for fact in item.by(on) if fact.data.members is not UNSET]
    return Network(
        network=item.interval.opened.data.network,
        members=said[-1].data.members if said else None,
        start=moment(item.interval.opened),
        inherited_from=item.origin,
        events=evidence(item.by(on)),
        band=band(said[-1:]) or UNSET,
    )


def _connected(tie: Tie, on: dt.date) -> Connected:
    data, ends = tie.fact.data, [pair.end for pair in tie.pairs]
    known = [end for end in ends if end is not None]
    end = max(known) if len(known) == len(ends) else None
    return Connected(
        kind=data.kind,
        recorded_by=tie.fact.organisation,
        with_=tuple(pair.other for pair in tie.pairs),
        two_sided=tuple(pair.other for pair in tie.pairs if pair.two_sided),
        start=moment(tie.fact),
        end=end if end is not None and end <= on else None,
        live=end is None or on < end,
        who=None if data.who is UNSET else data.who,
        virtual=None if data.virtual is UNSET else data.virtual,
        divisions=_list(data.divisions),
        teams=_list(data.teams),
        topic=None if data.topic is UNSET else data.topic,
        inherited_from=tie.origin,
        events=evidence(tie.facts(on)),
    )


def _list(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(values or ())


__all__ = ["TYPES", "Connected", "Connection", "Exchange", "Network", "connection", "exchanges"]
