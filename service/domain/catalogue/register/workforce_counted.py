"""WorkforceCounted: the staff of a trust were counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import MOST_ITEMS, Count, Reference, StaffGroup, Wte
from service.domain.spec import EventType, Fold


class WorkforcePart(Payload):
    """The staff of one division, one staff group, or one staff group of a division.

    division: its code. staff_group: of the national workforce data set.
    headcount: people. wte: whole-time equivalents.
    """

    division: Reference | UnsetType = UNSET
    staff_group: StaffGroup | UnsetType = UNSET
    headcount: Count | UnsetType = UNSET
    wte: Wte | UnsetType = UNSET


class WorkforceCounted(Payload):
    """The staff of a trust were counted; effective is the day of the count.

    headcount: people. wte: whole-time equivalents, at most two decimals. At least one of them.
    by: parts that add up to no more than the whole, each once.
    Source: NHS workforce statistics; the electronic staff record.
    Recorded by: the organisation; the operator also.
    """

    headcount: Count | UnsetType = UNSET
    wte: Wte | UnsetType = UNSET
    by: Annotated[tuple[WorkforcePart, ...], Meta(max_length=MOST_ITEMS)] | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, WorkforceCounted)  # noqa: S101 - the register pairs them
    yield from checks.none_given("/data", data, ("headcount", "wte"))
    by = data.by or ()
    for index, part in enumerate(by):
        place = f"/data/by/{index}"
        yield from checks.none_given(place, part, ("division", "staff_group"))
        yield from checks.none_given(place, part, ("headcount", "wte"))
    named = ((part.division or "", part.staff_group or "") for part in by)
    yield from checks.repeated("/data/by", named)
    heads = (part.headcount for part in by)
    yield from checks.sum_exceeds_total("/data/by", heads, data.headcount, "headcount")
    yield from checks.sum_exceeds_total("/data/by", (part.wte for part in by), data.wte, "wte")


def _text(data: WorkforceCounted) -> str:
    people = f"{data.headcount:,} people" if data.headcount is not UNSET else ""
    wte = f"{data.wte:,.2f} whole-time equivalents" if data.wte is not UNSET else ""
    return f"Staff counted: {', '.join(part for part in (people, wte) if part)}"


TYPE: Final = EventType(
    payload=WorkforceCounted,
    part="register",
    fold=Fold("workforce", "states"),
    text=_text,
    check=_check,
    classes={
        "headcount": "organisation",
        "wte": "organisation",
        "by.headcount": "organisation",
        "by.wte": "organisation",
    },
    sample={
        "headcount": 4200,
        "wte": 3710.5,
        "by": [{"division": "med", "staff_group": "nursing_and_midwifery", "headcount": 900}],
    },
)
