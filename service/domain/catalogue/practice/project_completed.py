"""ProjectCompleted: an improvement project came to its end."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, UnsetType

from service.domain.envelope import Payload
from service.domain.fields import Count, Pence, Reference
from service.domain.spec import EventType, Fold
from service.domain.words import plain, pounds


class ProjectCompleted(Payload):
    """An improvement project came to its end; effective is the first day on which it is over.

    project: the reference under which it was started. outcome: what became of it.
    evidence: what the outcome rests on. held_months: how long the gain has held.
    lived_experience: whether people with lived experience took part.
    equity_considered: whether it was looked at who gains. saving_pence: saved in a year.
    Source: the trust's register of projects. Recorded by: the organisation; the operator also.
    """

    project: Reference
    outcome: Literal["improved_and_held", "improved", "no_change", "stopped", "not_measured"]
    evidence: Literal["spc_special_cause", "before_after", "narrative", "none"]
    held_months: Count | UnsetType = UNSET
    lived_experience: bool | UnsetType = UNSET
    equity_considered: bool | UnsetType = UNSET
    saving_pence: Pence | UnsetType = UNSET


_RESTS_ON: Final = {
    "spc_special_cause": "special cause on an SPC chart",
    "before_after": "before and after",
    "narrative": "a narrative",
    "none": "no evidence",
}


def _text(data: ProjectCompleted) -> str:
    saved = f", saving {pounds(data.saving_pence)} a year" if data.saving_pence else ""
    rests = _RESTS_ON[data.evidence]
    return f"Completed project {data.project}: {plain(data.outcome)}, by {rests}{saved}"


TYPE: Final = EventType(
    payload=ProjectCompleted,
    part="practice",
    fold=Fold("projects", "closes", ("project",)),
    text=_text,
    classes={"held_months": "open", "saving_pence": "organisation"},
    sample={
        "project": "falls-26",
        "outcome": "improved_and_held",
        "evidence": "spc_special_cause",
        "held_months": 6,
        "lived_experience": True,
        "saving_pence": 1250000,
    },
)
