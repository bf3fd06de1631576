"""SupportGiven: an organisation was given support with improvement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import UNSET, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Day, Text
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class SupportGiven(Payload):
    """An organisation was given support with improvement; effective is the first day of it.

    by: who gives it, a code or a name. by_kind: what sort of body that is.
    kind: what sort of support it is.
    mode: whether it was requested, offered or mandated. until: last day that is planned.
    Source: board papers, the giver's own news. Recorded by: the organisation; the operator also.
    """

    by: Text
    by_kind: Literal["system", "region", "regulator", "national_body", "network"]
    kind: Literal["programme", "coaching", "peer", "review", "training", "other"]
    mode: Literal["requested", "offered", "mandated"]
    until: Day | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, SupportGiven)  # noqa: S101 - the register pairs them
    yield from checks.end_before_beginning("/data/until", data.until, event.effective)


def _text(data: SupportGiven) -> str:
    until = f", until {data.until}" if data.until else ""
    kind = "other support" if data.kind == "other" else f"support ({data.kind})"
    return f"Given {kind} by {data.by}, {plain(data.by_kind)}: {data.mode}{until}"


TYPE: Final = EventType(
    payload=SupportGiven,
    part="context",
    bearers=BOTH,
    fold=Fold("support", "adds"),
    text=_text,
    check=_check,
    sample={
        "by": "ZS01",
        "by_kind": "system",
        "kind": "coaching",
        "mode": "requested",
        "until": "2027-03-31",
    },
)
