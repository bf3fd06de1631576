"""SystemRenamed: a system took another name."""

from __future__ import annotations

from typing import Final

from service.domain.envelope import Payload
from service.domain.fields import Text
from service.domain.spec import SYSTEMS, EventType, Fold


class SystemRenamed(Payload):
    """A system took another name under the same code; effective is the first day of it.

    name: the new name.
    Source: Organisation Data Service. Recorded by: the operator only.
    """

    name: Text


def _text(data: SystemRenamed) -> str:
    return f"Renamed {data.name}"


TYPE: Final = EventType(
    payload=SystemRenamed,
    part="register",
    bearers=SYSTEMS,
    recorder="operator",
    fold=Fold("register", "states", ("change",)),
    text=_text,
    sample={"name": "Elmshire and Ashdale Integrated Care Board"},
    sample_organisation="ZS01",
)
