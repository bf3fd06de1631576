"""ConnectionEnded: organisations no longer work or learn together."""

from __future__ import annotations

import uuid
from typing import Final

from service.domain.envelope import Payload
from service.domain.spec import BOTH, EventType, Fold


class ConnectionEnded(Payload):
    """A connection ended; effective is the first day on which it is no more.

    connection_event: id of the ConnectionMade. Its recorder ends it for all; an organisation that
    it names ends its own part.
    Source: board papers. Recorded by: either organisation; the operator also.
    """

    connection_event: uuid.UUID


def _text(data: ConnectionEnded) -> str:
    return f"Ended connection {data.connection_event}"


TYPE: Final = EventType(
    payload=ConnectionEnded,
    part="connection",
    bearers=BOTH,
    fold=Fold("connections", "closes"),
    text=_text,
    sample={"connection_event": "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f"},
)
