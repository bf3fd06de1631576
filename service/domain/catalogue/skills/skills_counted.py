"""SkillsCounted: the people with a skill were counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault, shown
from service.domain.fields import MOST_ITEMS, Count, Reference, StaffGroup, Tier
from service.domain.spec import EventType, Fold
from service.domain.words import plain


class PeoplePart(Payload):
    """The people of one division, one staff group, or one staff group of a division.

    division: its code. staff_group: of the national workforce data set. people: how many.
    """

    people: Count
    division: Reference | UnsetType = UNSET
    staff_group: StaffGroup | UnsetType = UNSET


PeopleParts = Annotated[tuple[PeoplePart, ...], Meta(max_length=MOST_ITEMS)]


class SkillsCounted(Payload):
    """The people with a skill were counted; effective is the day of the count.

    tier: the level of skill. people: in post, trained at this tier, active within 36 months.
    active_last_12m: of them, those who worked on an improvement within 12 months.
    in_training: people who train for this tier and do not have it yet.
    by: parts that add up to no more than the people, each once.
    method: from which record, or how, they were counted.
    Source: the trust's own record. Recorded by: the organisation; the operator also.
    """

    tier: Tier
    people: Count
    method: Literal["esr", "learning_system", "qi_platform", "survey", "estimate"]
    active_last_12m: Count | UnsetType = UNSET
    in_training: Count | UnsetType = UNSET
    by: PeopleParts | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, SkillsCounted)  # noqa: S101 - the register pairs them
    if data.active_last_12m is not UNSET and data.active_last_12m > data.people:
        rule = f"must be no more than people, {data.people}"
        place = "/data/active_last_12m"
        yield Fault(place, "part_exceeds_whole", rule, shown(data.active_last_12m))
    yield from checks.parts("/data/by", data.by or (), "people", data.people, "people")


def _text(data: SkillsCounted) -> str:
    people = "1 person" if data.people == 1 else f"{data.people:,} people"
    active = f", {data.active_last_12m:,} active" if data.active_last_12m is not UNSET else ""
    training = f", {data.in_training:,} in training" if data.in_training is not UNSET else ""
    return f"{people} counted at the tier {data.tier}{active}{training} ({plain(data.method)})"


TYPE: Final = EventType(
    payload=SkillsCounted,
    part="skills",
    fold=Fold("skills", "states", ("tier",)),
    text=_text,
    check=_check,
    classes={
        "people": "tiered",
        "active_last_12m": "tiered",
        "in_training": "tiered",
        "by.people": "tiered",
    },
    sample={
        "tier": "practitioner",
        "people": 118,
        "method": "learning_system",
        "active_last_12m": 61,
        "in_training": 14,
        "by": [{"division": "med", "people": 70}, {"division": "surg", "people": 48}],
    },
)
