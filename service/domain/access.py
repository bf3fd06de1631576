"""Who may record: of each event by its type, its assurance and what it is about. Pure.

Source: DOMAIN.md §2. A role is for the codes that it was granted for: a board records as itself,
never as its trusts, and a successor not as whom it absorbed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

from service.domain.caller import Caller
from service.domain.envelope import OPERATOR_ASSURANCE, Assurance, Event
from service.domain.problems import Problem
from service.domain.referred import Referred
from service.domain.spec import EventType

CHANGES: Final = frozenset({"EventCorrected", "EventRetracted"})
"""What may be recorded by whoever may record its target."""


class _Assured(Struct, frozen=True):
    assurance: Assurance


_ASSURED: Final = msgspec.json.Decoder(_Assured)


def not_yours(
    event: Event, kind: EventType, original: Referred | None, caller: Caller
) -> Problem | None:
    """Say whether the caller may not record an event.

    original: of a correction or retraction, the event that it is about in the end.
    """
    if kind.recorder == "operator" or event.assurance in OPERATOR_ASSURANCE:
        detail = f"{kind.name} with assurance {event.assurance} is for the operator to record"
        return None if caller.operator else Problem("not_yours", detail)
    if original is not None and _ASSURED.decode(original.body).assurance in OPERATOR_ASSURANCE:
        detail = f"the operator recorded the {original.type}, so {kind.name} is for the operator"
        return None if caller.operator else Problem("not_yours", detail)
    if not caller.may_speak_for(event.organisation):
        return stranger(event.organisation)
    return None


def stranger(organisation: str) -> Problem:
    """Return that the caller does not record for an organisation, whatever it may be."""
    return Problem("not_yours", f"the caller does not record for {organisation}")


def original(about: UUID | None, known: Mapping[UUID, Referred]) -> Referred | None:
    """Return what a correction or retraction is about in the end, step by step."""
    found = known.get(about) if about is not None else None
    while found is not None and found.type in CHANGES and found.about is not None:
        before = known.get(found.about)
        if before is None:
            break
        found = before
    return found


def known_to(caller: Caller, organisation: str) -> bool:
    """Tell whether the caller may learn of what an organisation's stream holds by sending to it."""
    return caller.operator or caller.may_speak_for(organisation)


__all__ = ["CHANGES", "known_to", "not_yours", "original", "stranger"]
