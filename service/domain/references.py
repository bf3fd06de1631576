"""Which event an event refers to: the member of its payload that holds an event's id."""

from __future__ import annotations

import functools
import uuid

import msgspec
from msgspec import inspect as mi

from service.domain.envelope import Event, Payload


def reference(event: Event) -> uuid.UUID | None:
    """Return the id of the event that this one refers to, if its type refers to one."""
    member = reference_member(type(event.data))
    if member is None:
        return None
    found = getattr(event.data, member)
    return found if isinstance(found, uuid.UUID) else None


@functools.cache
def reference_member(payload: type[Payload]) -> str | None:
    """Return the name of a payload's member that holds an event's id, or None."""
    info = msgspec.inspect.type_info(payload)
    assert isinstance(info, mi.StructType)  # noqa: S101 - a payload is a Struct
    names = [field.name for field in info.fields if isinstance(field.type, mi.UUIDType)]
    return names[0] if names else None
