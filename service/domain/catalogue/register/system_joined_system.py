"""SystemJoinedSystem: a system became part of another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Code
from service.domain.spec import SYSTEMS, EventType, Fold


class SystemJoinedSystem(Payload):
    """A system became part of another, as of a region; effective is the first day.

    system: code of the wider system; never itself.
    Source: Organisation Data Service; the system's constitution. Recorded by: the operator only.
    """

    system: Code


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, SystemJoinedSystem)  # noqa: S101 - the register pairs them
    yield from checks.itself("/data/system", data.system, event.organisation)


def _text(data: SystemJoinedSystem) -> str:
    return f"Became part of {data.system}"


TYPE: Final = EventType(
    payload=SystemJoinedSystem,
    part="register",
    bearers=SYSTEMS,
    recorder="operator",
    fold=Fold("membership", "opens", ("system",)),
    text=_text,
    check=_check,
    sample={"system": "ZS02"},
    sample_organisation="ZS01",
)
