"""ProjectStarted: an improvement project began."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import MOST_ITEMS, Count, Reference, Text
from service.domain.spec import EventType, Fold
from service.domain.words import body_list, plain


class ProjectStarted(Payload):
    """An improvement project began; effective is its first day.

    project: the trust's own reference. title: what it is called.
    trigger: what it arose from. divisions: codes of the divisions that take part.
    teams: how many teams take part.
    Source: the trust's register of projects. Recorded by: the organisation; the operator also.
    """

    project: Reference
    title: Text
    trigger: Literal["crisis", "strategy", "incident", "staff_idea"] | UnsetType = UNSET
    divisions: Annotated[tuple[Reference, ...], Meta(max_length=MOST_ITEMS)] | UnsetType = UNSET
    teams: Count | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, ProjectStarted)  # noqa: S101 - the register pairs them
    yield from checks.repeated("/data/divisions", data.divisions or ())


def _text(data: ProjectStarted) -> str:
    where = f" in {body_list(data.divisions)}" if data.divisions else ""
    why = f" (trigger: {plain(data.trigger)})" if data.trigger else ""
    return f"Started project {data.project}, {data.title}{where}{why}"


TYPE: Final = EventType(
    payload=ProjectStarted,
    part="practice",
    fold=Fold("projects", "opens", ("project",)),
    text=_text,
    check=_check,
    classes={"teams": "organisation"},
    sample={
        "project": "falls-26",
        "title": "Fewer falls at night",
        "trigger": "staff_idea",
        "divisions": ["med"],
        "teams": 4,
    },
)
