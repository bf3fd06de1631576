"""What the register says of one organisation on a date: name, kind, status, merger, size."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, Struct

from service.projections.history import Fact, History, remembered
from service.projections.ledger import ordered
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


def registration(code: str, history: History, on: dt.date) -> Registration:
    """Return what the register says of an organisation on a date."""
    begun = ordered(history.own(code, "TrustRegistered", "SystemEstablished"))
    first = begun[0] if begun else None
    names = ordered(history.own(code, *_NAMES))
    said = [fact for fact in names if fact.effective <= on or fact is first]
    end = closing(code, history)
    ended = end if end is not None and end.effective <= on else None
    basis = [*said, *([ended] if ended else [])]
    return Registration(
        code=code,
        organisation_kind=kind_of(code, history),
        status=_status(first, ended, on),
        kind=_newest(said, "kind") or _newest(said, "trust_type"),
        name=_newest(said, "name"),
        legal_form=_newest(said, "legal_form"),
        former_names=_former(said),
        opened=moment(first) if first else None,
        closed=moment(ended) if ended else None,
        successor=ended.data.into if ended and ended.type == "TrustMerged" else None,
        predecessors=predecessors(code, history, on),
        successors=successors(code, history, on),
        events=evidence(basis),
    )


def kind_of(code: str, history: History) -> OrganisationKind:
    """Tell whether a code is registered as a trust or as a system."""
    if any(history.own(code, "TrustRegistered")):
        return "trust"
    return "system" if any(history.own(code, "SystemEstablished")) else "unregistered"


def closing(code: str, history: History) -> Fact | None:
    """Return the merger or closure that ended an organisation first, if one did."""
    return remembered(
        history,
        ("closing", code),
        lambda: min(history.own(code, *_ENDS), key=_when, default=None),
    )


def _when(fact: Fact) -> tuple[dt.date, int]:
    return fact.effective, fact.position


def system_kind(code: str, history: History) -> str | None:
    """Return the kind of a system, or None when its history does not say."""

    def make() -> str | None:
        """Read it once a history: every trust's host is looked for among all systems."""
        found = max(history.own(code, "SystemEstablished"), key=_when, default=None)
        return str(found.data.kind) if found else None

    return remembered(history, ("system_kind", code), make)


def predecessors(code: str, history: History, on: dt.date) -> tuple[Succession, ...]:
    """Return the trusts absorbed by a date, or the systems that a system succeeded."""
    merged = [fact for fact in ordered(history.of("TrustMerged")) if fact.data.into == code]
    found = [
        Succession(fact.organisation, moment(fact), str(fact.data.kind), evidence([fact]))
        for fact in merged
        if fact.effective <= on
    ]
    for fact in ordered(history.of("SystemSucceeded")):
        if fact.organisation == code and fact.effective <= on:
            found.extend(_succeeded(fact))
    return tuple(found)


def successors(code: str, history: History, on: dt.date) -> tuple[Succession, ...]:
    """Return the systems that say that they succeed one: a label, nothing is inherited."""
    found: list[Succession] = []
    for fact in ordered(history.of("SystemSucceeded")):
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
