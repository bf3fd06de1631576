"""What is known of the events that others refer to: who they and all about them ever named.

Whoever an event named must find in their history what becomes of it, also once a correction names
somebody else. Source: DESIGN.md, Terms (mention); DOMAIN.md §2, corrections. Pure.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, MutableMapping, Sequence

import msgspec
from msgspec import Struct

from service.domain.envelope import Event
from service.domain.mentions import mentioned
from service.domain.register import BY_NAME


class Referred(Struct, frozen=True):
    """An event that another refers to, with all that it and events about it ever named."""

    position: int
    type: str
    type_version: int
    organisation: str
    body: bytes
    about: uuid.UUID | None
    named: frozenset[str]


def all_named(event: Event, targets: Sequence[Referred]) -> frozenset[str]:
    """Return all that an event names: itself, the payload it puts right, and its targets' names."""
    named = mentioned(event, targets[0].type if targets else None)
    if not targets:
        return named
    return named.union(*(one.named | {one.organisation} for one in targets)) - {event.organisation}


def remember(known: MutableMapping[uuid.UUID, Referred], key: uuid.UUID, one: Referred) -> None:
    """Add an event to those known; what it is about, step by step, has named all that it named."""
    known[key] = one
    while _is_about(one) and one.about is not None and (target := known.get(one.about)) is not None:
        names = target.named | (one.named - {target.organisation})
        if names == target.named:
            return
        about, one = one.about, msgspec.structs.replace(target, named=names)
        known[about] = one


def _is_about(one: Referred) -> bool:
    """Tell whether an event is about another: what only refers to one passes no names on."""
    kind = BY_NAME.get(one.type)
    return kind is None or kind.fold.form == "about"


def grown(found: Mapping[uuid.UUID, Referred]) -> dict[uuid.UUID, Referred]:
    """Return events, each with all that it and those about it, as far as found, ever named."""
    known: dict[uuid.UUID, Referred] = {}
    for key, one in sorted(found.items(), key=lambda item: item[1].position):
        remember(known, key, one)
    return known


__all__ = ["Referred", "all_named", "grown", "remember"]
