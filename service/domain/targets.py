"""What an event may refer to, and what may be said about an earlier one. Pure.

Sources: DESIGN.md, invariant 4 (what an event refers to must be in the log or earlier in the
batch); DOMAIN.md §2 (corrections, disputes, confirmations).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from service.domain import corrections
from service.domain.envelope import Event
from service.domain.problems import Problem, invalid_event
from service.domain.references import Reference
from service.domain.referred import Referred
from service.domain.register import BY_NAME
from service.domain.spec import EventType

Known = Mapping[uuid.UUID, Referred]
"""What is known of the events that a group refers to, and of all that is about them."""


def problem(
    event: Event, kind: EventType, refers: Sequence[Reference], known: Known, index: int
) -> Problem | None:
    """Say why an event may not refer to what it names; index: its place in the batch."""
    targets: list[Referred] = []
    for named in refers:
        target, member = known.get(named.id), f"/data{named.member}"
        if target is None:
            rule = "must name an event that is in the log or earlier in the batch"
            return invalid_event(index, member, "unknown_event", rule)
        if named.type is not None and target.type != named.type:
            rule = f"must name a {named.type}; this one is a {target.type}"
            return invalid_event(index, member, "wrong_target", rule)
        targets.append(target)
    if kind.fold.form == "about":
        found = _about(event, kind, targets[0], index)
        if found is None and kind.name == "EventCorrected":
            return _correction(event, refers[0].id, known, index)
        return found
    if kind.name == "MatchAgreed" and targets[0].organisation == targets[1].organisation:
        rule = f"must be another organisation's; the offer is {targets[0].organisation}'s too"
        return invalid_event(index, "/data/request_event", "itself", rule)
    return None


def _about(event: Event, kind: EventType, target: Referred, index: int) -> Problem | None:
    if target.type not in BY_NAME:
        rule = f"names a {target.type}, which this release does not know"
        return invalid_event(index, "/data/event", "unknown_type", rule)
    if kind.name in {"EventCorrected", "EventDisputed", "EventConfirmed"}:
        if BY_NAME[target.type].fold.form == "about":
            rule = f"must name an original event; this one is a {target.type}"
            return invalid_event(index, "/data/event", "not_an_original", rule)
    if kind.name in {"EventCorrected", "EventRetracted"}:
        if target.organisation != event.organisation:
            rule = f"must be {target.organisation}, in whose stream the event stands"
            return invalid_event(index, "/organisation", "other_stream", rule)
    if kind.name == "DisputeSettled" and target.type != "EventDisputed":
        rule = f"must name an EventDisputed; this one is a {target.type}"
        return invalid_event(index, "/data/dispute_event", "not_a_dispute", rule)
    concerned = target.named | {target.organisation}
    if kind.recorder == "organisation_concerned" and event.organisation not in concerned:
        rule = "must be an organisation that the event concerns"
        return invalid_event(index, "/organisation", "not_concerned", rule)
    return None


def _correction(event: Event, key: uuid.UUID, known: Known, index: int) -> Problem | None:
    if key in _retracted(known):
        return Problem("retracted", f"event {key} was retracted")
    faults = corrections.faults(event, BY_NAME[known[key].type], f"/events/{index}/data/data")
    if faults:
        return Problem("invalid_events", "the corrected payload is not valid", faults)
    return None


def _retracted(known: Known) -> set[uuid.UUID]:
    """Return the events whose retraction is in force: one backward pass (DOMAIN.md §2)."""
    said = [
        (other.position, key, other.about)
        for key, other in known.items()
        if other.type == "EventRetracted" and other.about is not None
    ]
    gone: set[uuid.UUID] = set()
    for _, key, about in sorted(said, reverse=True):
        if key not in gone:
            gone.add(about)
    return gone


__all__ = ["Known", "problem"]
