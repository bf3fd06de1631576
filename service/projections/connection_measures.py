"""The measures of connection: those that the model's lines name, and those shown beside.

Source: MODEL.md §1 (connection) and §3 (a count over uncovered quarters is only a lower bound).
Where MODEL.md leaves it open: a partner's host is that of the date asked about; a board is of
another host when it is not this trust's own; a body without a code is of no host; divisions
count where this trust (or one that it absorbed) recorded them, as others name their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import UNSET, Struct

from service.domain import dates
from service.projections import connections, coverage, held, membership, offers, register, size
from service.projections.connections import Pair, Tie
from service.projections.context import Context, once, withheld
from service.projections.history import Fact, History
from service.projections.ledger import newest
from service.projections.measure import Measure, measure, not_told, unknown

NETWORKS: Final = ("NetworkJoined", "NetworkLeft")
TWO_YEARS: Final = 24
_YEAR: Final = 12


class Affairs(Struct, frozen=True, gc=False):
    """What connection is read from: all connections, those begun by the date, what is covered.

    recent: the two-sided pairs live or held in the last two years.
    """

    given: Context
    ties: tuple[Tie, ...]
    begun: tuple[Tie, ...]
    recent: tuple[tuple[Tie, Pair], ...]
    year: coverage.Coverage
    two_years: coverage.Coverage


def affairs(given: Context) -> Affairs:
    """Return what connection is read from."""
    return Affairs(given, *_read(given))


_Read = tuple[
    tuple[Tie, ...],
    tuple[Tie, ...],
    tuple[tuple[Tie, Pair], ...],
    coverage.Coverage,
    coverage.Coverage,
]


@once
def _read(given: Context) -> _Read:
    """Return the members of affairs after the context, which `once` must not keep."""
    found = connections.ties(given)
    counts = {tie.fact.position for tie in found if tie.ours or tie.two_sided}
    bodies = coverage.bodies(given, lambda fact: fact.position in counts, "ConnectionMade")
    begun = tuple(tie for tie in found if tie.fact.effective <= given.on)
    return (
        found,
        begun,
        tuple(_counting(begun, TWO_YEARS, given.on)),
        coverage.coverage("connection", bodies, given.on),
        coverage.coverage("connection", bodies, given.on, 2 * coverage.YEAR),
    )


@once
def measures(given: Context) -> dict[str, Measure]:
    """Return the measures of the model by name."""
    found = affairs(given)
    return {
        "partners_12m": _partners(found, _YEAR, found.year),
        "partners_24m": _partners(found, TWO_YEARS, found.two_years),
        "another_host": _another_host(found),
        "divisions_named_percent": _divisions(found),
        "network_surveyed_24m": _surveyed(found.given),
    }


def _counting(begun: Iterable[Tie], months: int, on: dt.date) -> Iterator[tuple[Tie, Pair]]:
    """Yield the two-sided pairs live or held in the last months."""
    after = dates.add_months(on, -months)
    for tie in begun:
        for pair in tie.pairs:
            if pair.two_sided and pair.within(after, on):
                yield tie, pair


def _within(found: Affairs, months: int) -> list[tuple[Tie, Pair]]:
    on = found.given.on
    after = dates.add_months(on, -months)
    return [(tie, pair) for tie, pair in found.recent if pair.within(after, on)]


def _partners(found: Affairs, months: int, covered: coverage.Coverage) -> Measure:
    pairs = _within(found, months)
    others = {pair.other for _, pair in pairs}
    return coverage.counted(len(others), "organisations", _facts(found, pairs), covered)


def _facts(found: Affairs, pairs: Iterable[tuple[Tie, Pair]]) -> list[Fact]:
    return [fact for tie, _ in pairs for fact in tie.facts(found.given.on)]


def _another_host(found: Affairs) -> Measure:
    """Return whether one of the partners of twelve months has another host on the date."""
    given, pairs = found.given, _within(found, _YEAR)
    home = membership.hosted(given.code, given.around, given.on)
    each = {pair.other: pair for _, pair in pairs}
    hosts = {name: _host(given, pair) for name, pair in each.items()}
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
    history = given.around.get(pair.other, History())
    kind = register.kind_of(pair.other, history)
    if kind == "unregistered":
        return None
    if kind == "system":
        return pair.other if register.system_kind(pair.other, history) == "ics" else ""
    return membership.hosted(pair.other, given.around, given.on) or ""


def _divisions(found: Affairs) -> Measure:
    """Return the share of divisions that two-sided connections of twelve months name."""
    listed = size.divisions(found.given)
    if listed is None or not listed.data.divisions:
        return unknown("percent", "no_list_of_divisions")
    codes = {division.code for division in listed.data.divisions}
    naming = [(tie, pair) for tie, pair in _within(found, _YEAR) if tie.ours]
    reached = {code for tie, _ in naming for code in (tie.fact.data.divisions or ())} & codes
    share = round(100 * len(reached) / len(codes), 2)
    return coverage.counted(share, "percent", [listed, *_facts(found, naming)], found.year)


def _surveyed(given: Context) -> Measure:
    """Return whether staff were asked for their ties in 24 months; not recorded means no."""
    after = dates.add_months(given.on, -TWO_YEARS)
    surveys = [f for f in given.own("NetworkSurveyed") if after < f.effective <= given.on]
    small = [f for f in withheld(given, "NetworkSurveyed") if after < f.effective <= given.on]
    if small and not surveys:
        return not_told("yes_no", small)
    return measure(bool(surveys), "yes_no", surveys[-1:])


def beside(given: Context) -> dict[str, Measure]:
    """Return what is shown beside the model's measures."""
    on, inside = given.on, networks(given)
    live = [item for item in offers.offers(given) if item.live(on)]
    asked = [item for item in offers.requests(given) if item.live(on)]
    after = dates.add_months(on, -_YEAR)
    met = [f for f in offers.matches(given) if offers.counted(f) and f.effective > after]
    return {
        "networks_live": measure(len(inside), "networks", [f for i in inside for f in i.by(on)]),
        "offers_live": measure(len(live), "offers", [f for i in live for f in i.facts(on)]),
        "requests_live": measure(len(asked), "requests", [f for i in asked for f in i.facts(on)]),
        "matches_12m": measure(len(met), "matches", met),
        "cross_division_share": _cross_division(given),
    }


def _cross_division(given: Context) -> Measure:
    """Return the newest survey's share of ties that cross divisions, which is of ties within."""
    surveys = [f for f in given.own("NetworkSurveyed") if f.effective <= given.on]
    said = newest(fact for fact in surveys if fact.data.cross_division_share is not UNSET)
    small = [f for f in withheld(given, "NetworkSurveyed") if f.effective <= given.on]
    if said is None:
        return not_told("share", small) if small else unknown("share", "no_network_survey")
    return measure(said.data.cross_division_share, "share", [said])


def networks(given: Context) -> list[held.Held]:
    """Return the networks that the body is in on the date, the same one of two trusts as one."""
    begun = [i for i in held.pieces(given, NETWORKS) if i.interval.start <= given.on]
    return [item for item in held.joined(begun) if item.live(given.on)]


__all__ = ["NETWORKS", "TWO_YEARS", "Affairs", "affairs", "beside", "measures", "networks"]
