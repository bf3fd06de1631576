"""Who asks: the caller as a value, handed from the door to every room."""

from __future__ import annotations

import msgspec


class Caller(msgspec.Struct, frozen=True):
    """Somebody at the door.

    id: opaque, becomes `recorded_by`.
    operator: may record what only the operator may.
    covers: the organisations that the caller may record for; None is every one.
    """

    id: str
    operator: bool
    covers: frozenset[str] | None

    def may_speak_for(self, organisation: str) -> bool:
        """Tell whether the caller records as the organisation itself."""
        return self.covers is None or organisation in self.covers


LOCAL = Caller(id="local", operator=True, covers=None)
"""The person at this machine: until access is configured the service listens on loopback only."""
