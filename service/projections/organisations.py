"""One organisation in short, for lists and look-ups."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct

from service.projections.history import History
from service.projections.measure import Moment
from service.projections.register import (
    FormerName,
    OrganisationKind,
    Status,
    Succession,
    registration,
)


class Summary(Struct, frozen=True, gc=False):
    """An organisation on a date. kind: of a system; trust_type, legal_form: of a trust."""

    code: str
    name: str | None
    former_names: tuple[FormerName, ...]
    organisation_kind: OrganisationKind
    kind: str | None
    trust_type: str | None
    legal_form: str | None
    status: Status
    opened: Moment | None
    closed: Moment | None
    successor: str | None
    predecessors: tuple[Succession, ...]


def summary(code: str, history: History, on: dt.date) -> Summary:
    """Return what its own history says of an organisation on a date."""
    found = registration(code, history, on)
    trust = found.organisation_kind == "trust"
    return Summary(
        code=code,
        name=found.name,
        former_names=found.former_names,
        organisation_kind=found.organisation_kind,
        kind=None if trust else found.kind,
        trust_type=found.kind if trust else None,
        legal_form=found.legal_form,
        status=found.status,
        opened=found.opened,
        closed=found.closed,
        successor=found.successor,
        predecessors=found.predecessors,
    )


__all__ = ["Summary", "summary"]
