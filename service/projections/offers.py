"""Offers of help, requests for help, and the matches between them.

Sources: DOMAIN.md §2 (mergers; facts that name another organisation), CONVENTIONS.md 2 (until).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from service.domain.envelope import OPERATOR_ASSURANCE
from service.projections.context import Context, carried, once
from service.projections.history import Fact
from service.projections.ledger import ordered
from service.projections.measure import Evidence, Moment, evidence, moment

TYPES: Final = (
    "OfferMade", "OfferWithdrawn", "HelpRequested", "RequestWithdrawn", "MatchAgreed",
)  # fmt: skip
_DAY: Final = dt.timedelta(days=1)


class Standing(Struct, frozen=True, gc=False):
    """An offer or a request. end: the first day on which it does not stand; closed: what said so.

    origin: the absorbed trust whose it was. matches: the agreed matches of it that count.
    """

    opened: Fact
    end: dt.date
    closed: Fact | None
    origin: str | None
    matches: tuple[Fact, ...]

    def live(self, on: dt.date) -> bool:
        """Tell whether it stands on a day."""
        return self.opened.effective <= on < self.end

    def facts(self, on: dt.date) -> tuple[Fact, ...]:
        """Return what is behind it by a date."""
        ended = self.closed if self.closed and self.closed.effective <= on else None
        return (self.opened, *([ended] if ended else []), *self.matches)


class Offer(Struct, frozen=True, gc=False):
    """An offer that stands. left: how many organisations can still be helped."""

    topic: str
    capacity: int
    matched: int
    left: int
    start: Moment
    until: dt.date
    inherited_from: str | None
    events: Evidence


class Request(Struct, frozen=True, gc=False):
    """A request that stands. matched: how many offers meet it."""

    topic: str
    matched: int
    start: Moment
    until: dt.date
    inherited_from: str | None
    events: Evidence


class Match(Struct, frozen=True, gc=False):
    """An offer and a request brought together. counted: both sides say so, or the operator."""

    offered_by: str
    asked_by: str
    recorded_by: str
    agreed: Moment
    counted: bool
    offer_position: int
    request_position: int
    events: Evidence


@once
def offers(given: Context) -> list[Standing]:
    """Return every offer of a body and of those that it absorbed."""
    return list(_standing(given, ("OfferMade", "OfferWithdrawn"), 0))


@once
def requests(given: Context) -> list[Standing]:
    """Return every request of a body and of those that it absorbed."""
    return list(_standing(given, ("HelpRequested", "RequestWithdrawn"), 1))


@once
def matches(given: Context) -> tuple[Fact, ...]:
    """Return the matches by the date that a body records, offers to or asks in, in order."""
    parts = [given.history, *(gone.history for gone in given.absorbed)]
    found = {fact.position: fact for part in parts for fact in part.of("MatchAgreed")}
    return ordered(
        fact
        for fact in found.values()
        if fact.effective <= given.on
        and len(fact.refers) == 2
        and not given.bodies.isdisjoint({fact.organisation, *_sides(fact)})
    )


def counted(match: Fact) -> bool:
    """Tell whether a match counts: the operator recorded it, or each side did or confirmed it."""
    said = {match.organisation, *match.confirmed_by}
    return match.assurance in OPERATOR_ASSURANCE or said >= set(_sides(match))


def shown_offer(item: Standing, on: dt.date) -> Offer:
    """Return an offer as the picture shows it."""
    data, matched = item.opened.data, len(item.matches)
    return Offer(
        topic=data.topic,
        capacity=data.capacity,
        matched=matched,
        left=max(data.capacity - matched, 0),
        start=moment(item.opened),
        until=data.until,
        inherited_from=item.origin,
        events=evidence(item.facts(on)),
    )


def shown_request(item: Standing, on: dt.date) -> Request:
    """Return a request as the picture shows it."""
    data = item.opened.data
    return Request(
        topic=data.topic,
        matched=len(item.matches),
        start=moment(item.opened),
        until=data.until,
        inherited_from=item.origin,
        events=evidence(item.facts(on)),
    )


def shown_match(match: Fact) -> Match:
    """Return a match as the picture shows it."""
    offer, request = match.refers
    return Match(
        offered_by=offer.organisation,
        asked_by=request.organisation,
        recorded_by=match.organisation,
        agreed=moment(match),
        counted=counted(match),
        offer_position=offer.position,
        request_position=request.position,
        events=evidence([match]),
    )


def _sides(match: Fact) -> tuple[str, ...]:
    return tuple(target.organisation for target in match.refers)


def _standing(given: Context, types: tuple[str, str], side: int) -> Iterator[Standing]:
    """Yield what was opened, with what closed it. side: which reference of a match names it."""
    met: dict[int, list[Fact]] = {}
    for match in matches(given):
        if counted(match):
            met.setdefault(match.refers[side].position, []).append(match)
    for origin, facts in carried(given, *types):
        closes: dict[int, list[Fact]] = {}
        for fact in facts:
            if fact.type == types[1]:
                for target in fact.refers:
                    closes.setdefault(target.position, []).append(fact)
        for fact in facts:
            if fact.type == types[0] and fact.effective <= given.on:
                closed = closes.get(fact.position, [])
                yield _one(fact, closed, origin, tuple(met.get(fact.position, ())))


def _one(
    opened: Fact, closes: Sequence[Fact], origin: str | None, met: tuple[Fact, ...]
) -> Standing:
    stated: dt.date = opened.data.until + _DAY
    closed = next((fact for fact in closes if fact.effective < stated), None)
    return Standing(opened, closed.effective if closed else stated, closed, origin, met)


__all__ = [
    "TYPES", "Match", "Offer", "Request", "Standing", "counted", "matches", "offers", "requests",
    "shown_match", "shown_offer", "shown_request",
]  # fmt: skip
