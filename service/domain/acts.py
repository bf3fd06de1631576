"""Administrative acts: what is done to the service itself, or over the head of an organisation.

Whoever adds a way to do one writes it down by `store.acts.note`, in the transaction of the act.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final, Literal, get_args

import msgspec
from msgspec import Struct

from service.domain.roles import ALL, Grant, Organisations, grant

Name = Literal[
    "key_made", "key_revoked", "dispute_settled", "file_imported", "upload_retracted",
    "upload_restored", "rebuilt", "served_without_access", "name_recorded",
    "name_erased", "erasure_lifted", "sessions_ended", "bi_granted", "bi_revoked",
]  # fmt: skip
"""What was done; the list is closed."""
NAMES: Final[frozenset[Name]] = frozenset(get_args(Name))
_OF_KEYS: Final[frozenset[Name]] = frozenset({"key_made", "key_revoked"})
NOBODY: Final[frozenset[str]] = frozenset()


class Act(Struct, frozen=True):
    """One act. by: the caller, as in `recorded_by`. object: to what, an id or a code.

    organisations: whom it concerns, `all` for everybody. detail: what else may be told of it; never
    a name that the operator gave, nor a person's.
    """

    name: Name
    at: dt.datetime
    by: str
    object: str
    organisations: Organisations = NOBODY
    detail: str = ""


def reached(grants: Iterable[Grant]) -> Organisations:
    """Return the organisations that grants name."""
    named: set[str] = set()
    for one in grants:
        if one.organisations == ALL:
            return ALL
        named |= one.organisations
    return frozenset(named)


def told(act: Act, organisation: str) -> Act:
    """Return an act as one organisation is told of it: not whom it concerns besides.

    A key's roles name organisations too: of those only its own is left, and `all`.
    """
    detail, concerned = act.detail, act.organisations
    if concerned != ALL:
        concerned &= {organisation}
    if act.name in _OF_KEYS:
        cut = (_cut(grant(one), organisation) for one in act.detail.split())
        detail = " ".join(one.text() for one in cut if one.organisations)
    return msgspec.structs.replace(act, organisations=concerned, detail=detail)


def _cut(one: Grant, organisation: str) -> Grant:
    if one.organisations == ALL:
        return one
    return Grant(one.role, one.organisations & {organisation})


__all__ = ["NAMES", "NOBODY", "Act", "Name", "reached", "told"]
