"""FundingCommitted: money was committed to improvement under an agreement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType, field

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault, shown
from service.domain.fields import MOST_ITEMS, Code, Day, FinancialYear, Pence, Reference
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain, pounds


class YearAmount(Payload):
    """The money of one financial year.

    financial_year: which year. pence: the amount, in pence.
    """

    financial_year: FinancialYear
    pence: Pence


class Beneficiary(Payload):
    """An organisation that the money is for.

    organisation: its code. pence: its own amount; absent, an equal part, estimated.
    """

    organisation: Code
    pence: Pence | UnsetType = UNSET


class FundingCommitted(Payload):
    """Money was committed to improvement; effective is the day of the commitment.

    agreement: the organisation's own reference. purpose: what the money is for.
    funder: who pays. recurrence: whether it comes every year; if not, its end or years are stated.
    from, to: first and last day that it covers. ring_fenced: whether it may serve nothing else.
    pence: the total. by_year: the amount of each financial year, each once. One of the two at
    least; together they agree.
    beneficiaries: the organisations that it is for, each once; never credited whole to each.
    Source: board papers, agreements. Recorded by: the organisation; the operator also.
    """

    agreement: Reference
    purpose: Literal["team", "training", "partner", "backfill", "data", "other"]
    funder: Literal["trust", "icb", "region", "national", "charity", "other"]
    recurrence: Literal["recurrent", "non_recurrent"]
    from_: Day = field(name="from")
    ring_fenced: bool
    to: Day | UnsetType = UNSET
    pence: Pence | UnsetType = UNSET
    by_year: (
        Annotated[tuple[YearAmount, ...], Meta(min_length=1, max_length=MOST_ITEMS)] | UnsetType
    ) = UNSET
    beneficiaries: (
        Annotated[tuple[Beneficiary, ...], Meta(min_length=1, max_length=MOST_ITEMS)] | UnsetType
    ) = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, FundingCommitted)  # noqa: S101 - the register pairs them
    yield from checks.end_before_beginning("/data/to", data.to, data.from_)
    if data.recurrence == "non_recurrent" and data.to is UNSET and data.by_year is UNSET:
        rule = "must be given, or by_year, when the money is non_recurrent"
        yield Fault("/data/to", "missing", rule)
    yield from _check_amounts(data)
    yield from _check_beneficiaries(data)


def _total(data: FundingCommitted) -> int | UnsetType:
    if data.pence is UNSET and data.by_year:
        return sum(item.pence for item in data.by_year)
    return data.pence


def _check_amounts(data: FundingCommitted) -> Iterator[Fault]:
    yield from checks.none_given("/data", data, ("pence", "by_year"))
    years = data.by_year or ()
    named = (item.financial_year for item in years)
    yield from checks.repeated("/data/by_year", named, "financial_year")
    added = sum(item.pence for item in years)
    if years and data.pence is not UNSET and added != data.pence:
        rule = f"must be what the years of by_year add up to, {added}"
        yield Fault("/data/pence", "total_and_years_disagree", rule, shown(data.pence))


def _check_beneficiaries(data: FundingCommitted) -> Iterator[Fault]:
    shares = data.beneficiaries or ()
    named = (item.organisation for item in shares)
    yield from checks.repeated("/data/beneficiaries", named, "organisation")
    amounts = (item.pence for item in shares)
    yield from checks.sum_exceeds_total("/data/beneficiaries", amounts, _total(data), "the total")


def _text(data: FundingCommitted) -> str:
    total = _total(data)
    amount = pounds(total) if total is not UNSET else "An amount"
    period = f"from {data.from_} to {data.to}" if data.to else f"from {data.from_}"
    kind = (
        f"{plain(data.purpose)}, paid by {plain(data.funder)}, {data.recurrence.replace('_', '-')}"
    )
    return f"{amount} committed {period} ({kind})"


TYPE: Final = EventType(
    payload=FundingCommitted,
    part="funding",
    bearers=BOTH,
    fold=Fold("funding", "states", ("agreement",)),
    text=_text,
    check=_check,
    classes={
        "pence": "organisation",
        "by_year.pence": "organisation",
        "beneficiaries.pence": "organisation",
    },
    sample={
        "agreement": "qi-team-2026",
        "purpose": "team",
        "funder": "icb",
        "recurrence": "non_recurrent",
        "from": "2026-04-01",
        "ring_fenced": True,
        "to": "2028-03-31",
        "pence": 50_000_000,
        "by_year": [
            {"financial_year": "2026/27", "pence": 20_000_000},
            {"financial_year": "2027/28", "pence": 30_000_000},
        ],
        "beneficiaries": [
            {"organisation": "ZT001", "pence": 30_000_000},
            {"organisation": "ZT002"},
        ],
    },
)
