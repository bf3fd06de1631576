"""SystemSucceeded: a system took the place of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault, shown
from service.domain.fields import MOST_ITEMS, Code, Text
from service.domain.spec import SYSTEMS, EventType, Fold


class Predecessor(Payload):
    """A system whose place was taken.

    system: its code. extent: all of it, or a part. area: which part, in words.
    """

    system: Code
    extent: Literal["whole", "part"]
    area: Text | UnsetType = UNSET


class SystemSucceeded(Payload):
    """A system took the place of others; effective is the first day. A label: nothing is inherited.

    predecessors: the systems whose place it took, wholly or in part; each once.
    Source: orders establishing boards. Recorded by: the operator only.
    """

    predecessors: Annotated[tuple[Predecessor, ...], Meta(min_length=1, max_length=MOST_ITEMS)]


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, SystemSucceeded)  # noqa: S101 - the register pairs them
    for index, item in enumerate(data.predecessors):
        place = f"/data/predecessors/{index}"
        yield from checks.itself(f"{place}/system", item.system, event.organisation)
        if item.area is not UNSET and item.extent == "whole":
            rule = "belongs to a part: leave it out, or state extent part"
            yield Fault(f"{place}/area", "only_for_part", rule, shown(item.area))
    named = (item.system for item in data.predecessors)
    yield from checks.repeated("/data/predecessors", named, "system")


def _text(data: SystemSucceeded) -> str:
    named = [_predecessor(item) for item in data.predecessors]
    return f"Took the place of {', '.join(named)}"


def _predecessor(item: Predecessor) -> str:
    if item.extent == "whole":
        return item.system
    return f"part of {item.system} ({item.area})" if item.area else f"part of {item.system}"


TYPE: Final = EventType(
    payload=SystemSucceeded,
    part="register",
    bearers=SYSTEMS,
    recorder="operator",
    fold=Fold("register", "states", ("succession",)),
    text=_text,
    check=_check,
    sample={
        "predecessors": [
            {"system": "ZS02", "extent": "whole"},
            {"system": "ZS03", "extent": "part", "area": "Ashdale"},
        ]
    },
    sample_organisation="ZS01",
)
