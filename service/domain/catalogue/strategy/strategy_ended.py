"""StrategyEnded: a strategy is no longer followed."""

from __future__ import annotations

from typing import Final

from service.domain.envelope import Payload
from service.domain.fields import Reference
from service.domain.spec import BOTH, EventType, Fold


class StrategyEnded(Payload):
    """A strategy is no longer followed; effective is the first day on which it is not.

    strategy: the reference under which it was adopted.
    Source: board papers. Recorded by: the organisation; the operator also.
    """

    strategy: Reference


def _text(data: StrategyEnded) -> str:
    return f"Ended the strategy {data.strategy}"


TYPE: Final = EventType(
    payload=StrategyEnded,
    part="strategy",
    bearers=BOTH,
    fold=Fold("strategy", "closes", ("strategy",)),
    text=_text,
    sample={"strategy": "qi-2026"},
)
