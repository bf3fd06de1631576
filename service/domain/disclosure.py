"""What a reader without the right to exact counts is given: policy `people-v1` (MODEL.md §5).

Computed once, at append. A people figure x becomes 5·floor(x/5 + u) with u in [0, 1) from a keyed
hash of organisation, type, effective date, tier, course, participant group and field: sent again it
rounds alike. Parts (`by`) are left out. Small surveys are withheld whole.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET

from service.domain.catalogue.record.event_corrected import EventCorrected
from service.domain.envelope import Event, Payload
from service.domain.register import BY_NAME, ENVELOPES, AnyEvent
from service.domain.spec import ROUNDED_TIERS, EventType

POLICY: Final = "people-v1"
EXACT: Final = "exact"
"""Whoever may have every count as it was recorded."""
TOTALS: Final = "trust-totals"
"""Totals as they were recorded, without parts; small surveys are withheld as by the policy."""
Disclosure = Literal["exact", "people-v1", "trust-totals"]
"""As what an answer holds counts: as recorded, as the policy discloses them, or totals alone."""
Wanted = Literal["exact", "people-v1"]
"""As what counts may be asked for: exact or not at all, or as everybody may have them."""
Entitlement = Literal["own", "trust_totals"]
"""What those get who have no right to exact counts: what the policy discloses, or totals."""
WITHHELD: Final = b"null"
SMALLEST_SURVEY: Final = 10
_PEOPLE: Final = frozenset({"people", "tiered"})
WITHOUT_PARTS: Final = frozenset(
    name for name, kind in BY_NAME.items() if not _PEOPLE.isdisjoint(kind.classes.values())
)
"""Types whose people are rounded, at some tier at least: their parts are for exact readers only."""


def rounded(count: int, secret: bytes, key: tuple[str, ...]) -> int:
    """Return a count rounded to a multiple of 5, without bias, alike for the same key."""
    digest = hashlib.blake2b("\x1f".join(key).encode(), key=secret, digest_size=8).digest()
    share = int.from_bytes(digest, "big") / 2**64
    return 5 * math.floor(count / 5 + share)


def disclosed(kind: EventType, payload: Payload, first: Event, secret: bytes) -> bytes | None:
    """Return a payload as rounded readers get it; None where that is the payload itself.

    first: the event whose key the rounding takes: of a correction, the original.
    """
    if kind.withheld is not None and _is_small(payload, kind.withheld.member):
        return WITHHELD
    if _PEOPLE.isdisjoint(kind.classes.values()):
        return None
    # Any: a payload as plain JSON members, whatever its type.
    members: dict[str, Any] = msgspec.to_builtins(payload)
    parts = members.pop("by", None)
    people = [path for path in _rounded(kind, payload) if path in members]
    if not people and parts is None:
        return None
    key = _key(first)
    for path in people:
        members[path] = rounded(members[path], secret, (*key, path))
    return msgspec.json.encode(members)


def _rounded(kind: EventType, payload: Payload) -> list[str]:
    """Return the paths of what is rounded in a payload, parts among them."""
    tiered = getattr(payload, "tier", None) in ROUNDED_TIERS
    groups = _PEOPLE if tiered else {"people"}
    return [path for path, group in kind.classes.items() if group in groups]


def is_rounded(payload: Payload) -> bool:
    """Tell whether the people of a payload of one of these types are rounded: by its tier."""
    return getattr(payload, "tier", None) in {None, *ROUNDED_TIERS}


def _is_small(payload: Payload, member: str) -> bool:
    size = getattr(payload, member, UNSET)
    if getattr(payload, "instrument", None) == "nhs_staff_survey":
        return False  # published by the national survey itself
    return size is UNSET or size < SMALLEST_SURVEY


def _key(event: Event) -> tuple[str, ...]:
    named = (getattr(event.data, name, "") for name in ("tier", "course", "participant_group"))
    kind = str(event.__struct_config__.tag)
    return (event.organisation, kind, event.effective.isoformat(), *(str(v or "") for v in named))


def disclosed_correction(
    event: Event, original: bytes, kind: EventType, secret: bytes
) -> bytes | None:
    """Return a correction's payload as rounded readers get it; keeps the original's rounding."""
    assert isinstance(event.data, EventCorrected)  # noqa: S101 - the caller's condition
    payload = msgspec.json.decode(event.data.data, type=kind.payload)
    first = _first(original) or _in_its_place(event, kind, payload)
    hidden = disclosed(kind, payload, first, secret)
    if hidden is None or hidden == WITHHELD:
        return hidden
    return msgspec.json.encode(msgspec.structs.replace(event.data, data=msgspec.Raw(hidden)))


def _first(original: bytes) -> Event | None:
    """Return the original; None where nobody can read it, and a correction is its way out."""
    try:
        found: Event = msgspec.json.decode(original, type=AnyEvent)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found


def _in_its_place(event: Event, kind: EventType, payload: Payload) -> Event:
    """Return what a correction says as an event of its target's type."""
    members = {name: getattr(event, name) for name in Event.__struct_fields__} | {"data": payload}
    return ENVELOPES[kind.name](**members)
