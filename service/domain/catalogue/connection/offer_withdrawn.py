"""OfferWithdrawn: an offer of help no longer stands."""

from __future__ import annotations

import uuid
from typing import Final

from service.domain.envelope import Payload
from service.domain.spec import BOTH, EventType, Fold


class OfferWithdrawn(Payload):
    """An offer was withdrawn; effective is the first day on which it does not stand.

    offer_event: id of the OfferMade.
    Source: the organisation's own word. Recorded by: the organisation; the operator also.
    """

    offer_event: uuid.UUID


def _text(data: OfferWithdrawn) -> str:
    return f"Withdrew offer {data.offer_event}"


TYPE: Final = EventType(
    payload=OfferWithdrawn,
    part="connection",
    bearers=BOTH,
    fold=Fold("offers", "closes"),
    text=_text,
    sample={"offer_event": "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f"},
)
