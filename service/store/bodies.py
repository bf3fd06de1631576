"""The log in order, with what the fold needs of it and no more: for making everything anew."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from service.domain import codec
from service.domain.envelope import Event, Target
from service.store.appending import Connection

BODIES: Final = """
-- $1 after, $2 up to, $3 limit. The log in order, what the fold needs of it. Index: events_pkey.
SELECT position, organisation, type, type_version, body, target FROM events
WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3
"""


class Body(Struct, frozen=True, gc=False):
    """What the fold needs of a row of the log."""

    position: int
    organisation: str
    type: str
    type_version: int
    body: bytes
    target: bytes | None

    def of(self) -> Target | None:
        """Return what the event refers to, as the service added it."""
        return msgspec.json.decode(self.target, type=Target) if self.target else None

    def event(self) -> Event | codec.Unread:
        """Return the event, decoded and upcast, or what cannot be read."""
        return codec.read(self.body, self.type, self.type_version, self.organisation)


async def bodies(connection: Connection, after: int, up_to: int, limit: int) -> list[Body]:
    """Return at most `limit` events after a position, in order, as the fold needs them."""
    return [Body(*row) for row in await connection.fetch(BODIES, after, up_to, limit)]


__all__ = ["Body", "bodies"]
