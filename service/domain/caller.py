"""Who asks: the caller as a value, handed from the door to every room."""

from __future__ import annotations

import functools

import msgspec

from service.domain.roles import ALL, GIVES, Grant, Permission


@functools.lru_cache(4_096)
def _give(grants: tuple[Grant, ...], permission: Permission) -> bool:
    """Tell whether a role of some grants gives a permission: asked for each request."""
    return any(permission in GIVES[one.role] for one in grants)


class Caller(msgspec.Struct, frozen=True):
    """Somebody at the door.

    id: opaque, becomes `recorded_by`. grants: their roles; nothing is allowed without one.
    """

    id: str
    grants: tuple[Grant, ...]

    @property
    def operator(self) -> bool:
        """Tell whether the caller may record what only the operator may."""
        return any(one.role == "operator" for one in self.grants)

    def may_speak_for(self, organisation: str) -> bool:
        """Tell whether the caller records as the organisation itself."""
        return any(one.role == "submitter" and one.names(organisation) for one in self.grants)

    def may(self, permission: Permission) -> bool:
        """Tell whether any role of the caller gives a permission, for whomever."""
        return _give(self.grants, permission)


LOCAL = Caller(id="local", grants=(Grant("operator", ALL), Grant("submitter", ALL)))
"""The person at this machine: while access is off the service listens on loopback only."""
