"""TrustChanged: a trust took another name, type or legal form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import LegalForm, Text, TrustType
from service.domain.spec import EventType, Fold
from service.domain.words import plain


class TrustChanged(Payload):
    """A trust took another name, type or legal form under its code; effective is the first day.

    What is not stated stays as it was; at least one is stated.
    name: the new name. trust_type: the new benchmarking group of the NHS Staff Survey.
    legal_form: NHS trust or foundation trust.
    Source: Organisation Data Service, trust file. Recorded by: the operator only.
    """

    name: Text | UnsetType = UNSET
    trust_type: TrustType | UnsetType = UNSET
    legal_form: LegalForm | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    assert isinstance(event.data, TrustChanged)  # noqa: S101 - the register pairs them
    yield from checks.none_given("/data", event.data, ("name", "trust_type", "legal_form"))


def _text(data: TrustChanged) -> str:
    changes = [
        f"renamed {data.name}" if data.name else "",
        f"now of the type {plain(data.trust_type)}" if data.trust_type else "",
        f"now of the form {plain(data.legal_form)}" if data.legal_form else "",
    ]
    sentence = ", ".join(change for change in changes if change)
    return sentence[:1].upper() + sentence[1:]


TYPE: Final = EventType(
    payload=TrustChanged,
    part="register",
    recorder="operator",
    fold=Fold("register", "states", ("change",)),
    text=_text,
    check=_check,
    sample={"name": "Oakdale NHS Foundation Trust", "legal_form": "foundation_trust"},
)
