"""ReturnMade: an organisation said that its record of a quarter is complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault, shown
from service.domain.fields import MOST_ITEMS, Dimension, FinancialYear, Quarter
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import body_list


class ReturnMade(Payload):
    """An organisation said that its record of a quarter is complete; effective is the day it did.

    financial_year, quarter: the period; 1 is April to June.
    dimensions: those whose events of the period are all recorded.
    nothing_to_report: those of which nothing happened in the period. Each dimension at most once.
    Source: the organisation's return. Recorded by: the organisation; the operator also.
    """

    financial_year: FinancialYear
    quarter: Quarter
    dimensions: Annotated[tuple[Dimension, ...], Meta(max_length=MOST_ITEMS)]
    nothing_to_report: Annotated[tuple[Dimension, ...], Meta(max_length=MOST_ITEMS)]


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, ReturnMade)  # noqa: S101 - the register pairs them
    if not data.dimensions and not data.nothing_to_report:
        rule = "must name at least one dimension, here or in nothing_to_report"
        yield Fault("/data/dimensions", "missing", rule)
    yield from checks.repeated("/data/dimensions", data.dimensions)
    yield from checks.repeated("/data/nothing_to_report", data.nothing_to_report)
    for index, dimension in enumerate(data.nothing_to_report):
        if dimension in data.dimensions:
            rule = "must not be listed in dimensions too"
            place = f"/data/nothing_to_report/{index}"
            yield Fault(place, "repeated_item", rule, shown(dimension))


def _text(data: ReturnMade) -> str:
    made = f"complete for {body_list(data.dimensions)}" if data.dimensions else ""
    named = body_list(data.nothing_to_report)
    nothing = f"nothing to report on {named}" if named else ""
    said = ", ".join(part for part in (made, nothing) if part)
    return f"Return of {data.financial_year} quarter {data.quarter}: {said}"


TYPE: Final = EventType(
    payload=ReturnMade,
    part="record",
    bearers=BOTH,
    fold=Fold("returns", "adds"),
    text=_text,
    check=_check,
    classes={"quarter": "open"},
    sample={
        "financial_year": "2025/26",
        "quarter": 4,
        "dimensions": ["skills", "practice"],
        "nothing_to_report": ["funding"],
    },
)
