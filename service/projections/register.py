"""What the register says of one organisation on a date: name, kind, status, merger, size."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Literal

from msgspec import UNSET, Struct

from service.domain import dates
from service.projections.history import Fact
from service.projections.ledger import of_types
from service.projections.measure import (
    Evidence,
    Measure,
    Moment,
    evidence,
    measure,
    moment,
    unknown,
)

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


class Division(Struct, frozen=True, gc=False):
    """A division of a trust, by the newest list."""

    code: str
    name: str


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
    events: Evidence


class Size(Struct, frozen=True, gc=False):
    """Denominators, each the newest at or before the date; as_at says which."""

    divisions: tuple[Division, ...]
    headcount: Measure
    headcount_as_at: Moment | None
    wte: Measure
    income_pence: Measure
    income_year: str | None


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


def size(code: str, facts: Sequence[Fact], on: dt.date) -> Size:
    """Return divisions, workforce and income as the newest of each says."""
    own = [fact for fact in facts if fact.organisation == code and fact.effective <= on]
    counts = of_types(own, "WorkforceCounted")
    heads = _with(counts, "headcount")
    wte = _with(counts, "wte")
    income = of_types(own, "IncomeReported")
    lists = of_types(own, "DivisionsSet")
    newest = max(income, key=lambda f: (f.data.financial_year, f.position)) if income else None
    return Size(
        divisions=tuple(Division(d.code, d.name) for d in lists[-1].data.divisions)
        if lists
        else (),
        headcount=_figure(heads, "headcount", "people"),
        headcount_as_at=moment(heads) if heads else None,
        wte=_figure(wte, "wte", "wte"),
        income_pence=_figure(newest, "pence", "pence"),
        income_year=newest.data.financial_year if newest else None,
    )


def ended_by(closed: Fact | None, on: dt.date) -> dt.date | None:
    """Return the day from which an organisation is closed, if that is by the date."""
    return closed.effective if closed is not None and closed.effective <= on else None


def day_before(day: dt.date) -> dt.date:
    """Return the day before, not before the first day that there is."""
    return max(day - dt.timedelta(days=1), dates.EARLIEST)


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


def _with(facts: Sequence[Fact], member: str) -> Fact | None:
    return next((f for f in reversed(facts) if getattr(f.data, member) is not UNSET), None)


def _figure(fact: Fact | None, member: str, unit: str) -> Measure:
    if fact is None:
        return unknown(unit, "not_recorded")
    return measure(getattr(fact.data, member), unit, [fact])
