"""What a recorded event makes others do later: confirm it, end it, meet an offer, share a view.

Only what was recorded is answered, so that whatever an event refers to stands before it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from msgspec import UNSET, Struct

from service.domain.catalogue.connection.connection_ended import ConnectionEnded
from service.domain.catalogue.connection.connection_made import ConnectionMade
from service.domain.catalogue.connection.help_requested import HelpRequested
from service.domain.catalogue.connection.match_agreed import MatchAgreed
from service.domain.catalogue.connection.offer_made import OfferMade
from service.domain.catalogue.connection.offer_withdrawn import OfferWithdrawn
from service.domain.catalogue.connection.request_withdrawn import RequestWithdrawn
from service.domain.catalogue.context.maturity_assessed import MaturityAssessed
from service.domain.catalogue.context.maturity_shared import MaturityShared
from service.domain.catalogue.context.support_given import SupportGiven
from service.domain.catalogue.funding.funding_committed import FundingCommitted
from service.domain.catalogue.leadership.leader_appointed import LeaderAppointed
from service.domain.catalogue.practice.practice_adopted import PracticeAdopted
from service.domain.catalogue.record.event_confirmed import EventConfirmed
from service.domain.envelope import Event, Payload
from service.domain.mentions import payload_mentions
from service.generator.bodies import DECLARED, Body, Life, Trust, tell
from service.generator.chance import Chance
from service.generator.connection import LASTING
from service.generator.months import Month

_CONFIRMED: Final = 0.8
"""Of the organisations that an event names, those that confirm it."""
_REMEMBERED: Final = 60


class Desk(Struct):
    """Where recorded events are looked at. offers: the newest that were recorded."""

    bodies: dict[str, Body]
    chance: Chance
    offers: deque[Event] = msgspec.field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def open(self, code: str) -> Body | None:
        """Return an organisation that can still act."""
        found = self.bodies.get(code)
        return None if found is None or found.closed else found


def answers(desk: Desk, event: Event) -> Iterable[Life]:
    """Return what an event sets going."""
    found = _ANSWERS.get(type(event.data))
    return found(desk, event) if found else ()


def _named(desk: Desk, event: Event) -> list[Life]:
    """Have the organisations that an event names confirm it, most of them."""
    codes = sorted(payload_mentions(event.data))
    return [_confirmed(desk, event, code) for code in codes if desk.chance.likely(_CONFIRMED)]


def _confirmed(desk: Desk, event: Event, code: str) -> Life:
    month = yield desk.chance.between(1, 3)
    if (body := desk.open(code)) is not None:
        tell(body, body.chance.day(month), EventConfirmed(event=event.id), DECLARED)


def _connected(desk: Desk, event: Event) -> list[Life]:
    lives = _named(desk, event)
    assert isinstance(event.data, ConnectionMade)  # noqa: S101 - asked by its type
    if event.data.kind in LASTING:
        lives.append(_ended(desk, event))
    return lives


def _ended(desk: Desk, event: Event) -> Life:
    month = yield desk.chance.between(6, 30)
    if (body := desk.open(event.organisation)) is not None:
        tell(body, body.chance.day(month), ConnectionEnded(connection_event=event.id), DECLARED)


def _offered(desk: Desk, event: Event) -> list[Life]:
    desk.offers.append(event)
    return [_withdrawn(desk, event)] if desk.chance.likely(0.15) else []


def _withdrawn(desk: Desk, event: Event) -> Life:
    month = yield desk.chance.between(2, 5)
    if event in desk.offers:
        desk.offers.remove(event)
    if (body := desk.open(event.organisation)) is not None:
        tell(body, body.chance.day(month), OfferWithdrawn(offer_event=event.id), DECLARED)


def _requested(desk: Desk, event: Event) -> list[Life]:
    return [_met(desk, event)] if desk.chance.likely(0.9) else []


def _met(desk: Desk, event: Event) -> Life:
    """Meet a request with an offer of another organisation, or see it withdrawn."""
    chance = desk.chance
    month = yield chance.between(1, 4)
    body, offer = desk.open(event.organisation), _live_offer(desk, event, month)
    if body is None:
        return
    if offer is not None and chance.likely(0.8):
        agreed = MatchAgreed(offer_event=offer.id, request_event=event.id)
        tell(body, chance.day(month), agreed, DECLARED)
    elif chance.likely(0.5):
        withdrawn = RequestWithdrawn(request_event=event.id)
        tell(body, chance.day(month), withdrawn, DECLARED)


def _live_offer(desk: Desk, event: Event, month: Month) -> Event | None:
    for offer in desk.offers:
        assert isinstance(offer.data, OfferMade)  # noqa: S101 - only such are kept
        if offer.organisation != event.organisation and offer.data.until >= month.days[-1]:
            return offer
    return None


def _agreed(desk: Desk, event: Event) -> list[Life]:
    """Have the side that offered confirm a match."""
    assert isinstance(event.data, MatchAgreed)  # noqa: S101 - asked by its type
    for offer in desk.offers:
        if offer.id == event.data.offer_event and desk.chance.likely(_CONFIRMED):
            return [_confirmed(desk, event, offer.organisation)]
    return []


def _assessed(desk: Desk, event: Event) -> list[Life]:
    return [_shared(desk, event)] if desk.chance.likely(0.15) else []


def _shared(desk: Desk, event: Event) -> Life:
    chance = desk.chance
    month = yield chance.between(1, 6)
    body = desk.open(event.organisation)
    if isinstance(body, Trust) and body.home is not None:
        shared = MaturityShared(
            assessment_event=event.id,
            with_=body.home.code,
            as_="named" if chance.likely(0.5) else "count_only",
        )
        tell(body, chance.day(month), shared, DECLARED)


def _committed(desk: Desk, event: Event) -> list[Life]:
    assert isinstance(event.data, FundingCommitted)  # noqa: S101 - asked by its type
    return _named(desk, event) if event.data.beneficiaries is not UNSET else []


_ANSWERS: Final[dict[type[Payload], Callable[[Desk, Event], list[Life]]]] = {
    ConnectionMade: _connected,
    OfferMade: _offered,
    HelpRequested: _requested,
    MatchAgreed: _agreed,
    PracticeAdopted: _named,
    LeaderAppointed: _named,
    SupportGiven: _named,
    FundingCommitted: _committed,
    MaturityAssessed: _assessed,
}

__all__ = ["Desk", "answers"]
