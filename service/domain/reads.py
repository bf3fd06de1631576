"""Reads of another organisation's data: what kinds there are, whose are traced, by which role.

An organisation is another's unless a submitter's or viewer's grant of the caller names it: so an
operator's, a lead's and an analyst's reads are traced, and a successor's of whom it absorbed.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from service.domain.caller import Caller
from service.domain.roles import ALL, GIVES, Organisations, Permission, Role

Kind = Literal[
    "organisation", "picture", "system_picture", "completeness", "events", "return", "trial",
    "upload", "trace", "people",
]  # fmt: skip
"""What is read: what an organisation is, its picture, its place in a system's, and so on."""
KINDS: Final[frozenset[Kind]] = frozenset(get_args(Kind))
_OWN: Final[frozenset[Role]] = frozenset({"submitter", "viewer"})


def own(caller: Caller) -> Organisations:
    """Return the organisations whose data is the caller's own."""
    named: set[str] = set()
    for one in caller.grants:
        if one.role in _OWN:
            if one.organisations == ALL:
                return ALL
            named |= one.organisations
    return frozenset(named)


def roles(caller: Caller, permission: Permission) -> str:
    """Return the roles by which a caller may do something, as in `lead:QXU operator`."""
    giving = (one.text() for one in caller.grants if permission in GIVES[one.role])
    return " ".join(sorted(giving))


__all__ = ["KINDS", "Kind", "own", "roles"]
