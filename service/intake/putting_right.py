"""Putting right: short bodies about an event, each into the event about it that the log records.

A person says what is wrong and why; what they leave out stays as the event says it now. The whole
form, an event like any other, is taken at POST /events too.

Source: DOMAIN.md §2 (about the record; corrections, disputes, confirmations).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from service.domain import codec, explain
from service.domain.dates import Precision
from service.domain.envelope import Assurance, Event, Source
from service.domain.faults import Fault
from service.domain.fields import Code, Day, DisputeOutcome, Ground, Reason
from service.domain.problems import Problem


class Said(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all of these bodies may say.

    id: of the new event; without it an Idempotency-Key stands in.
    effective: the day of saying so, today if left out. source: the organisation's own if left out.
    """

    id: uuid.UUID | UnsetType = UNSET
    effective: Day | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    assurance: Assurance | UnsetType = UNSET


class Correction(Said, frozen=True, kw_only=True):
    """What an event should have said: what is left out stays as it says now.

    data: the whole corrected payload. effective, precision, certain: of the fact, not of today.
    At least one member beside reason and id is stated.
    """

    reason: Reason
    data: Annotated[Raw, Meta(extra_json_schema={"type": "object"})] | UnsetType = UNSET
    precision: Precision | UnsetType = UNSET
    certain: bool | UnsetType = UNSET


class Retraction(Said, frozen=True, kw_only=True):
    """An event should not have been recorded; of a retraction: it is taken back."""

    reason: Reason


class Dispute(Said, frozen=True, kw_only=True):
    """An organisation that an event concerns says that it is wrong."""

    organisation: Code
    ground: Ground


class Settlement(Said, frozen=True, kw_only=True):
    """The operator settles a dispute: upheld changes nothing by itself."""

    outcome: DisputeOutcome


class Confirmation(Said, frozen=True, kw_only=True):
    """An organisation that an event names confirms it."""

    organisation: Code


class Stands(Struct, frozen=True):
    """An event as it stands now: itself, or what the correction in force says in its place.

    organisation: of its stream. envelope: the event whose envelope and payload count; None where
    this release cannot read it.
    """

    id: uuid.UUID
    organisation: str
    envelope: Event | None
    data: Raw | None


# Any, here and below: what JSON holds has no narrower type.
def _as_it_stands(about: Stands) -> dict[str, Any]:
    """Return the envelope that a correction leaves as it is."""
    now = about.envelope
    if now is None:
        return _own(about)
    return {
        "organisation": about.organisation,
        "effective": now.effective,
        "precision": now.precision,
        "certain": now.certain,
        "source": now.source,
        "assurance": now.assurance,
    }


def _own(about: Stands) -> dict[str, Any]:
    """Return an envelope in the target's stream, by whoever may record the target."""
    assurance = about.envelope.assurance if about.envelope else "third_party"
    return _said(about.organisation, assurance)


def _decided(about: Stands) -> dict[str, Any]:
    """Return an envelope in the dispute's stream, by the operator."""
    return _said(about.organisation, "third_party")


def _concerned(_: Stands) -> dict[str, Any]:
    """Return an envelope but for the organisation, which the body states."""
    return {"source": {"kind": "own"}, "assurance": "self_declared"}


def _said(organisation: str, assurance: str) -> dict[str, Any]:
    return {"organisation": organisation, "source": {"kind": "own"}, "assurance": assurance}


class New(Struct, frozen=True):
    """What the new event is given.

    id: its own. day: of saying so, where the body says none. latest: the last day accepted.
    """

    id: uuid.UUID
    day: dt.date
    latest: dt.date


class Act(Struct, frozen=True):
    """One way to put right: the body it takes, and the type of event that it records.

    members: those of the body that go into the payload. envelope: what it says where the body does
    not. reference: the member of the payload that names the event.
    """

    body: type[Said]
    type: str
    members: tuple[str, ...]
    envelope: Callable[[Stands], dict[str, Any]]
    reference: str = "event"


CORRECTION: Final = Act(Correction, "EventCorrected", ("data", "reason"), _as_it_stands)
RETRACTION: Final = Act(Retraction, "EventRetracted", ("reason",), _own)
DISPUTE: Final = Act(Dispute, "EventDisputed", ("ground",), _concerned)
SETTLEMENT: Final = Act(Settlement, "DisputeSettled", ("outcome",), _decided, "dispute_event")
CONFIRMATION: Final = Act(Confirmation, "EventConfirmed", (), _concerned)


NOTHING_SAID: Final = (
    "must say what should be otherwise: data, effective, precision, certain, source or assurance"
)


def read(act: Act, body: bytes) -> Said | Problem:
    """Return what a body says, or every fault that it has."""
    faults = explain.body(body, act.body)
    if faults:
        return Problem("invalid_events", "the body is not valid; nothing was recorded", faults)
    return msgspec.json.decode(body, type=act.body)


def event(act: Act, said: Said, about: Stands, new: New) -> codec.Submitted | tuple[Fault, ...]:
    """Return the event that a body means; faults point into the body."""
    given = _given(said)
    if act is CORRECTION and given.keys() == {"reason"}:
        return (Fault("", "missing", NOTHING_SAID),)
    payload = {act.reference: str(about.id)} | {k: given.pop(k) for k in act.members if k in given}
    if act is CORRECTION and about.data is not None:
        payload.setdefault("data", about.data)
    # The day of a correction is the fact's; of all else, the day of saying so.
    members = ({} if act is CORRECTION else {"effective": new.day}) | act.envelope(about) | given
    whole = members | {"id": str(new.id), "type": act.type, "data": payload}
    found = codec.decode(msgspec.json.encode(whole), new.latest)
    if isinstance(found, codec.Submitted):
        return found
    return tuple(placed(fault) for fault in found)


def placed(fault: Fault) -> Fault:
    """Return a fault of the event as one of the body, where the payload's members stand outside.

    What is wrong with the event named is wrong with the address.
    """
    pointer = fault.pointer.removeprefix("/data") or fault.pointer
    pointer = "{event_id}" if pointer in {"/event", "/dispute_event"} else pointer
    return msgspec.structs.replace(fault, pointer=pointer)


def _given(said: Said) -> dict[str, Any]:
    """Return the members that a body states."""
    members = ((name, getattr(said, name)) for name in said.__struct_fields__)
    return {name: value for name, value in members if value is not UNSET and name != "id"}


__all__ = [
    "CONFIRMATION", "CORRECTION", "DISPUTE", "RETRACTION", "SETTLEMENT", "Act", "Confirmation",
    "Correction", "Dispute", "New", "Retraction", "Said", "Settlement", "Stands", "event", "placed",
    "read",
]  # fmt: skip
