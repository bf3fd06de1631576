"""OversightEnded: a trust is no longer under a scheme of oversight."""

from __future__ import annotations

from typing import Final

from service.domain.envelope import Payload
from service.domain.fields import OversightDomain, OversightScheme
from service.domain.spec import EventType, Fold
from service.domain.words import plain


class OversightEnded(Payload):
    """A trust is no longer under a scheme of oversight; effective is the first day without.

    scheme: which one. domain: what it is about, quality or finance.
    Source: NHS England, the regulator's publications. Recorded by: the operator only.
    """

    scheme: OversightScheme
    domain: OversightDomain


def _text(data: OversightEnded) -> str:
    return f"No longer under {plain(data.scheme)} for {data.domain}"


TYPE: Final = EventType(
    payload=OversightEnded,
    part="context",
    recorder="operator",
    fold=Fold("oversight", "closes", ("scheme", "domain")),
    text=_text,
    sample={"scheme": "recovery_support", "domain": "finance"},
)
