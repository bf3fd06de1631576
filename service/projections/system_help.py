"""Who offers and who asks in a system, and who may suit whom: question 8 of a lead.

A candidate is a live offer with room left and a live request on one topic, of two trusts. By which
criteria the two are alike is said one by one: no score, and no order but the alphabet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from service.projections.contribution import Contribution, Seated
from service.projections.measure import Measure
from service.projections.member_help import Asking, Offering
from service.projections.membership import Role
from service.projections.offers import Match, Offer, Request

_GAP_IN: Final[Mapping[str, str]] = {
    "board_development": "board",
    "building_capability": "skills_practitioner",
    "coaching": "skills_coach_expert",
    "measurement": "practice",
    "strategy_deployment": "strategy",
}
"""The dimension that a topic is about (C, our choice); other topics have no level to compare."""
_FACTOR: Final = 2


class TrustOffer(Struct, frozen=True, gc=False):
    """A live offer of a member."""

    code: str
    role: Role
    trust_type: str | None
    position: int
    offer: Offer


class TrustRequest(Struct, frozen=True, gc=False):
    """A live request of a member."""

    code: str
    role: Role
    trust_type: str | None
    position: int
    request: Request


class Candidate(Struct, frozen=True, gc=False):
    """An offer and a request that may suit each other; None is: not known, or not comparable.

    similar_size: neither headcount is more than twice the other. same_method: a live strategy or
    programme of each names it. gap: the asker's level in `dimension` is lower than the offerer's;
    dimension: None when the topic is about none. agreed: the two are matched already. The two
    positions are the events behind it.
    """

    topic: str
    offered_by: str
    asked_by: str
    offer_position: int
    request_position: int
    with_partner: bool
    agreed: bool
    same_type: bool | None
    similar_size: bool | None
    same_method: bool | None
    dimension: str | None
    gap: bool | None


class SystemHelp(Struct, frozen=True, gc=False):
    """Live offers and requests by topic and code, candidates, and matches agreed in 12 months."""

    offers: tuple[TrustOffer, ...]
    requests: tuple[TrustRequest, ...]
    candidates: tuple[Candidate, ...]
    matches: tuple[Match, ...]


def given_help(members: Sequence[Seated]) -> SystemHelp:
    """Return who offers and asks among members, given in order of their codes."""
    offered = [
        TrustOffer(one.code, one.role, one.trust.trust_type, item.position, item.offer)
        for one in members
        for item in one.trust.help.offers
    ]
    asked = [
        TrustRequest(one.code, one.role, one.trust.trust_type, item.position, item.request)
        for one in members
        for item in one.trust.help.requests
    ]
    matches = _matches(members)
    return SystemHelp(
        offers=tuple(sorted(offered, key=lambda one: (one.offer.topic, one.code, one.position))),
        requests=tuple(sorted(asked, key=lambda one: (one.request.topic, one.code, one.position))),
        candidates=tuple(sorted(_candidates(members, matches), key=_place)),
        matches=matches,
    )


def read_of(trust: Contribution) -> tuple[object, ...]:
    """Return the objects that are read of each trust."""
    compared = (trust.levels.get(dimension) for dimension in _GAP_IN.values())
    return (trust.help, trust.bodies, trust.trust_type, *compared)


def _matches(members: Sequence[Seated]) -> tuple[Match, ...]:
    """Return the matches between two members, each once, as they were agreed."""
    codes = frozenset[str]().union(*(one.trust.bodies for one in members))
    found = {
        (item.agreed.date, item.events.first): item
        for one in members
        for item in one.trust.help.matches
        if {item.offered_by, item.asked_by} <= codes
    }
    return tuple(found[key] for key in sorted(found))


def _candidates(members: Sequence[Seated], matches: Sequence[Match]) -> Iterator[Candidate]:
    agreed = {(item.offer_position, item.request_position) for item in matches if item.counted}
    asking: dict[str, list[tuple[Seated, Asking]]] = {}
    for one in members:
        for item in one.trust.help.requests:
            asking.setdefault(_topic(item.request.topic), []).append((one, item))
    for giver in members:
        for offering in giver.trust.help.offers:
            for asker, ask in asking.get(_topic(offering.offer.topic), ()):
                matched = (offering.position, ask.position) in agreed
                strangers = giver.role == asker.role == "partner"  # another system's business
                if asker.code == giver.code or strangers:
                    continue
                if matched or offering.offer.left:
                    yield _candidate(giver, offering, asker, ask, agreed=matched)


def _candidate(
    giver: Seated, offering: Offering, asker: Seated, ask: Asking, *, agreed: bool
) -> Candidate:
    dimension = _GAP_IN.get(_topic(offering.offer.topic))
    return Candidate(
        topic=offering.offer.topic,
        offered_by=giver.code,
        asked_by=asker.code,
        offer_position=offering.position,
        request_position=ask.position,
        with_partner={giver.role, asker.role} != {"host"},
        agreed=agreed,
        same_type=_same(giver.trust.trust_type, asker.trust.trust_type),
        similar_size=_similar(giver.trust.help.headcount, asker.trust.help.headcount),
        same_method=_overlap(giver.trust.help.methods, asker.trust.help.methods),
        dimension=dimension,
        gap=_gap(giver.trust, asker.trust, dimension),
    )


def _topic(text: str) -> str:
    """Return a topic as it is compared: topics are codes, or words of the submitter's own."""
    return text.casefold()


def _same(one: str | None, other: str | None) -> bool | None:
    return None if one is None or other is None else one == other


def _similar(one: Measure, other: Measure) -> bool | None:
    sizes = [float(item.value) for item in (one, other) if isinstance(item.value, int | float)]
    if len(sizes) < 2:
        return None
    return max(sizes) <= _FACTOR * min(sizes)


def _overlap(one: frozenset[str] | None, other: frozenset[str] | None) -> bool | None:
    return None if one is None or other is None else not one.isdisjoint(other)


def _gap(giver: Contribution, asker: Contribution, dimension: str | None) -> bool | None:
    if dimension is None or dimension not in giver.levels or dimension not in asker.levels:
        return None
    offered, asked = giver.levels[dimension].level, asker.levels[dimension].level
    return None if offered is None or asked is None else asked < offered


def _place(item: Candidate) -> tuple[str, str, str, int, int]:
    positions = (item.offer_position, item.request_position)
    return (_topic(item.topic), item.offered_by, item.asked_by, *positions)


__all__ = ["Candidate", "SystemHelp", "TrustOffer", "TrustRequest", "given_help", "read_of"]
