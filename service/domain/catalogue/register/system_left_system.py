"""SystemLeftSystem: a system is no longer part of another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Code
from service.domain.spec import SYSTEMS, EventType, Fold


class SystemLeftSystem(Payload):
    """A system is no longer part of another; effective is the first day on which it is not.

    system: code of the wider system; never itself.
    Source: Organisation Data Service; the system's constitution. Recorded by: the operator only.
    """

    system: Code


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, SystemLeftSystem)  # noqa: S101 - the register pairs them
    yield from checks.itself("/data/system", data.system, event.organisation)


def _text(data: SystemLeftSystem) -> str:
    return f"No longer part of {data.system}"


TYPE: Final = EventType(
    payload=SystemLeftSystem,
    part="register",
    bearers=SYSTEMS,
    recorder="operator",
    fold=Fold("membership", "closes", ("system",)),
    text=_text,
    check=_check,
    sample={"system": "ZS02"},
    sample_organisation="ZS01",
)
