"""OversightAssessed: a trust was placed in a segment of the national oversight framework."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from service.domain.envelope import Payload
from service.domain.fields import FinancialYear, ListCode, Quarter, Text
from service.domain.spec import EventType, Fold

Segment = Annotated[int, Meta(ge=1, le=5, title="Segment", description="1 is the best.")]


class OversightAssessed(Payload):
    """A trust was placed in a segment; effective is the day of publication.

    framework: its code. financial_year, quarter: the period assessed; 1 is April to June.
    segment: 1, the best, to 5. override: what limited the segment, in words, such as a deficit.
    Source: NHS England, oversight framework. Recorded by: the operator only.
    """

    framework: ListCode
    financial_year: FinancialYear
    segment: Segment
    quarter: Quarter | UnsetType = UNSET
    override: Text | UnsetType = UNSET


def _text(data: OversightAssessed) -> str:
    quarter = f" quarter {data.quarter}" if data.quarter else ""
    limited = f", limited by {data.override}" if data.override else ""
    return f"Placed in segment {data.segment} for {data.financial_year}{quarter}{limited}"


TYPE: Final = EventType(
    payload=OversightAssessed,
    part="context",
    recorder="operator",
    fold=Fold("assessments", "states", ("framework", "financial_year", "quarter")),
    text=_text,
    classes={"segment": "open", "quarter": "open"},
    sample={
        "framework": "nhs_oversight_framework",
        "financial_year": "2025/26",
        "segment": 3,
        "quarter": 2,
        "override": "financial deficit",
    },
)
