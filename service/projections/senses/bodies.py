"""A board or another body named on a day on which its code was not born, or closed already."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from service.domain.mentions import payload_mentions
from service.projections.context import Context
from service.projections.history import Fact, History
from service.projections.register import closing
from service.projections.senses.check import Check, Finding, said, when

_MEMBERSHIPS: Final = (
    "TrustJoinedSystem", "TrustLeftSystem", "SystemJoinedSystem", "SystemLeftSystem",
)  # fmt: skip
_LEAVES: Final = frozenset({"TrustLeftSystem", "SystemLeftSystem"})
_TYPES: Final = (*_MEMBERSHIPS, "ConnectionMade")
"""Types of whose named bodies the register's part is at hand (`closure.around`)."""


class _Life(Struct, frozen=True, gc=False):
    """What began and what ended a body; begun is None where it is not registered."""

    begun: Fact | None
    end: Fact | None


def _find(given: Context) -> Iterator[Finding]:
    lives: dict[str, _Life] = {}
    for fact in itertools.chain.from_iterable(map(given.own, _TYPES)):
        for code in payload_mentions(fact.data):
            if code not in lives and code in given.around:
                lives[code] = _life(code, given.around[code])
            why = _why(fact, lives[code]) if code in lives else None
            if why is not None:
                yield Finding((fact,), f"{said(fact)}, {when(fact)}: {code} {why}")


def _life(code: str, history: History) -> _Life:
    begun = min(history.own(code, "TrustRegistered", "SystemEstablished"), key=_when, default=None)
    return _Life(begun, closing(code, history))


def _why(fact: Fact, life: _Life) -> str | None:
    """Return why a body could not be named on the day of a fact, if it could not."""
    if life.begun is None:
        return "is not registered" if fact.type in _MEMBERSHIPS else None
    if fact.effective < life.begun.effective:
        return f"came into being on {when(life.begun)}"
    end = life.end
    if end is None or fact.effective < end.effective:
        return None
    if fact.type in _LEAVES and fact.effective == end.effective:
        return None
    see = f", see {end.data.into}" if end.type == "TrustMerged" else ""
    return f"closed on {when(end)}{see}"


def _when(fact: Fact) -> tuple[dt.date, int]:
    return fact.effective, fact.position


BODY_NOT_OPEN: Final = Check(
    code="body_not_open",
    rule="a board or trust that is named exists on that day: its code is born and not yet closed",
    way_out="name the body that stood there on that day, or correct the day; published closing "
    "dates are the last day, here the first day without is meant",
    find=_find,
)

__all__ = ["BODY_NOT_OPEN"]
