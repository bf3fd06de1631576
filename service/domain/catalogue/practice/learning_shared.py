"""LearningShared: a trust told others what it learnt."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, UnsetType

from service.domain.envelope import Payload
from service.domain.fields import Reference, Text
from service.domain.spec import EventType, Fold


class LearningShared(Payload):
    """A trust told others what it learnt; effective is the day on which it did.

    title: what was shared. project: reference of the project that it comes from.
    audience: who was told. about: what went well, or what was difficult.
    Source: newsletters, events' programmes. Recorded by: the organisation; the operator also.
    """

    title: Text
    audience: Text
    about: Literal["success", "difficulty"]
    project: Reference | UnsetType = UNSET


def _text(data: LearningShared) -> str:
    project = f" of project {data.project}" if data.project else ""
    return f"Shared a {data.about}{project} with {data.audience}: {data.title}"


TYPE: Final = EventType(
    payload=LearningShared,
    part="practice",
    fold=Fold("learning", "adds"),
    text=_text,
    sample={
        "title": "Fewer falls at night",
        "project": "falls-26",
        "audience": "Elmshire improvers' day",
        "about": "success",
    },
)
