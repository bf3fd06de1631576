"""SystemClosed: a system ceased to exist."""

from __future__ import annotations

from typing import Final

from service.domain.envelope import Payload
from service.domain.spec import SYSTEMS, EventType, Fold


class SystemClosed(Payload):
    """A system ceased to exist; effective is the first day on which it no longer did.

    Its memberships end that day. Importers add a day to published close dates.
    Source: Organisation Data Service. Recorded by: the operator only.
    """


def _text(_: SystemClosed) -> str:
    return "Closed"


TYPE: Final = EventType(
    payload=SystemClosed,
    part="register",
    bearers=SYSTEMS,
    recorder="operator",
    fold=Fold("register", "states", ("closure",)),
    text=_text,
    sample={},
    sample_organisation="ZS01",
)
