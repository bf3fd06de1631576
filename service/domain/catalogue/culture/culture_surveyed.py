"""CultureSurveyed: staff answered a survey's question about their work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import UNSET, UnsetType

from service.domain.envelope import OPERATOR_ASSURANCE, Event, Payload
from service.domain.faults import Fault, shown
from service.domain.fields import Count, ListCode, Percent, Text, TrustType, Year
from service.domain.spec import EventType, Fold, Smallest
from service.domain.words import plain


class CultureSurveyed(Payload):
    """Staff answered a survey's question; effective is the day of publication.

    instrument: the NHS Staff Survey, or one of the organisation's own.
    year: calendar year in which staff answered. question: its code, such as q3f.
    percent_positive: share of those who answered that did so positively, 0 to 100.
    edition: of the published file; its cuts are the ones that apply.
    base: people who answered the question.
    benchmark_group: trusts that are compared; always stated of the NHS Staff Survey.
    Source: NHS Staff Survey, organisational results. Recorded by: the organisation of its own
    survey; the operator only of the NHS Staff Survey.
    """

    instrument: Literal["nhs_staff_survey", "own"]
    year: Year
    question: ListCode
    percent_positive: Percent
    edition: Text
    base: Count | UnsetType = UNSET
    benchmark_group: TrustType | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, CultureSurveyed)  # noqa: S101 - the register pairs them
    if data.instrument != "nhs_staff_survey":
        return
    if data.benchmark_group is UNSET:
        rule = "must be given when the instrument is nhs_staff_survey"
        yield Fault("/data/benchmark_group", "missing", rule)
    if event.assurance not in OPERATOR_ASSURANCE:
        rule = "must be public_record or third_party: only the operator records nhs_staff_survey"
        yield Fault("/assurance", "recorder", rule, shown(event.assurance))


def _text(data: CultureSurveyed) -> str:
    survey = "NHS Staff Survey" if data.instrument == "nhs_staff_survey" else "Own survey"
    base = f" of {data.base:,} people" if data.base is not UNSET else ""
    share = f"{data.percent_positive:.1f}%{base} answered {plain(data.question)} positively"
    return f"{survey} {data.year}: {share}"


TYPE: Final = EventType(
    payload=CultureSurveyed,
    part="culture",
    fold=Fold("culture", "states", ("instrument", "question", "edition", "year")),
    text=_text,
    check=_check,
    classes={"year": "open", "percent_positive": "survey", "base": "survey"},
    withheld=Smallest("base"),
    sample={
        "instrument": "nhs_staff_survey",
        "year": 2025,
        "question": "q3f",
        "percent_positive": 56.4,
        "edition": "2025",
        "base": 2310,
        "benchmark_group": "acute",
    },
)
