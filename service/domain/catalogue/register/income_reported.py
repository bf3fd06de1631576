"""IncomeReported: a trust reported its income of a financial year."""

from __future__ import annotations

from typing import Final

from service.domain.envelope import Payload
from service.domain.fields import FinancialYear, Pence
from service.domain.spec import EventType, Fold
from service.domain.words import pounds


class IncomeReported(Payload):
    """A trust reported its income; effective is the day of publication.

    financial_year: the year of the income. pence: total operating income of it, in pence.
    Source: annual accounts. Recorded by: the organisation; the operator also.
    """

    financial_year: FinancialYear
    pence: Pence


def _text(data: IncomeReported) -> str:
    return f"Income of {data.financial_year}: {pounds(data.pence)}"


TYPE: Final = EventType(
    payload=IncomeReported,
    part="register",
    fold=Fold("income", "states", ("financial_year",)),
    text=_text,
    classes={"pence": "organisation"},
    sample={"financial_year": "2025/26", "pence": 41_250_000_000},
)
