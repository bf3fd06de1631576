"""The pool of connections that reads are made on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from service.store.appending import Connection

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
else:  # asyncpg's class takes no parameter at run time
    Pool = asyncpg.Pool


@asynccontextmanager
async def lent(pool: Pool) -> AsyncIterator[Connection]:
    """Lend a connection for a while."""
    async with pool.acquire() as proxy:
        connection: Connection = proxy  # type: ignore[assignment]  # a proxy of the same methods
        yield connection


@asynccontextmanager
async def snapshot(pool: Pool) -> AsyncIterator[Connection]:
    """Lend a connection whose reads all see one state of the log."""
    async with (
        lent(pool) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        yield connection


__all__ = ["Pool", "lent", "snapshot"]
