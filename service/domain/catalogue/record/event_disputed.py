"""EventDisputed: an organisation disputed an event about it."""

from __future__ import annotations

import uuid
from typing import Final

from service.domain.envelope import Payload
from service.domain.fields import Ground
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class EventDisputed(Payload):
    """An organisation disputed an event about it; effective is the day on which it did.

    event: id of the original, never of a correction.
    ground: a wrong figure, date or organisation, or that the fact is not its own.
    Source: the organisation concerned. Recorded by: the organisation concerned, in its own stream.
    """

    event: uuid.UUID
    ground: Ground


def _text(data: EventDisputed) -> str:
    return f"Disputed event {data.event}: {plain(data.ground)}"


TYPE: Final = EventType(
    payload=EventDisputed,
    part="record",
    bearers=BOTH,
    recorder="organisation_concerned",
    fold=Fold("record", "about", ("event",)),
    text=_text,
    sample={"event": "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f", "ground": "wrong_figure"},
)
