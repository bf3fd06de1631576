"""EventCorrected: an event was wrong; this is what it should have said."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Final

import msgspec

from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Reason
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class EventCorrected(Payload):
    """An earlier event was wrong; later readings take this one's envelope and whole payload.

    event: id of the original (never of a correction), in the same stream.
    data: the whole corrected payload, of the original's type.
    reason: why. Source: DOMAIN.md §2, corrections. Recorded by: whoever may record the original.
    """

    event: uuid.UUID
    data: msgspec.Raw
    reason: Reason


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, EventCorrected)  # noqa: S101 - the register pairs them
    if bytes(data.data) == b"null":
        rule = "must not be null: leave the member out if it is not stated"
        yield Fault("/data/data", "null", rule)


def _text(data: EventCorrected) -> str:
    return f"Corrected event {data.event}: {plain(data.reason)}"


TYPE: Final = EventType(
    payload=EventCorrected,
    part="record",
    bearers=BOTH,
    recorder="recorder_of_target",
    fold=Fold("record", "about", ("event",)),
    text=_text,
    check=_check,
    sample={
        "event": "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f",
        "data": {"post": "chief_executive", "person": "p-0a1b2c3d", "basis": "interim"},
        "reason": "mistyped",
    },
)
