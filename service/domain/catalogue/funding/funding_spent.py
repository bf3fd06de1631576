"""FundingSpent: money of an agreement was spent."""

from __future__ import annotations

from typing import Final

from service.domain.envelope import Payload
from service.domain.fields import FinancialYear, Pence, Reference
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import pounds


class FundingSpent(Payload):
    """Money of an agreement was spent; effective is the day up to which it is told.

    agreement: the organisation's own reference. financial_year: in which it was spent.
    pence: spent since the last event of that year: those of one year add up.
    Source: ledgers, board papers. Recorded by: the organisation; the operator also.
    """

    agreement: Reference
    financial_year: FinancialYear
    pence: Pence


def _text(data: FundingSpent) -> str:
    return f"{pounds(data.pence)} of {data.agreement} spent in {data.financial_year}"


TYPE: Final = EventType(
    payload=FundingSpent,
    part="funding",
    bearers=BOTH,
    fold=Fold("funding", "adds", ("agreement",)),
    text=_text,
    classes={"pence": "organisation"},
    sample={"agreement": "qi-team-2026", "financial_year": "2026/27", "pence": 9_250_000},
)
