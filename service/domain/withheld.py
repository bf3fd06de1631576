"""A stored event whose payload is withheld from a reader: it stands there, and says nothing.

Of a small survey a rounded reader gets the envelope alone (MODEL.md §5.5). So that the fold takes
such an event like any other – corrected, retracted, known on a day – it is an event of a type of
its own, which nobody can submit.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

import msgspec

from service.domain.codec import Unread
from service.domain.envelope import Event, Payload
from service.domain.register import ENVELOPES

WITHHELD: Final = "Withheld"
_CORRECTED: Final = "EventCorrected"


class Withheld(Payload, frozen=True):
    """What is left of a payload: the type of the event. kind: as it stands in `type`."""

    kind: str


class WithheldEvent(Event, frozen=True, kw_only=True, tag=WITHHELD):
    """An event without its payload."""

    data: Withheld


def read(body: bytes, kind: str, organisation: str, about: uuid.UUID | None) -> Event | Unread:
    """Return an event whose `data` is null as one that says nothing, or what cannot be read.

    about: of which event it is a correction; that it corrects it is no secret.
    """
    try:
        # Any: an envelope as plain JSON members; its Struct is chosen below.
        members: dict[str, Any] = msgspec.json.decode(body)
        if kind == _CORRECTED:
            members["data"] = {"event": about, "data": None, "reason": "other"}
            found: Event = msgspec.json.decode(msgspec.json.encode(members), type=ENVELOPES[kind])
        else:
            members |= {"type": WITHHELD, "data": {"kind": kind}}
            found = msgspec.convert(members, WithheldEvent)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Unread(kind, organisation, "unreadable")
    return found


__all__ = ["WITHHELD", "Withheld", "WithheldEvent", "read"]
