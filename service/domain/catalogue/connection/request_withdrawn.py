"""RequestWithdrawn: a request for help no longer stands."""

from __future__ import annotations

import uuid
from typing import Final

from service.domain.envelope import Payload
from service.domain.spec import BOTH, EventType, Fold


class RequestWithdrawn(Payload):
    """A request was withdrawn; effective is the first day on which it does not stand.

    request_event: id of the HelpRequested.
    Source: the organisation's own word. Recorded by: the organisation; the operator also.
    """

    request_event: uuid.UUID


def _text(data: RequestWithdrawn) -> str:
    return f"Withdrew request {data.request_event}"


TYPE: Final = EventType(
    payload=RequestWithdrawn,
    part="connection",
    bearers=BOTH,
    fold=Fold("requests", "closes"),
    text=_text,
    sample={"request_event": "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f"},
)
