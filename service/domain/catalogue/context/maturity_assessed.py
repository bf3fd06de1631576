"""MaturityAssessed: a trust assessed how mature its improvement is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from service.domain.envelope import Event, Payload
from service.domain.faults import Fault, shown
from service.domain.fields import Count, ListCode, Text
from service.domain.spec import EventType, Fold, Smallest
from service.domain.words import plain

Stage = Annotated[
    int, Meta(ge=0, le=10, title="Stage", description="The names are data of the framework.")
]


class MaturityAssessed(Payload):
    """A trust assessed the maturity of its improvement; effective is the day of the assessment.

    framework, framework_version: the code of what was used, and its version.
    component: code of the part of the framework. stage: the one that was agreed.
    by: whose view it is. participants: people who took part.
    lowest, highest: the extremes of the stages that participants gave.
    Source: the trust's self-assessment. Recorded by: the organisation; the operator also.
    """

    framework: ListCode
    framework_version: Text
    component: ListCode
    stage: Stage
    by: Literal["board", "executive", "staff_sample", "peer"]
    participants: Count | UnsetType = UNSET
    lowest: Stage | UnsetType = UNSET
    highest: Stage | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, MaturityAssessed)  # noqa: S101 - the register pairs them
    if data.lowest is not UNSET and data.highest is not UNSET and data.highest < data.lowest:
        rule = f"must be no lower than the lowest, {data.lowest}"
        yield Fault("/data/highest", "highest_below_lowest", rule, shown(data.highest))


_VIEW: Final = {
    "board": "the board",
    "executive": "the executive",
    "staff_sample": "a sample of staff",
    "peer": "peers",
}


def _text(data: MaturityAssessed) -> str:
    framework = f"{plain(data.framework)} {data.framework_version}"
    stage = f"{plain(data.component)} at stage {data.stage} of {framework}"
    return f"Assessed {stage}, as seen by {_VIEW[data.by]}"


TYPE: Final = EventType(
    payload=MaturityAssessed,
    part="context",
    fold=Fold("maturity", "states", ("framework", "component")),
    text=_text,
    check=_check,
    classes={"stage": "open", "participants": "survey", "lowest": "survey", "highest": "survey"},
    withheld=Smallest("participants"),
    sample={
        "framework": "nhs_impact",
        "framework_version": "2023",
        "component": "leadership_behaviours",
        "stage": 3,
        "by": "executive",
        "participants": 14,
        "lowest": 2,
        "highest": 4,
    },
)
