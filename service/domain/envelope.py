"""The envelope of an event: what every event says about itself, whatever its type.

Source: DESIGN.md, Terms (event); CONVENTIONS.md 3, 17, 18.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from service.domain.dates import Precision
from service.domain.fields import Code, Count, Day, LongText, Url

Assurance = Literal["public_record", "third_party", "board_minuted", "self_declared"]
OPERATOR_ASSURANCE: frozenset[str] = frozenset({"public_record", "third_party"})
"""What only the operator may claim; so these two tell that the operator recorded an event."""


class Payload(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What one type of event says beyond the envelope: the root of all payloads."""


class Source(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False
):
    """Where a fact was found.

    kind: `public` (anybody may look it up) or `own` (the organisation's own record).
    publisher, reference: who published it, and where in it (a page, a paper's number).
    url: its address, http or https. edition: which edition. row: the line of a file, from 1.
    """

    kind: Literal["public", "own"]
    publisher: LongText | UnsetType = UNSET
    reference: LongText | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    edition: LongText | UnsetType = UNSET
    row: Count | UnsetType = UNSET


class Event(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    gc=False,
    tag_field="type",
):
    """Something that happened, as submitted.

    id: UUID given by the submitter; decides identity for ever.
    organisation: the code of the body in whose stream it stands.
    effective: first day on which it is so in the world; of an ending, first day no longer so.
    precision: how exactly the day is known; `month` is written as its 1st, `year` as 1 January.
    certain: false when one source only suggests the date or the fact.
    data: the payload of its type. source: where it was found.
    assurance: how much stands behind it; the first two are the operator's alone.
    """

    id: uuid.UUID
    organisation: Code
    effective: Day
    precision: Annotated[Precision, Meta(description="How exactly the day is known.")] = "day"
    certain: bool = True
    data: Payload
    source: Source
    assurance: Assurance


class Target(Struct, frozen=True, omit_defaults=True, gc=False):
    """What an event about an event is about; added by the service so that a history reads alone.

    others: what else it refers to, in the order of its references (an offer's request).
    """

    position: int
    type: str
    organisation: str
    others: tuple[Target, ...] = ()


class Stamp(Struct, frozen=True, gc=False):
    """What the log adds to an event.

    position: global, from 1 without gaps. version: count within the stream, from 1.
    recorded_at: UTC, never falls as position rises. recorded_by: opaque.
    """

    position: int
    version: int
    recorded_at: dt.datetime
    recorded_by: str
    type_version: int
    target: Target | None


SERVICE_MEMBERS = (
    "position",
    "version",
    "recorded_at",
    "recorded_by",
    "hash",
    "type_version",
    "target",
)
"""Members that the service adds: refused on POST, dropped by `events import`."""


def type_name(event: Event) -> str:
    """Return the event's type, which is its Struct's tag."""
    tag = event.__struct_config__.tag
    return tag if isinstance(tag, str) else type(event).__name__


__all__ = [
    "OPERATOR_ASSURANCE",
    "SERVICE_MEMBERS",
    "Assurance",
    "Event",
    "Payload",
    "Source",
    "Stamp",
    "Target",
    "type_name",
]
