"""Roles: what each gives, and for which organisations somebody has it.

A permission is what a handler of the API asks for; the list is closed, and a handler that names
none is not served (deny by default). Which organisations a grant reaches on a day is asked of
`behind.scope`, who may record of `access`; nobody else reads a caller's grants.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

import msgspec
from msgspec import Struct

from service.domain.faults import Unfit
from service.domain.fields import Code

Role = Literal["submitter", "viewer", "lead", "analyst", "operator"]
Permission = Literal[
    "public", "reference", "list_organisations", "read_organisation", "read_system", "read_events",
    "append", "upload", "try", "return", "keys", "metrics",
    "people", "read_trace", "read_acts",
]  # fmt: skip
"""`public` asks for no key at all, `reference` for any key; the rest for a role that gives it."""
PERMISSIONS: Final[frozenset[Permission]] = frozenset(get_args(Permission))

_READING: Final[frozenset[Permission]] = frozenset(
    {"reference", "list_organisations", "read_organisation", "read_events"}
)
_RECORDING: Final[frozenset[Permission]] = frozenset({"append", "upload", "try", "return"})
GIVES: Final[Mapping[Role, frozenset[Permission]]] = {
    "submitter": _READING | _RECORDING | {"read_trace"},
    "viewer": _READING | {"read_trace"},
    "lead": _READING | {"read_system"},
    "analyst": _READING | {"read_system"},
    "operator": PERMISSIONS,
}
"""What each role gives, for the organisations that it is bound to."""

ALL: Final = "all"
Organisations = frozenset[str] | Literal["all"]
_FOR_ALL: Final[frozenset[Role]] = frozenset({"analyst", "operator"})
"""Roles that somebody may have for all organisations; the operator's is never for less."""


class Grant(Struct, frozen=True):
    """A role for some organisations: their own codes, as they were granted, or `all`."""

    role: Role
    organisations: Organisations

    def names(self, organisation: str) -> bool:
        """Tell whether an organisation is one that the grant was made for."""
        return self.organisations == ALL or organisation in self.organisations

    def text(self) -> str:
        """Return the grant as it is written: `lead:QXU`."""
        if self.organisations == ALL:
            return self.role if self.role == "operator" else f"{self.role}:{ALL}"
        return f"{self.role}:{','.join(sorted(self.organisations))}"


def grant(text: str) -> Grant:
    """Return what is written as `submitter:RTP`, `lead:QXU,QNX`, `analyst:all` or `operator`.

    Raises Unfit for what is no role, or not bound to organisations as the role must be.
    """
    name, _, codes = text.strip().partition(":")
    try:
        role = msgspec.convert(name.strip().lower(), Role)
    except msgspec.ValidationError:
        raise Unfit("role", f"must be one of {', '.join(GIVES)}, each with its codes") from None
    if role == "operator":
        return _operator(codes)
    if codes.strip().lower() == ALL:
        if role not in _FOR_ALL:
            raise Unfit("role", f"must name organisations: {role}:RTP; only an analyst has all")
        return Grant(role, ALL)
    return Grant(role, frozenset(_code(one) for one in codes.split(",")))


def _operator(codes: str) -> Grant:
    if codes.strip().lower() not in {"", ALL}:
        raise Unfit("role", "must be just operator: the operator's role is for all organisations")
    return Grant("operator", ALL)


def _code(given: str) -> str:
    try:
        return msgspec.convert(given.strip(), Code).upper()
    except msgspec.ValidationError:
        raise Unfit("role", "must have codes behind the role, as in submitter:RTP") from None


__all__ = [
    "ALL", "GIVES", "PERMISSIONS", "Grant", "Organisations", "Permission", "Role", "grant",
]  # fmt: skip
