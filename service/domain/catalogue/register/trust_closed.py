"""TrustClosed: a trust ceased to exist."""

from __future__ import annotations

from typing import Final

from service.domain.envelope import Payload
from service.domain.spec import EventType, Fold


class TrustClosed(Payload):
    """A trust ceased to exist; effective is the first day on which it no longer did.

    Its levels are unknown from that day. Importers add a day to published close dates.
    Source: Organisation Data Service. Recorded by: the operator only.
    """


def _text(_: TrustClosed) -> str:
    return "Closed"


TYPE: Final = EventType(
    payload=TrustClosed,
    part="register",
    recorder="operator",
    fold=Fold("register", "states", ("closure",)),
    text=_text,
    sample={},
)
