"""Which events an event refers to: the members of its payload that hold an event's id.

The first reference is what the event is about (`about` in the log). Most types have one;
MatchAgreed has two, and a correction has its target's as well, those that it puts in their place.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec import inspect as mi

from service.domain.catalogue.record.event_corrected import EventCorrected
from service.domain.envelope import Event, Payload

TARGETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "assessment_event": "MaturityAssessed",
        "connection_event": "ConnectionMade",
        "offer_event": "OfferMade",
        "request_event": "HelpRequested",
    }
)
"""The only type that each of these members may name."""


class Reference(Struct, frozen=True, gc=False):
    """One reference. member: where the id stands, from `/data`. type: what it must name, if one."""

    member: str
    id: uuid.UUID
    type: str | None


class _Corrected(Struct, frozen=True):
    """What a corrected payload may refer to."""

    assessment_event: uuid.UUID | UnsetType = UNSET
    connection_event: uuid.UUID | UnsetType = UNSET
    offer_event: uuid.UUID | UnsetType = UNSET
    request_event: uuid.UUID | UnsetType = UNSET


def reference(event: Event) -> uuid.UUID | None:
    """Return the id of the event that this one is about, if its type refers to one."""
    found = references(event)
    return found[0].id if found else None


def references(event: Event) -> tuple[Reference, ...]:
    """Return every reference of an event, what it is about first."""
    members = reference_members(type(event.data))
    if not members:
        return ()
    found = [_reference("", name, getattr(event.data, name)) for name in members]
    if isinstance(event.data, EventCorrected):
        found += _of_corrected(event.data.data)
    return tuple(found)


def _reference(inside: str, name: str, key: uuid.UUID) -> Reference:
    return Reference(f"{inside}/{name}", key, TARGETS.get(name))


def _of_corrected(raw: msgspec.Raw) -> list[Reference]:
    """Return what a corrected payload refers to; one that cannot be read is refused elsewhere."""
    try:
        read = msgspec.json.decode(raw, type=_Corrected)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    named = ((name, getattr(read, name)) for name in TARGETS)
    return [_reference("/data", name, key) for name, key in named if key is not UNSET]


@functools.cache
def reference_members(payload: type[Payload]) -> tuple[str, ...]:
    """Return the names of a payload's members that hold an event's id, in their order."""
    info = msgspec.inspect.type_info(payload)
    assert isinstance(info, mi.StructType)  # noqa: S101 - a payload is a Struct
    return tuple(field.name for field in info.fields if isinstance(field.type, mi.UUIDType))


__all__ = ["TARGETS", "Reference", "reference", "reference_members", "references"]
