"""What the register says of one organisation on a date: name, kind, status, merger, size."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, Struct

from service.projections.history import Fact
from service.projections.ledger import of_types
from service.projections.measure import Evidence, Moment, evidence, moment

OrganisationKind = Literal["trust", "system", "unregistered"]
Status = Literal["not_yet", "open", "closed", "unregistered"]
_ENDS = ("TrustMerged", "TrustClosed", "SystemClosed")
_NAMES = ("TrustRegistered", "TrustChanged", "SystemEstablished", "SystemRenamed")


class FormerName(Struct, frozen=True, gc=False):
    """A name that was borne before, and the first day on which it no longer was."""

    name: str
    until: dt.date


class Succession(Struct, frozen=True, gc=False):
    """One body that became part of another. extent, area: of systems that were split."""

    code: str
    on: Moment
    how: str
    events: Evidence
    extent: str | None = None
    area: str | None = None


class Registration(Struct, frozen=True, gc=False):
    """What an organisation is on a date."""

    code: str
    organisation_kind: OrganisationKind
    status: Status
    kind: str | None
    name: str | None
    legal_form: str | None
    former_names: tuple[FormerName, ...]
    opened: Moment | None
    closed: Moment | None
    successor: str | None
    predecessors: tuple[Succession, ...]
    successors: tuple[Succession, ...]
    events: Evidence


def registration(code: str, facts: Sequence[Fact], on: dt.date) -> Registration:
    """Return what the register says of an organisation on a date."""
    own = [fact for fact in facts if fact.organisation == code]
    begun = of_types(own, "TrustRegistered", "SystemEstablished")
    first = begun[0] if begun else None
    said = [fact for fact in of_types(own, *_NAMES) if fact.effective <= on or fact is first]
    end = closing(code, facts)
    ended = end if end is not None and end.effective <= on else None
    basis = [*said, *([ended] if ended else [])]
    return Registration(
        code=code,
        organisation_kind=kind_of(code, facts),
        status=_status(first, ended, on),
        kind=_newest(said, "kind") or _newest(said, "trust_type"),
        name=_newest(said, "name"),
        legal_form=_newest(said, "legal_form"),
        former_names=_former(said),
        opened=moment(first) if first else None,
        closed=moment(ended) if ended else None,
        successor=ended.data.into if ended and ended.type == "TrustMerged" else None,
        predecessors=predecessors(code, facts, on),
        successors=successors(code, facts, on),
        events=evidence(basis),
    )


def kind_of(code: str, facts: Sequence[Fact]) -> OrganisationKind:
    """Tell whether a code is registered as a trust or as a system."""
    for fact in facts:
        if fact.organisation == code and fact.type == "TrustRegistered":
            return "trust"
        if fact.organisation == code and fact.type == "SystemEstablished":
            return "system"
    return "unregistered"


def closing(code: str, facts: Sequence[Fact]) -> Fact | None:
    """Return the merger or closure that ended an organisation first, if one did."""
    found = of_types((fact for fact in facts if fact.organisation == code), *_ENDS)
    return found[0] if found else None


def system_kind(code: str, facts: Sequence[Fact]) -> str | None:
    """Return the kind of a system, or None when its history does not say."""
    found = of_types((fact for fact in facts if fact.organisation == code), "SystemEstablished")
    return str(found[-1].data.kind) if found else None


def predecessors(code: str, facts: Sequence[Fact], on: dt.date) -> tuple[Succession, ...]:
    """Return the trusts absorbed by a date, or the systems that a system succeeded."""
    merged = [fact for fact in of_types(facts, "TrustMerged") if fact.data.into == code]
    found = [
        Succession(fact.organisation, moment(fact), str(fact.data.kind), evidence([fact]))
        for fact in merged
        if fact.effective <= on
    ]
    for fact in of_types(facts, "SystemSucceeded"):
        if fact.organisation == code and fact.effective <= on:
            found.extend(_succeeded(fact))
    return tuple(found)


def successors(code: str, facts: Sequence[Fact], on: dt.date) -> tuple[Succession, ...]:
    """Return the systems that say that they succeed one: a label, nothing is inherited."""
    found: list[Succession] = []
    for fact in of_types(facts, "SystemSucceeded"):
        if fact.organisation != code and fact.effective <= on:
            parts = (part for part in _succeeded(fact) if part.code == code)
            found.extend(msgspec.structs.replace(part, code=fact.organisation) for part in parts)
    return tuple(found)


def note(registered: Registration) -> str | None:
    """Return what a reader must know first of a closed organisation."""
    if registered.status != "closed":
        return None
    whole = [found.code for found in registered.successors if found.extent == "whole"]
    names = [registered.successor] if registered.successor else whole
    return f"closed, see {' and '.join(names)}" if names else "closed"


def _status(first: Fact | None, ended: Fact | None, on: dt.date) -> Status:
    if first is None:
        return "unregistered"
    if ended is not None:
        return "closed"
    return "open" if first.effective <= on else "not_yet"


def _newest(facts: Sequence[Fact], member: str) -> str | None:
    for fact in reversed(facts):
        value = getattr(fact.data, member, UNSET)
        if value is not UNSET:
            return str(value)
    return None


def _former(facts: Sequence[Fact]) -> tuple[FormerName, ...]:
    named = [fact for fact in facts if getattr(fact.data, "name", UNSET) is not UNSET]
    pairs = itertools.pairwise(named)
    return tuple(
        FormerName(before.data.name, after.effective)
        for before, after in pairs
        if before.data.name != after.data.name
    )


def _succeeded(fact: Fact) -> list[Succession]:
    return [
        Succession(
            code=item.system,
            on=moment(fact),
            how="succession",
            events=evidence([fact]),
            extent=item.extent,
            area=None if item.area is UNSET else item.area,
        )
        for item in fact.data.predecessors
    ]
