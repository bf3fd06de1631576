"""The desk: what handing over takes, made by the composition root for the life of a process."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
from msgspec import Struct, field

from service.intake.tables import Limits
from service.store import rights
from service.store.pool import Pool
from service.store.writer import Writer
from service.submitting.staging import Sizes

SESSION: Final = {
    "application_name": "capmap uploads",
    "role": rights.SERVE,
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    # A file is checked in one transaction, which waits while its rows are read.
    "idle_in_transaction_session_timeout": "120000",
    "lock_timeout": "60000",
    "search_path": "public",
    "statement_timeout": "60000",
    # A file that was taken in is promised: what is staged must outlive a crash.
    "synchronous_commit": "on",
}
"""Settings of every session that takes uploads in."""
FILES_KEPT: Final = dt.timedelta(days=30)
"""For so long a file with faults can be fetched with its messages."""
KEYS_KEPT: Final = dt.timedelta(hours=24)
"""For so long a key stands for the upload that it came with (CONVENTIONS.md 10)."""
CONNECTIONS: Final = 6
"""Files that are checked at once, of one process; one more waits."""


class Desk(Struct, frozen=True):
    """Where uploads are taken in. folder: for files on their way in.

    now: the process's clock. limits: of files; body_bytes: of what is held in memory. wake: set
    when there is something to record.
    """

    pool: Pool
    writer: Writer
    folder: Path
    now: Callable[[], dt.datetime]
    sizes: Sizes
    limits: Limits
    body_bytes: int
    wake: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def pool(dsn: str) -> AsyncIterator[Pool]:
    """Open connections for taking uploads in; none is made before it is needed."""
    async with asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=CONNECTIONS,
        server_settings=SESSION,
        command_timeout=120,
        timeout=10,
    ) as made:
        yield made


__all__ = ["Desk", "pool"]
