"""ManagementRoutineStarted: a daily or regular routine of managing improvement began."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import MOST_ITEMS, Count, Reference, Routine
from service.domain.spec import EventType, Fold
from service.domain.words import body_list, plain


class ManagementRoutineStarted(Payload):
    """A routine of managing improvement began; effective is its first day.

    kind: which routine. divisions: codes of the divisions where it began; absent, the whole trust.
    teams_covered: how many teams take part.
    Source: the trust's own record. Recorded by: the organisation; the operator also.
    """

    kind: Routine
    divisions: Annotated[tuple[Reference, ...], Meta(max_length=MOST_ITEMS)] | UnsetType = UNSET
    teams_covered: Count | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, ManagementRoutineStarted)  # noqa: S101 - the register pairs them
    yield from checks.repeated("/data/divisions", data.divisions or ())


def _text(data: ManagementRoutineStarted) -> str:
    where = f" in {body_list(data.divisions)}" if data.divisions else ""
    teams = "" if data.teams_covered is UNSET else f", {data.teams_covered:,} teams covered"
    return f"Started the routine {plain(data.kind)}{where}{teams}"


TYPE: Final = EventType(
    payload=ManagementRoutineStarted,
    part="practice",
    fold=Fold("routines", "opens", ("kind",)),
    text=_text,
    check=_check,
    classes={"teams_covered": "organisation"},
    sample={"kind": "huddle", "divisions": ["med", "surg"], "teams_covered": 22},
)
