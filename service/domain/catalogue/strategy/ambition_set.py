"""AmbitionSet: an organisation set itself a target for a measure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Day, ListCode
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain

Target = Annotated[
    float, Meta(ge=0, le=10**15, title="Target", description="In the measure's unit.")
]


class AmbitionSet(Payload):
    """An organisation set itself a target; effective is the day on which it was set.

    measure: code of the measure. target: the value to reach, in the measure's unit.
    by: last day on which to reach it.
    Source: board papers, the published strategy. Recorded by: the organisation; the operator also.
    """

    measure: ListCode
    target: Target
    by: Day


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, AmbitionSet)  # noqa: S101 - the register pairs them
    yield from checks.end_before_beginning("/data/by", data.by, event.effective)


def _text(data: AmbitionSet) -> str:
    return f"Aims at {data.target:g} for {plain(data.measure)} by {data.by}"


TYPE: Final = EventType(
    payload=AmbitionSet,
    part="strategy",
    bearers=BOTH,
    fold=Fold("ambitions", "states", ("measure",)),
    text=_text,
    check=_check,
    classes={"target": "organisation"},
    sample={"measure": "trained_share", "target": 0.2, "by": "2029-03-31"},
)
