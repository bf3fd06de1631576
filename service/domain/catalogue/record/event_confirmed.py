"""EventConfirmed: an organisation confirmed an event that names it."""

from __future__ import annotations

import uuid
from typing import Final

from service.domain.envelope import Payload
from service.domain.spec import BOTH, EventType, Fold


class EventConfirmed(Payload):
    """An organisation confirmed an event that names it; effective is the day on which it did.

    event: id of the original, which stands in another stream.
    Source: the organisation named. Recorded by: an organisation that the event names.
    """

    event: uuid.UUID


def _text(data: EventConfirmed) -> str:
    return f"Confirmed event {data.event}"


TYPE: Final = EventType(
    payload=EventConfirmed,
    part="record",
    bearers=BOTH,
    recorder="organisation_concerned",
    fold=Fold("record", "about", ("event",)),
    text=_text,
    sample={"event": "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f"},
)
