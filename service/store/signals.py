"""Hints between processes that the log has grown: NOTIFY after the commit, and LISTEN.

A hint may be lost; polling is the truth (DESIGN.md, The fast path). A full queue fails whoever
notifies, so it is never sent inside an append.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from service.store.appending import Connection

CHANNEL: Final = "capmap_recorded"

NOTIFY: Final = """
-- $1 channel, $2 who says it. No relation.
SELECT pg_notify($1, $2)
"""

QUEUE: Final = """
-- How full the server's queue of hints is, 0 to 1; asking also frees what nobody waits for.
SELECT pg_notification_queue_usage()
"""

ALIVE: Final = """
-- Whether the session still answers. No relation.
SELECT 1
"""


async def notify(connection: Connection, sender: str) -> None:
    """Tell all who listen that the log has grown."""
    await connection.execute(NOTIFY, CHANNEL, sender)


async def queue_usage(connection: Connection) -> float:
    """Return how full the server's queue of notifications is, 0 to 1."""
    return float(await connection.fetchval(QUEUE))


async def alive(connection: Connection) -> None:
    """Return once the session answers; raises what the driver raises."""
    await connection.fetchval(ALIVE)


async def listen(connection: Connection, heard: Callable[[str], None]) -> None:
    """Call `heard` with the sender of each hint, for as long as the connection lives."""

    def on_hint(_connection: object, _pid: int, _channel: str, sender: object) -> None:
        """Hand on who sent a hint."""
        heard(str(sender))

    await connection.add_listener(CHANNEL, on_hint)


__all__ = ["CHANNEL", "alive", "listen", "notify", "queue_usage"]
