"""MaturityShared: a trust shared its self-assessment with another organisation."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Final, Literal

from msgspec import field

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Code
from service.domain.spec import EventType, Fold
from service.domain.words import plain


class MaturityShared(Payload):
    """A trust shared its self-assessment; effective is the day on which it did.

    assessment_event: id of the assessment. with: code of the organisation that may see it.
    as: counted only, or under the trust's name.
    Source: the trust's own decision. Recorded by: the organisation; the operator also.
    """

    assessment_event: uuid.UUID
    with_: Code = field(name="with")
    as_: Literal["count_only", "named"] = field(name="as")


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, MaturityShared)  # noqa: S101 - the register pairs them
    yield from checks.itself("/data/with", data.with_, event.organisation)


def _text(data: MaturityShared) -> str:
    return f"Shared self-assessment {data.assessment_event} with {data.with_} ({plain(data.as_)})"


TYPE: Final = EventType(
    payload=MaturityShared,
    part="context",
    fold=Fold("maturity", "adds"),
    text=_text,
    check=_check,
    sample={
        "assessment_event": "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f",
        "with": "ZS01",
        "as": "count_only",
    },
)
