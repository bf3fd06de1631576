"""PracticeAdopted: a trust took over what another had found to work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, UnsetType, field

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Code, Reference, Text
from service.domain.spec import EventType, Fold


class PracticeAdopted(Payload):
    """A trust took over a practice of another; effective is the first day on which it is in use.

    from: code of the organisation whose practice it is. project: that organisation's reference of
    the project. title: what was taken over.
    Source: the trust's own word. Recorded by: the organisation; the operator also.
    """

    from_: Code = field(name="from")
    title: Text
    project: Reference | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, PracticeAdopted)  # noqa: S101 - the register pairs them
    yield from checks.itself("/data/from", data.from_, event.organisation)


def _text(data: PracticeAdopted) -> str:
    project = f", project {data.project}" if data.project else ""
    return f"Adopted from {data.from_}{project}: {data.title}"


TYPE: Final = EventType(
    payload=PracticeAdopted,
    part="practice",
    fold=Fold("adoptions", "adds"),
    text=_text,
    check=_check,
    sample={"from": "ZT002", "project": "handover-2", "title": "Bedside handover"},
)
