"""Connection on a date: exchanges with others, networks, offers and requests, matches.

Source: MODEL.md §1 (connection) and §3 (a count over uncovered quarters is only a lower bound).
Where MODEL.md leaves it open: a partner's host is that of the date asked about; a board is of
another host when it is not this trust's own; a body without a code is of no host; divisions
count where this trust (or one that it absorbed) recorded them, as others name their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import UNSET, Struct, field

from service.domain import dates
from service.projections import connections, coverage, held, membership, offers, register, size
from service.projections.connections import Pair, Tie
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.ledger import newest
from service.projections.measure import (
    Evidence,
    Measure,
    Moment,
    evidence,
    measure,
    moment,
    unknown,
)  # fmt: skip
from service.projections.offers import Match, Offer, Request

TYPES: Final = (
    "ConnectionMade", "ConnectionEnded", "NetworkJoined", "NetworkLeft", *offers.TYPES,
    "NetworkSurveyed",
)  # fmt: skip
NETWORKS: Final = ("NetworkJoined", "NetworkLeft")
_SURVEY_COUNTS: Final = 24
_YEAR: Final = 12
_TWO_YEARS: Final = 24


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
    """A network that the body is in. members: its people in it, as last said."""

    network: str
    members: int | None
    start: Moment
    inherited_from: str | None
    events: Evidence


class Exchange(Struct, frozen=True, gc=False):
    """The last two-sided exchange with one other. months: whole months since its last day."""

    other: str
    last: dt.date
    months: int
    live: bool
    events: Evidence


class Connection(Struct, frozen=True, gc=False, tag_field="section", tag="connection"):
    """Connection on a date; measures are those that the model's lines name, and some beside."""

    measures: dict[str, Measure]
    connections: tuple[Connected, ...]
    networks: tuple[Network, ...]
    offers: tuple[Offer, ...]
    requests: tuple[Request, ...]
    matches: tuple[Match, ...]
    exchanges: tuple[Exchange, ...]


class Affairs(Struct, frozen=True, gc=False):
    """What connection is read from: all connections, those begun by the date, what is covered."""

    given: Context
    ties: tuple[Tie, ...]
    begun: tuple[Tie, ...]
    year: coverage.Coverage
    two_years: coverage.Coverage


def affairs(given: Context) -> Affairs:
    """Return what connection is read from."""
    found = connections.ties(given)
    counts = {tie.fact.position for tie in found if tie.ours or tie.two_sided}
    bodies = coverage.bodies(given, lambda fact: fact.position in counts)
    return Affairs(
        given,
        found,
        tuple(tie for tie in found if tie.fact.effective <= given.on),
        coverage.coverage("connection", bodies, given.on),
        coverage.coverage("connection", bodies, given.on, 2 * coverage.YEAR),
    )


def connection(given: Context) -> Connection:
    """Return connection on a date."""
    found = affairs(given)
    standing = [item for item in offers.offers(given) if item.live(given.on)]
    asked = [item for item in offers.requests(given) if item.live(given.on)]
    return Connection(
        measures={**measures(found), **_beside(given)},
        connections=tuple(_connected(tie, given.on) for tie in found.begun),
        networks=tuple(_network(item, given.on) for item in _networks(given)),
        offers=tuple(offers.shown_offer(item) for item in standing),
        requests=tuple(offers.shown_request(item) for item in asked),
        matches=tuple(offers.shown_match(fact) for fact in offers.matches(given)),
        exchanges=exchanges(found.begun, given.on),
    )


def measures(found: Affairs) -> dict[str, Measure]:
    """Return the measures of the model by name."""
    return {
        "partners_12m": _partners(found, _YEAR, found.year),
        "partners_24m": _partners(found, _TWO_YEARS, found.two_years),
        "another_host": _another_host(found),
        "divisions_named_percent": _divisions(found),
        "network_surveyed_24m": _surveyed(found.given),
    }


def exchanges(begun: Iterable[Tie], on: dt.date) -> tuple[Exchange, ...]:
    """Return the last two-sided exchange with each other organisation, in order of their codes."""
    last: dict[str, tuple[dt.date, Tie]] = {}
    for tie in begun:
        for pair in tie.pairs:
            if pair.two_sided and pair.start <= pair.last(on):
                day = pair.last(on)
                if pair.other not in last or day >= last[pair.other][0]:
                    last[pair.other] = (day, tie)
    return tuple(
        Exchange(other, day, dates.whole_months(day, on), day == on, evidence(tie.facts(on)))
        for other, (day, tie) in sorted(last.items())
    )


def _counting(found: Affairs, months: int) -> list[tuple[Tie, Pair]]:
    """Return the two-sided pairs live or held in the last months."""
    on = found.given.on
    pairs = [(tie, pair) for tie in found.begun for pair in tie.pairs]
    return [(tie, pair) for tie, pair in pairs if pair.two_sided and pair.within(months, on)]


def _partners(found: Affairs, months: int, covered: coverage.Coverage) -> Measure:
    pairs = _counting(found, months)
    others = {pair.other for _, pair in pairs}
    return coverage.counted(len(others), "organisations", _facts(found, pairs), covered)


def _facts(found: Affairs, pairs: Iterable[tuple[Tie, Pair]]) -> list[Fact]:
    return [fact for tie, _ in pairs for fact in tie.facts(found.given.on)]


def _another_host(found: Affairs) -> Measure:
    """Return whether one of the partners of twelve months has another host on the date."""
    given, pairs = found.given, _counting(found, _YEAR)
    home = membership.hosted(given.code, given.around, given.on)
    hosts = {pair.other: _host(given, pair) for _, pair in pairs}
    others = {name for name, host in hosts.items() if host not in {None, "", home}}
    if others:
        facts = _facts(found, ((tie, pair) for tie, pair in pairs if pair.other in others))
        return measure(value=True, unit="yes_no", facts=facts)
    if None in hosts.values():
        return unknown("yes_no", "host_of_a_partner_not_known", _facts(found, pairs))
    if not found.year.complete:
        return unknown("yes_no", "not_every_quarter_is_covered", _facts(found, pairs))
    return measure(value=False, unit="yes_no", facts=_facts(found, pairs))


def _host(given: Context, pair: Pair) -> str | None:
    """Return the host of a partner on the date, "" for one that has none, None if not known."""
    if not pair.has_code:
        return ""
    facts = given.around[pair.other].facts if pair.other in given.around else ()
    kind = register.kind_of(pair.other, facts)
    if kind == "unregistered":
        return None
    if kind == "system":
        return pair.other if register.system_kind(pair.other, facts) == "ics" else ""
    return membership.hosted(pair.other, given.around, given.on) or ""


def _divisions(found: Affairs) -> Measure:
    """Return the share of divisions that two-sided connections of twelve months name."""
    listed = size.divisions(found.given)
    if listed is None or not listed.data.divisions:
        return unknown("percent", "no_list_of_divisions")
    codes = {division.code for division in listed.data.divisions}
    naming = [(tie, pair) for tie, pair in _counting(found, _YEAR) if tie.ours]
    reached = {code for tie, _ in naming for code in _list(tie.fact.data.divisions)} & codes
    share = round(100 * len(reached) / len(codes), 2)
    return coverage.counted(share, "percent", [listed, *_facts(found, naming)], found.year)


def _surveyed(given: Context) -> Measure:
    """Return whether staff were asked for their ties in 24 months; not recorded means no."""
    after = dates.add_months(given.on, -_SURVEY_COUNTS)
    surveys = [f for f in given.own("NetworkSurveyed") if after < f.effective <= given.on]
    return measure(bool(surveys), "yes_no", surveys[-1:])


def _beside(given: Context) -> dict[str, Measure]:
    """Return what is shown beside the model's measures."""
    live = [item for item in offers.offers(given) if item.live(given.on)]
    asked = [item for item in offers.requests(given) if item.live(given.on)]
    inside = _networks(given)
    after = dates.add_months(given.on, -_YEAR)
    met = [f for f in offers.matches(given) if offers.counted(f) and f.effective > after]
    return {
        "networks_live": measure(len(inside), "networks", [f for i in inside for f in i.facts]),
        "offers_live": measure(len(live), "offers", [f for i in live for f in i.facts()]),
        "requests_live": measure(len(asked), "requests", [f for i in asked for f in i.facts()]),
        "matches_12m": measure(len(met), "matches", met),
        "cross_division_share": _cross_division(given),
    }


def _cross_division(given: Context) -> Measure:
    """Return the newest survey's share of ties that cross divisions, which is of ties within."""
    surveys = [f for f in given.own("NetworkSurveyed") if f.effective <= given.on]
    said = newest(fact for fact in surveys if fact.data.cross_division_share is not UNSET)
    if said is None:
        return unknown("share", "no_network_survey")
    return measure(said.data.cross_division_share, "share", [said])


def _networks(given: Context) -> list[held.Held]:
    """Return the networks that the body is in on the date, the same one of two trusts as one."""
    found = held.joined(held.pieces(given, NETWORKS))
    return [item for item in found if item.live(given.on)]


def _network(item: held.Held, on: dt.date) -> Network:
    said = [f for f in item.facts if f.effective <= on and f.data.members is not UNSET]
    return Network(
        network=item.interval.opened.data.network,
        members=said[-1].data.members if said else None,
        start=moment(item.interval.opened),
        inherited_from=item.origin,
        events=evidence(fact for fact in item.facts if fact.effective <= on),
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


__all__ = ["NETWORKS", "TYPES", "Affairs", "Connection", "affairs", "connection", "measures"]
