"""How an event stands, given all that is about it; and what it says in words."""

from __future__ import annotations

import uuid

from service.domain import codec
from service.domain.disclosure import POLICY, WITHOUT_PARTS, Disclosure, is_rounded
from service.domain.register import BY_NAME
from service.store import reading


def text(stored: reading.Stored, disclosure: Disclosure) -> str | None:
    """Return what an event says; None where that cannot be read or is withheld.

    disclosure: as what it holds counts.
    """
    event = stored.event()
    if stored.withheld or isinstance(event, codec.Unread):
        return None
    said = BY_NAME[stored.type].text(event.data)
    rounded = disclosure == POLICY and stored.type in WITHOUT_PARTS and is_rounded(event.data)
    return f"{said} (people rounded to fives)" if rounded else said


def status(stored: reading.Stored, about: list[reading.Stored]) -> str:
    """Say in a word how an event stands: in force, corrected, or retracted."""
    if stored.id in _retracted(about):
        return "retracted"
    return "corrected" if correction(stored, about) else "in_force"


def correction(stored: reading.Stored, about: list[reading.Stored]) -> reading.Stored | None:
    """Return the newest correction in force of an event, given all that is about it, in order."""
    gone = _retracted(about)
    for other in reversed(about):
        if other.type == "EventCorrected" and other.about == stored.id and other.id not in gone:
            return other
    return None


def _retracted(about: list[reading.Stored]) -> set[uuid.UUID | None]:
    """Return the ids no longer in force: one pass backward, as only later ones retract."""
    gone: set[uuid.UUID | None] = set()
    for other in reversed(about):
        if other.type == "EventRetracted" and other.id not in gone:
            gone.add(other.about)
    return gone


__all__ = ["correction", "status", "text"]
