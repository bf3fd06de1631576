"""TrustMerged: a trust was merged into another, or into a new body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Code
from service.domain.spec import EventType, Fold
from service.domain.words import plain


class TrustMerged(Payload):
    """A trust was merged into another; effective is the first day of the merged body.

    into: code of the body that goes on; never itself.
    kind: acquisition by the other, merger of equals, or both into a new body.
    Source: Organisation Data Service, succession file. Recorded by: the operator only.
    """

    into: Code
    kind: Literal["acquisition", "merger", "new_body"]


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, TrustMerged)  # noqa: S101 - the register pairs them
    yield from checks.itself("/data/into", data.into, event.organisation)


def _text(data: TrustMerged) -> str:
    return f"Merged into {data.into} ({plain(data.kind)})"


TYPE: Final = EventType(
    payload=TrustMerged,
    part="register",
    recorder="operator",
    fold=Fold("register", "states", ("merger",)),
    text=_text,
    check=_check,
    sample={"into": "ZT002", "kind": "acquisition"},
)
