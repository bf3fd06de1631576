"""NetworkJoined: an organisation joined a network."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, UnsetType

from service.domain.envelope import Payload
from service.domain.fields import Count, ListCode
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class NetworkJoined(Payload):
    """An organisation joined a network; effective is the first day in it.

    network: its code. members: people of the organisation who are members.
    Source: the network's list. Recorded by: the organisation; the operator also.
    """

    network: ListCode
    members: Count | UnsetType = UNSET


def _text(data: NetworkJoined) -> str:
    count = data.members
    people = "" if count is UNSET else f", {count:,} member{'' if count == 1 else 's'}"
    return f"Joined the network {plain(data.network)}{people}"


TYPE: Final = EventType(
    payload=NetworkJoined,
    part="connection",
    bearers=BOTH,
    fold=Fold("network_memberships", "opens", ("network",)),
    text=_text,
    classes={"members": "people"},
    sample={"network": "q_community", "members": 14},
)
