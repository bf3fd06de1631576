"""Funding: rounds of money that are agreed, spent by quarter, taken back in part, and end."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from msgspec import UNSET, Struct

from service.domain.catalogue.funding.funding_committed import (
    Beneficiary,
    FundingCommitted,
    YearAmount,
)
from service.domain.catalogue.funding.funding_spent import FundingSpent
from service.domain.catalogue.funding.funding_withdrawn import FundingWithdrawn
from service.generator.bodies import Course, Life, System, Trust, tell
from service.generator.months import Month, financial_year, year_end_after

Purpose = Literal["team", "training", "partner", "backfill", "data"]
Funder = Literal["trust", "icb", "region", "national", "charity"]

_FUNDERS: Final[tuple[tuple[Funder, float], ...]] = (
    ("trust", 0.55),
    ("icb", 0.2),
    ("national", 0.12),
    ("region", 0.08),
    ("charity", 0.05),
)
_THOUSAND: Final = 100_000
"""Pence."""


def team_money(trust: Trust, month: Month) -> Life:
    """Fund the improvement team."""
    yield from _rounds(trust, month, "team", 60)


def training_money(trust: Trust, month: Month) -> Life:
    """Fund training, partners and cover, with less money and for shorter."""
    yield from _rounds(trust, month, trust.chance.one_of(("training", "partner", "backfill")), 20)


class _Round(Struct, frozen=True):
    """One round of money. yearly: pence a year. years: how many it lasts, at least."""

    agreement: str
    purpose: Purpose
    yearly: int
    years: int
    recurrent: bool


def _rounds(trust: Trust, month: Month, purpose: Purpose, thousands: float) -> Life:
    """Agree on one round after another; a good trust leaves no gap between two."""
    chance, number = trust.chance, 0
    month = yield chance.between(1, 9)
    while True:
        number += 1
        yearly = chance.near(thousands * trust.headcount / 1000) * _THOUSAND
        recurrent = chance.likely(0.4 * trust.quality)
        agreed = _Round(f"{purpose}-{number}", purpose, yearly, chance.between(1, 3), recurrent)
        _committed(trust, month, agreed)
        month = yield from _spent(trust, month, agreed)
        month = yield 1 if recurrent else chance.wait(1 + 20 * (1 - trust.quality) ** 2)


def _committed(trust: Trust, month: Month, agreed: _Round) -> None:
    chance, day = trust.chance, trust.chance.day(month)
    ends = UNSET if agreed.recurrent else year_end_after(day, agreed.years)
    committed = FundingCommitted(
        agreement=agreed.agreement,
        purpose=agreed.purpose,
        funder=chance.weighted(_FUNDERS),
        recurrence="recurrent" if agreed.recurrent else "non_recurrent",
        from_=day,
        ring_fenced=chance.likely(0.3 + 0.5 * trust.quality),
        to=ends,
        pence=agreed.yearly if ends is UNSET else UNSET,
        by_year=UNSET if ends is UNSET else _by_year(day, ends, agreed.yearly),
    )
    tell(trust, day, committed)


def _by_year(start: dt.date, end: dt.date, yearly: int) -> tuple[YearAmount, ...]:
    first = start.year - (start.month < 4)
    years = range(first, end.year)
    return tuple(YearAmount(financial_year=financial_year(at), pence=yearly) for at in years)


def _spent(trust: Trust, month: Month, agreed: _Round) -> Course[Month]:
    """Spend a round by quarter; one in eight is taken back, wholly or in part, before its end."""
    chance, quarters = trust.chance, 4 * agreed.years
    withdrawn = chance.between(2, quarters - 1) if chance.likely(0.125) else 0
    for quarter in range(1, quarters):
        month = yield 3
        amount = chance.near(agreed.yearly / 4)
        spent = FundingSpent(agreement=agreed.agreement, financial_year=month.year, pence=amount)
        tell(trust, chance.day(month), spent)
        if quarter == withdrawn:
            _withdrawn(trust, month, agreed)
            break
    return month


def _withdrawn(trust: Trust, month: Month, agreed: _Round) -> None:
    day = trust.chance.day(month)
    part = agreed.yearly // 3 if trust.chance.likely(0.6) else UNSET
    taken = FundingWithdrawn(agreement=agreed.agreement, from_=day, pence=part)
    tell(trust, day, taken)


def shared_money(system: System, month: Month) -> Life:
    """Share money of a system among some of its trusts, once a year."""
    chance, number = system.chance, 0
    month = yield chance.between(2, 12)
    while True:
        number += 1
        some = [trust for trust in system.members if not trust.closed and chance.likely(0.5)]
        if some:
            total = chance.near(40 * len(some)) * _THOUSAND
            _shared(system, month, f"share-{number}", total, tuple(trust.code for trust in some))
        month = yield 12


def _shared(
    system: System, month: Month, agreement: str, total: int, codes: tuple[str, ...]
) -> None:
    day, equal = system.chance.day(month), system.chance.likely(0.5)
    own = UNSET if equal else total // len(codes)
    committed = FundingCommitted(
        agreement=agreement,
        purpose="training",
        funder="icb",
        recurrence="non_recurrent",
        from_=day,
        ring_fenced=True,
        to=year_end_after(day, 1),
        pence=total,
        beneficiaries=tuple(Beneficiary(organisation=code, pence=own) for code in codes),
    )
    tell(system, day, committed)


__all__ = ["shared_money", "team_money", "training_money"]
