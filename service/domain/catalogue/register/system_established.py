"""SystemEstablished: a system of organisations came into being under its code."""

from __future__ import annotations

from typing import Final

from service.domain.envelope import Payload
from service.domain.fields import SystemKind, Text
from service.domain.spec import SYSTEMS, EventType, Fold


class SystemEstablished(Payload):
    """A system of organisations came into being; effective is the day it was established.

    name: as the Organisation Data Service lists it, or its own name where it has no code there.
    kind: what sort of system it is; a cohort is one made for comparison only.
    Source: Organisation Data Service; orders establishing boards. Recorded by: the operator only.
    """

    name: Text
    kind: SystemKind


def _text(data: SystemEstablished) -> str:
    kind = "integrated care system" if data.kind == "ics" else data.kind
    return f"Established as {data.name}, {kind}"


TYPE: Final = EventType(
    payload=SystemEstablished,
    part="register",
    bearers=SYSTEMS,
    recorder="operator",
    fold=Fold("register", "states", ("registration",)),
    text=_text,
    sample={"name": "Elmshire Integrated Care Board", "kind": "ics"},
    sample_organisation="ZS01",
)
