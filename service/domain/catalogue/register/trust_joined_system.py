"""TrustJoinedSystem: a trust became a member of a system."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Code
from service.domain.spec import EventType, Fold


class TrustJoinedSystem(Payload):
    """A trust became a member of a system; effective is the first day.

    system: code of the system.
    role: host or partner; of a system that is not an ics, host means full member.
    Source: Organisation Data Service; the system's constitution. Recorded by: the operator only.
    """

    system: Code
    role: Literal["host", "partner"]


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, TrustJoinedSystem)  # noqa: S101 - the register pairs them
    yield from checks.itself("/data/system", data.system, event.organisation)


def _text(data: TrustJoinedSystem) -> str:
    return f"Joined {data.system} as {data.role}"


TYPE: Final = EventType(
    payload=TrustJoinedSystem,
    part="register",
    recorder="operator",
    fold=Fold("membership", "opens", ("system",)),
    text=_text,
    check=_check,
    sample={"system": "ZS01", "role": "host"},
)
