"""TrainedStaffLeft: people with a skill left the trust."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, UnsetType

from service.domain import checks
from service.domain.catalogue.skills.skills_counted import PeopleParts
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Count, Tier
from service.domain.spec import EventType, Fold


class TrainedStaffLeft(Payload):
    """People with a skill left; effective is the first day without them, or after the period.

    tier: their level of skill. people: how many.
    by: parts that add up to no more than the people, each once.
    Source: the trust's own record. Recorded by: the organisation; the operator also.
    """

    tier: Tier
    people: Count
    by: PeopleParts | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, TrainedStaffLeft)  # noqa: S101 - the register pairs them
    yield from checks.parts("/data/by", data.by or (), "people", data.people, "people")


def _text(data: TrainedStaffLeft) -> str:
    people = "1 person" if data.people == 1 else f"{data.people:,} people"
    return f"{people} trained at the tier {data.tier} left"


TYPE: Final = EventType(
    payload=TrainedStaffLeft,
    part="skills",
    fold=Fold("skills", "adds"),
    text=_text,
    check=_check,
    classes={"people": "tiered", "by.people": "tiered"},
    sample={"tier": "practitioner", "people": 9, "by": [{"division": "med", "people": 4}]},
)
