"""The register of event types: one line a type, and the closed union built from it.

To add a type: write its module in `catalogue/`, add its line to `TYPES`, write its test data.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from service.domain.catalogue.context import regulator_rated
from service.domain.catalogue.leadership import leader_appointed
from service.domain.catalogue.record import event_corrected
from service.domain.catalogue.register import trust_registered
from service.domain.envelope import Event
from service.domain.spec import EventType

TYPES: Final[tuple[EventType, ...]] = (
    trust_registered.TYPE,
    leader_appointed.TYPE,
    regulator_rated.TYPE,
    event_corrected.TYPE,
)

BY_NAME: Final[Mapping[str, EventType]] = MappingProxyType({kind.name: kind for kind in TYPES})


def _envelope(kind: EventType) -> type[Event]:
    """Return the Struct of a whole event of one type: the envelope with that type's payload."""
    struct = msgspec.defstruct(
        f"{kind.name}Event",
        [("data", kind.payload)],
        bases=(Event,),
        namespace={"__doc__": kind.payload.__doc__},
        module=kind.payload.__module__,
        kw_only=True,
        frozen=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        gc=False,
        tag_field="type",
        tag=kind.name,
    )
    assert issubclass(struct, Event)  # noqa: S101 - tells the type checker what `bases` did
    return struct


ENVELOPES: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {kind.name: _envelope(kind) for kind in TYPES}
)
TYPE_OF: Final[Mapping[type[Event], EventType]] = MappingProxyType(
    {ENVELOPES[kind.name]: kind for kind in TYPES}
)
# Any: the union of Structs made above has no name that a type checker could know.
AnyEvent: Final[Any] = functools.reduce(operator.or_, ENVELOPES.values())


def kind_of(event: Event) -> EventType:
    """Return the declared type of an event."""
    return TYPE_OF[type(event)]
