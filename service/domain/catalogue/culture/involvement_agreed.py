"""InvolvementAgreed: it was agreed whom improvement involves, and in what role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, UnsetType, field

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import MOST_ITEMS, Reference
from service.domain.spec import EventType, Fold
from service.domain.words import body_list, plain


class InvolvementAgreed(Payload):
    """It was agreed whom improvement involves; effective is the first day of the agreement.

    with: patients, carers, communities or the staff side.
    role: to advise, to design together or to lead together.
    divisions: codes of the divisions where it holds; absent, the whole organisation.
    Source: board papers. Recorded by: the organisation; the operator also.
    """

    with_: Literal["patients", "carers", "communities", "staff_side"] = field(name="with")
    role: Literal["advise", "co_design", "co_lead"]
    divisions: Annotated[tuple[Reference, ...], Meta(max_length=MOST_ITEMS)] | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, InvolvementAgreed)  # noqa: S101 - the register pairs them
    yield from checks.repeated("/data/divisions", data.divisions or ())


_DOES: Final = {"advise": "advise on", "co_design": "co-design", "co_lead": "co-lead"}


def _text(data: InvolvementAgreed) -> str:
    where = f" in {body_list(data.divisions)}" if data.divisions else ""
    return f"Agreed that {plain(data.with_)} {_DOES[data.role]} improvement{where}"


TYPE: Final = EventType(
    payload=InvolvementAgreed,
    part="culture",
    fold=Fold("involvement", "adds"),
    text=_text,
    check=_check,
    sample={"with": "patients", "role": "co_design", "divisions": ["med"]},
)
