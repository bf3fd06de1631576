"""ManagementRoutineEnded: a routine of managing improvement is no longer held."""

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


class ManagementRoutineEnded(Payload):
    """A routine of managing improvement ended; effective is the first day without it.

    kind: which routine. divisions: codes of the divisions where it ended; absent, everywhere.
    teams_covered: how many teams took part.
    Source: the trust's own record. Recorded by: the organisation; the operator also.
    """

    kind: Routine
    divisions: Annotated[tuple[Reference, ...], Meta(max_length=MOST_ITEMS)] | UnsetType = UNSET
    teams_covered: Count | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, ManagementRoutineEnded)  # noqa: S101 - the register pairs them
    yield from checks.repeated("/data/divisions", data.divisions or ())


def _text(data: ManagementRoutineEnded) -> str:
    where = f" in {body_list(data.divisions)}" if data.divisions else ""
    teams = "" if data.teams_covered is UNSET else f", {data.teams_covered:,} teams covered"
    return f"Ended the routine {plain(data.kind)}{where}{teams}"


TYPE: Final = EventType(
    payload=ManagementRoutineEnded,
    part="practice",
    fold=Fold("routines", "closes", ("kind",)),
    text=_text,
    check=_check,
    classes={"teams_covered": "organisation"},
    sample={"kind": "huddle", "divisions": ["surg"]},
)
