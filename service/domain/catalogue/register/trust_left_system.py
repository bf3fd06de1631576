"""TrustLeftSystem: a trust is no longer a member of a system."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Code
from service.domain.spec import EventType, Fold


class TrustLeftSystem(Payload):
    """A trust is no longer a member of a system; effective is the first day on which it is not.

    system: code of the system.
    Source: Organisation Data Service; the system's constitution. Recorded by: the operator only.
    """

    system: Code


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, TrustLeftSystem)  # noqa: S101 - the register pairs them
    yield from checks.itself("/data/system", data.system, event.organisation)


def _text(data: TrustLeftSystem) -> str:
    return f"Left {data.system}"


TYPE: Final = EventType(
    payload=TrustLeftSystem,
    part="register",
    recorder="operator",
    fold=Fold("membership", "closes", ("system",)),
    text=_text,
    check=_check,
    sample={"system": "ZS01"},
)
