"""TrustRegistered: a trust came into being under its code."""

from __future__ import annotations

from typing import Final

from service.domain.envelope import Payload
from service.domain.fields import LegalForm, Text, TrustType
from service.domain.spec import EventType, Fold


class TrustRegistered(Payload):
    """A trust came into being under its code; effective is the day it opened.

    name: as the Organisation Data Service lists it.
    trust_type: the NHS Staff Survey's benchmarking group, within which figures are fair.
    legal_form: NHS trust or foundation trust.
    Source: Organisation Data Service, trust file. Recorded by: the operator only.
    """

    name: Text
    trust_type: TrustType
    legal_form: LegalForm


def _text(data: TrustRegistered) -> str:
    return f"Registered as {data.name}, {data.trust_type.replace('_', ' ')} trust"


TYPE: Final = EventType(
    payload=TrustRegistered,
    part="register",
    recorder="operator",
    fold=Fold("register", "states", ("registration",)),
    text=_text,
    sample={"name": "Oakdale NHS Trust", "trust_type": "acute", "legal_form": "nhs_trust"},
)
