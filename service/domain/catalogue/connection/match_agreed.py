"""MatchAgreed: an offer and a request for help were brought together."""

from __future__ import annotations

import uuid
from typing import Final

from service.domain.envelope import Payload
from service.domain.spec import BOTH, EventType, Fold


class MatchAgreed(Payload):
    """An offer and a request were brought together; effective is the day on which it was agreed.

    offer_event: id of the OfferMade. request_event: id of the HelpRequested of another
    organisation. Both organisations are named by it, and confirm it unless they record it.
    Source: either organisation's word. Recorded by: either organisation, or a system between
    them; the operator also.
    """

    offer_event: uuid.UUID
    request_event: uuid.UUID


def _text(data: MatchAgreed) -> str:
    return f"Agreed that offer {data.offer_event} meets request {data.request_event}"


TYPE: Final = EventType(
    payload=MatchAgreed,
    part="connection",
    bearers=BOTH,
    fold=Fold("matches", "adds"),
    text=_text,
    sample={
        "offer_event": "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f",
        "request_event": "1b2c3d4e-7a6b-4c5d-8e9f-2a3b4c5d6e7f",
    },
)
