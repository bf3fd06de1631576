"""ProgrammeJoined: an organisation joined a programme."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import UNSET, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Day, ListCode, Text
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class ProgrammeJoined(Payload):
    """An organisation joined a programme; effective is the first day in it.

    programme: its code. kind: what it is for.
    delivered_by: name of who runs it. method: code of the method that it teaches.
    planned_until: last day that is planned.
    Source: board papers, the programme's list. Recorded by: the organisation; the operator also.
    """

    programme: ListCode
    kind: Literal["improvement", "clinical_leadership", "safety", "culture"]
    delivered_by: Text | UnsetType = UNSET
    method: ListCode | UnsetType = UNSET
    planned_until: Day | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, ProgrammeJoined)  # noqa: S101 - the register pairs them
    yield from checks.end_before_beginning(
        "/data/planned_until", data.planned_until, event.effective
    )


def _text(data: ProgrammeJoined) -> str:
    by = f", delivered by {data.delivered_by}" if data.delivered_by else ""
    until = f", planned until {data.planned_until}" if data.planned_until else ""
    return f"Joined the {plain(data.kind)} programme {plain(data.programme)}{by}{until}"


TYPE: Final = EventType(
    payload=ProgrammeJoined,
    part="strategy",
    bearers=BOTH,
    fold=Fold("programmes", "opens", ("programme",)),
    text=_text,
    check=_check,
    sample={
        "programme": "qsir",
        "kind": "improvement",
        "delivered_by": "Elmshire Improvement Academy",
        "planned_until": "2028-03-31",
    },
)
