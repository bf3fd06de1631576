"""ShareGranted: an organisation let another see more of its record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import field

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Code, Shared
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class ShareGranted(Payload):
    """An organisation let another see more of its record; effective is the first day of it.

    with: code of the other organisation.
    what: the self-assessment, exact counts of people, or its name in national lists.
    Source: the organisation's own decision. Recorded by: the organisation; the operator also.
    """

    with_: Code = field(name="with")
    what: Shared


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, ShareGranted)  # noqa: S101 - the register pairs them
    yield from checks.itself("/data/with", data.with_, event.organisation)


def _text(data: ShareGranted) -> str:
    return f"Lets {data.with_} see its {plain(data.what)}"


TYPE: Final = EventType(
    payload=ShareGranted,
    part="record",
    bearers=BOTH,
    fold=Fold("shares", "opens", ("with_", "what")),
    text=_text,
    check=_check,
    sample={"with": "ZS01", "what": "exact_counts"},
)
