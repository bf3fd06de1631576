"""OfferMade: an organisation offered to help others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Count, Day, Text
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class OfferMade(Payload):
    """An organisation offered to help others; effective is the first day of the offer.

    topic: what with, a code of the list of topics or words.
    capacity: how many organisations can be helped. until: last day of the offer.
    Source: the organisation's own word. Recorded by: the organisation; the operator also.
    """

    topic: Text
    capacity: Count
    until: Day


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, OfferMade)  # noqa: S101 - the register pairs them
    yield from checks.end_before_beginning("/data/until", data.until, event.effective)


def _text(data: OfferMade) -> str:
    who = "1 organisation" if data.capacity == 1 else f"{data.capacity:,} organisations"
    return f"Offered help with {plain(data.topic)} to {who} until {data.until}"


TYPE: Final = EventType(
    payload=OfferMade,
    part="connection",
    bearers=BOTH,
    fold=Fold("offers", "opens"),
    text=_text,
    check=_check,
    classes={"capacity": "organisation"},
    sample={"topic": "daily_management", "capacity": 3, "until": "2027-03-31"},
)
