"""FundingWithdrawn: money of an agreement was taken back, in whole or in part."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, UnsetType, field

from service.domain.envelope import Payload
from service.domain.fields import Day, Pence, Reference
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import pounds


class FundingWithdrawn(Payload):
    """Money of an agreement was taken back; effective is the day of the decision.

    agreement: the organisation's own reference. from: first day without it.
    pence: how much of what remained from that day on (of a year's, where the agreement is
    recurrent without an end); absent, all of it.
    Source: board papers, agreements. Recorded by: the organisation; the operator also.
    """

    agreement: Reference
    from_: Day = field(name="from")
    pence: Pence | UnsetType = UNSET


def _text(data: FundingWithdrawn) -> str:
    amount = pounds(data.pence) if data.pence is not UNSET else "All"
    return f"{amount} of {data.agreement} withdrawn from {data.from_}"


TYPE: Final = EventType(
    payload=FundingWithdrawn,
    part="funding",
    bearers=BOTH,
    fold=Fold("funding", "adds", ("agreement",)),
    text=_text,
    classes={"pence": "organisation"},
    sample={"agreement": "qi-team-2026", "from": "2027-04-01", "pence": 10_000_000},
)
