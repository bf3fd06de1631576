"""What handlers reach: the log's writer, connections for reading, the caller at the door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg

from service.api.answers import AnyRequest
from service.domain.caller import LOCAL, Caller
from service.store.appending import Connection
from service.store.writer import Writer

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
else:  # asyncpg's class takes no parameter at run time
    Pool = asyncpg.Pool

MEMBER: Final = "rooms"


class Rooms:
    """The rooms behind the API, made by the composition root for the life of the process."""

    __slots__ = ("pool", "writer")

    def __init__(self, pool: Pool, writer: Writer) -> None:
        self.pool = pool
        self.writer = writer


def rooms(request: AnyRequest) -> Rooms:
    """Return the rooms behind a request."""
    found: Rooms = request.app.state[MEMBER]
    return found


def caller(request: AnyRequest) -> Caller:
    """Return who asks; until access is configured, the person at this machine."""
    del request
    return LOCAL


@asynccontextmanager
async def snapshot(request: AnyRequest) -> AsyncIterator[Connection]:
    """Lend a connection whose reads all see one state of the log."""
    async with rooms(request).pool.acquire() as lent:
        connection: Connection = lent  # type: ignore[assignment]  # a proxy of the same methods
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
