"""A board or another body named on a day on which its code was not born, or closed already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.domain.mentions import payload_mentions
from service.projections.context import Context
from service.projections.history import Fact, History
from service.projections.register import closing, kind_of
from service.projections.senses.check import Check, Finding, said, when

_MEMBERSHIPS: Final = (
    "TrustJoinedSystem", "TrustLeftSystem", "SystemJoinedSystem", "SystemLeftSystem",
)  # fmt: skip
_LEAVES: Final = frozenset({"TrustLeftSystem", "SystemLeftSystem"})
_TYPES: Final = (*_MEMBERSHIPS, "ConnectionMade")
"""Types of whose named bodies the register's part is at hand (`closure.around`)."""


def _find(given: Context) -> Iterator[Finding]:
    for fact in given.own(*_TYPES):
        for code in sorted(payload_mentions(fact.data) & given.around.keys()):
            why = _why(fact, code, given.around[code])
            if why is not None:
                yield Finding((fact,), f"{said(fact)}, {when(fact)}: {code} {why}")


def _why(fact: Fact, code: str, history: History) -> str | None:
    """Return why a body could not be named on the day of a fact, if it could not."""
    if kind_of(code, history) == "unregistered":
        return "is not registered" if fact.type in _MEMBERSHIPS else None
    begun = min(history.own(code, "TrustRegistered", "SystemEstablished"), key=_when)
    if fact.effective < begun.effective:
        return f"came into being on {when(begun)}"
    end = closing(code, history)
    if end is None or fact.effective < end.effective:
        return None
    if fact.type in _LEAVES and fact.effective == end.effective:
        return None
    see = f", see {end.data.into}" if end.type == "TrustMerged" else ""
    return f"closed on {when(end)}{see}"


def _when(fact: Fact) -> tuple[object, int]:
    return fact.effective, fact.position


BODY_NOT_OPEN: Final = Check(
    code="body_not_open",
    rule="a board or trust that is named exists on that day: its code is born and not yet closed",
    way_out="name the body that stood there on that day, or correct the day; published closing "
    "dates are the last day, here the first day without is meant",
    find=_find,
)

__all__ = ["BODY_NOT_OPEN"]
