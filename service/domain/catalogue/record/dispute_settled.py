"""DisputeSettled: a dispute was settled."""

from __future__ import annotations

import uuid
from typing import Final

from service.domain.envelope import Payload
from service.domain.fields import DisputeOutcome
from service.domain.spec import BOTH, EventType, Fold


class DisputeSettled(Payload):
    """A dispute was settled, in the stream of the dispute; effective is the day of the decision.

    dispute_event: id of the dispute.
    outcome: upheld, which by itself changes nothing, or rejected.
    Source: the operator's decision. Recorded by: the operator only.
    """

    dispute_event: uuid.UUID
    outcome: DisputeOutcome


def _text(data: DisputeSettled) -> str:
    return f"Dispute {data.dispute_event} was {data.outcome}"


TYPE: Final = EventType(
    payload=DisputeSettled,
    part="record",
    bearers=BOTH,
    recorder="operator",
    fold=Fold("record", "about", ("dispute_event",)),
    text=_text,
    sample={"dispute_event": "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f", "outcome": "rejected"},
)
