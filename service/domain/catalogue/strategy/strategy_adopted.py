"""StrategyAdopted: an organisation adopted a strategy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import UNSET, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Day, ListCode, Reference, Text
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class StrategyAdopted(Payload):
    """An organisation adopted a strategy; effective is the first day of it.

    strategy: the organisation's own reference. title: as published.
    scope: of the whole organisation, or of improvement alone.
    method: code of the method of improvement that it names.
    horizon_ends: last day that it plans for.
    Source: board papers, the published strategy. Recorded by: the organisation; the operator also.
    """

    strategy: Reference
    title: Text
    scope: Literal["organisation", "improvement"]
    method: ListCode | UnsetType = UNSET
    horizon_ends: Day | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, StrategyAdopted)  # noqa: S101 - the register pairs them
    yield from checks.end_before_beginning("/data/horizon_ends", data.horizon_ends, event.effective)


def _text(data: StrategyAdopted) -> str:
    method = f", method {plain(data.method)}" if data.method else ""
    horizon = f", to {data.horizon_ends}" if data.horizon_ends else ""
    return f"Adopted the {data.scope} strategy {data.title}{method}{horizon}"


TYPE: Final = EventType(
    payload=StrategyAdopted,
    part="strategy",
    bearers=BOTH,
    fold=Fold("strategy", "opens", ("strategy",)),
    text=_text,
    check=_check,
    sample={
        "strategy": "qi-2026",
        "title": "Better every day",
        "scope": "improvement",
        "method": "lean_vmps",
        "horizon_ends": "2031-03-31",
    },
)
