"""EventRetracted: an event should not have been recorded."""

from __future__ import annotations

import uuid
from typing import Final

from service.domain.envelope import Payload
from service.domain.fields import Reason
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class EventRetracted(Payload):
    """An earlier event should not have been recorded; effective is the day of saying so.

    event: id of an original, of a correction (the next newest counts) or of a retraction.
    reason: why.
    Source: DOMAIN.md §2, corrections. Recorded by: whoever may record the original.
    """

    event: uuid.UUID
    reason: Reason


def _text(data: EventRetracted) -> str:
    return f"Retracted event {data.event}: {plain(data.reason)}"


TYPE: Final = EventType(
    payload=EventRetracted,
    part="record",
    bearers=BOTH,
    recorder="recorder_of_target",
    fold=Fold("record", "about", ("event",)),
    text=_text,
    sample={"event": "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f", "reason": "duplicate"},
)
