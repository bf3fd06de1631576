"""The payload that a correction holds, in the canonical form of its target's type.

A correction is decoded before its target is known, so its payload is at first any JSON, compact
and with its members in order of name. Once the target is found, text, codes and defaults are
brought to form as in an event of that type; the order of the members stays. So two submissions of
one correction are the same when their values are (CONVENTIONS.md 19).
"""

from __future__ import annotations

import msgspec

from service.domain import codec, explain, normal
from service.domain.catalogue.record.event_corrected import EventCorrected
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault, Unfit
from service.domain.spec import EventType


def faults(event: Event, kind: EventType, pointer: str) -> tuple[Fault, ...]:
    """Return every fault of what a correction puts in the place of an event of `kind`."""
    assert isinstance(event.data, EventCorrected)  # noqa: S101 - the caller's condition
    value = msgspec.json.decode(event.data.data)
    return explain.payload(kind, value, pointer) or explain.corrected(event, kind, pointer)


def canonical(submitted: codec.Submitted, kind: EventType) -> codec.Submitted:
    """Return a correction of an event of `kind` in canonical form, itself if it is so already.

    Raises as `payload` does.
    """
    event = _canonical(submitted.event, kind)
    return submitted if event is submitted.event else codec.Submitted(event, codec.encode(event))


def same(known: bytes, event: Event, kind: EventType) -> bool:
    """Tell whether a body holds the same correction of an event of `kind` as a submitted one.

    Bodies recorded by 0.1.0 hold payloads as they were sent, so both are brought to form.
    """
    earlier = codec.read(known, "EventCorrected", 1, event.organisation)
    if isinstance(earlier, codec.Unread) or not isinstance(earlier.data, EventCorrected):
        return False
    try:
        return _canonical(earlier, kind) == _canonical(event, kind)
    except (msgspec.MsgspecError, Unfit, RecursionError):
        return False


def payload(data: EventCorrected, kind: EventType) -> Payload:
    """Return what a correction puts in the place of the payload of an event of `kind`.

    Raises msgspec.MsgspecError, Unfit or RecursionError where it is none of that type.
    """
    return normal.normal(msgspec.json.decode(data.data, type=kind.payload))


def _canonical(event: Event, kind: EventType) -> Event:
    assert isinstance(event.data, EventCorrected)  # noqa: S101 - the caller's condition
    form = msgspec.Raw(msgspec.json.encode(payload(event.data, kind), order="sorted"))
    if form == event.data.data:
        return event
    data = msgspec.structs.replace(event.data, data=form)
    return msgspec.structs.replace(event, data=data)


__all__ = ["canonical", "faults", "payload", "same"]
