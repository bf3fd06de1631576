"""From bytes to events and back: decode, validate and bring to canonical form, in one pass.

The canonical form is what was submitted, in the Struct's order, defaults left out, text in NFC and
codes in upper case: two submissions of one id are the same when it is (CONVENTIONS.md 19).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
from msgspec import Struct

from service.domain import explain, normal, strict
from service.domain.envelope import Event
from service.domain.faults import Fault, Unfit
from service.domain.register import BY_NAME, TYPE_OF, AnyEvent

_EVENT: Final = msgspec.json.Decoder(AnyEvent)
_ENCODER: Final = msgspec.json.Encoder()


class Submitted(Struct, frozen=True, gc=False):
    """An event that is valid in itself, with its canonical bytes."""

    event: Event
    body: bytes


def encode(event: Event) -> bytes:
    """Return the canonical bytes of an event."""
    return _ENCODER.encode(event)


def decode(raw: bytes | msgspec.Raw, latest: dt.date) -> Submitted | tuple[Fault, ...]:
    """Return the event that the bytes hold, or every fault that they have.

    latest: the last effective date that is accepted. Pointers of faults begin at the event.
    """
    try:
        event = normal.normal(_EVENT.decode(raw))
    except (msgspec.MsgspecError, Unfit, UnicodeDecodeError, RecursionError):
        return explain.faults(bytes(raw), latest)
    body = _ENCODER.encode(event)
    text = bytes(raw)
    if not strict.none_repeated(text, body) and (faults := strict.repeated_faults(text)):
        return tuple(faults)
    faults = explain.broken_rules(event, TYPE_OF[type(event)], latest)
    return tuple(faults) if faults else Submitted(event, body)


def canonical(body: bytes) -> Submitted:
    """Return the event of canonical bytes that `decode` made: valid, so not looked at again."""
    return Submitted(_EVENT.decode(body), body)


class Unread(Struct, frozen=True, gc=False):
    """A stored event that this release cannot read: kept, fed, counted and shown.

    reason: `unknown_type` and `unknown_version` are of a newer release; `unreadable` is poison.
    """

    type: str
    organisation: str
    reason: str


def read(body: bytes, type_name: str, type_version: int, organisation: str) -> Event | Unread:
    """Return a stored event, upcast to the newest version of its type, or what cannot be read."""
    kind = BY_NAME.get(type_name)
    if kind is None:
        return Unread(type_name, organisation, "unknown_type")
    if not 1 <= type_version <= kind.version:
        return Unread(type_name, organisation, "unknown_version")
    try:
        event: Event = (
            _EVENT.decode(body) if type_version == kind.version else _upcast(body, type_version)
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Unread(type_name, organisation, "unreadable")
    return event


def _upcast(body: bytes, version: int) -> Event:
    # Any: an old version's payload has no Struct any more; its upcast knows its shape.
    members: dict[str, Any] = msgspec.json.decode(body)
    kind = BY_NAME[members["type"]]
    for upcast in kind.upcasts[version - 1 :]:
        members["data"] = upcast(members["data"])
    event: Event = msgspec.convert(members, AnyEvent)
    return event
