"""SQL of trials: events that their owner tries on; the log is not touched."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from service.store.appending import Connection

MAKE: Final = """
-- $1 owner, $2 name, $3 now. Waits for whoever makes or discards the same one now.
-- Index: trials_pkey.
INSERT INTO trials (owner, name, made_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""

LOCK: Final = """
-- $1 owner, $2 name. Of two who add to it, or discard it, one waits. Index: trials_pkey.
SELECT made_at FROM trials WHERE owner = $1 AND name = $2 FOR UPDATE
"""

ADD: Final = """
-- $1 owner, $2 name, $3 the number before the first, $4 ids, $5 bodies, in order.
INSERT INTO trial_events (owner, name, number, id, body)
SELECT $1, $2, $3 + new.number, new.id, new.body
FROM unnest($4::uuid[], $5::bytea[]) WITH ORDINALITY AS new (id, body, number)
"""

EVENTS: Final = """
-- $1 owner, $2 name. Index: trial_events_pkey.
SELECT id, body FROM trial_events WHERE owner = $1 AND name = $2 ORDER BY number
"""

LISTED: Final = """
-- $1 owner. Index: trials_pkey; trial_events_pkey.
SELECT trials.name, trials.made_at, (
    SELECT count(*) FROM trial_events AS event
    WHERE event.owner = trials.owner AND event.name = trials.name
) AS events
FROM trials WHERE owner = $1 ORDER BY name
"""

DISCARD: Final = """
-- $1 owner, $2 name. Index: trials_pkey; the events go with it: trial_events_pkey.
DELETE FROM trials WHERE owner = $1 AND name = $2 RETURNING name
"""


class Listed(Struct, frozen=True):
    """A trial of an owner's, and how many events it holds."""

    name: str
    made_at: dt.datetime
    events: int


class Kept(Struct, frozen=True):
    """One event of a trial: its id and canonical bytes."""

    id: uuid.UUID
    body: bytes


async def make(connection: Connection, owner: str, name: str, now: dt.datetime) -> None:
    """Make a trial, unless it is there, and hold it until the transaction ends."""
    await connection.execute(MAKE, owner, name, now)
    await connection.execute(LOCK, owner, name)


async def add(
    connection: Connection, owner: str, name: str, before: int, events: Sequence[Kept]
) -> None:
    """Add events behind the `before` that it holds."""
    ids, bodies = [one.id for one in events], [one.body for one in events]
    await connection.execute(ADD, owner, name, before, ids, bodies)


async def events(connection: Connection, owner: str, name: str) -> list[Kept]:
    """Return the events of a trial in order; none where there is no such trial."""
    return [Kept(*row) for row in await connection.fetch(EVENTS, owner, name)]


async def listed(connection: Connection, owner: str) -> list[Listed]:
    """Return the trials of an owner by name."""
    return [Listed(*row) for row in await connection.fetch(LISTED, owner)]


async def discard(connection: Connection, owner: str, name: str) -> bool:
    """Throw a trial away; tell whether it was there."""
    return await connection.fetchval(DISCARD, owner, name) is not None


__all__ = ["Kept", "Listed", "add", "discard", "events", "listed", "make"]
