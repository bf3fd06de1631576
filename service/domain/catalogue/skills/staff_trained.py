"""StaffTrained: people completed a course in improvement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import (
    MOST_ITEMS,
    Count,
    Day,
    Hours,
    ListCode,
    Reference,
    StaffGroup,
    Tier,
)
from service.domain.spec import EventType, Fold
from service.domain.words import plain


class CompletionPart(Payload):
    """The completions of one division, one staff group, or one staff group of a division.

    division: its code. staff_group: of the national workforce data set.
    completions: of the course, by these people.
    """

    completions: Count
    division: Reference | UnsetType = UNSET
    staff_group: StaffGroup | UnsetType = UNSET


class StaffTrained(Payload):
    """People completed a course; effective is the day of completion, or the last of the period.

    course: its code. tier: the level of skill that it gives.
    participant_group: who they are; staff, board and resident doctors count as the trust's staff.
    completions: courses completed, not people: one person may complete several.
    by: parts that add up to no more than the whole, each once.
    delivery: how it was taught. hours: of the course, for one participant.
    project_based: whether each participant ran a project.
    lapses_on: last day on which the training is valid, where the course says so; only shown.
    Source: the learning system, attendance lists. Recorded by: the organisation; the operator also.
    """

    course: ListCode
    tier: Tier
    participant_group: Literal[
        "staff",
        "board",
        "lived_experience",
        "resident_doctor",
        "student",
        "volunteer",
        "partner_organisation",
    ]
    completions: Count
    by: Annotated[tuple[CompletionPart, ...], Meta(max_length=MOST_ITEMS)] | UnsetType = UNSET
    delivery: Literal["in_person", "virtual", "elearning"] | UnsetType = UNSET
    hours: Hours | UnsetType = UNSET
    project_based: bool | UnsetType = UNSET
    lapses_on: Day | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, StaffTrained)  # noqa: S101 - the register pairs them
    parts = data.by or ()
    yield from checks.parts("/data/by", parts, "completions", data.completions, "completions")
    yield from checks.end_before_beginning("/data/lapses_on", data.lapses_on, event.effective)


def _text(data: StaffTrained) -> str:
    times = "1 completion" if data.completions == 1 else f"{data.completions:,} completions"
    return f"{times} of {plain(data.course)} ({data.tier}) by {plain(data.participant_group)}"


TYPE: Final = EventType(
    payload=StaffTrained,
    part="skills",
    fold=Fold("skills", "adds"),
    text=_text,
    check=_check,
    classes={"completions": "tiered", "by.completions": "tiered", "hours": "organisation"},
    sample={
        "course": "qsir_fundamentals",
        "tier": "introductory",
        "participant_group": "staff",
        "completions": 64,
        "by": [
            {"division": "med", "completions": 40},
            {"division": "surg", "staff_group": "nursing_and_midwifery", "completions": 20},
        ],
        "delivery": "in_person",
        "hours": 7.5,
        "project_based": False,
    },
)
