"""What handlers reach: the log's writer, connections for reading, the caller at the door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

from service.api.answers import AnyRequest
from service.behind.histories import Histories
from service.behind.keyring import Keyring
from service.behind.latest import Latest
from service.behind.pictures import Pictures
from service.behind.registers import Registers
from service.behind.scope import Scopes
from service.behind.tracing import Trace
from service.behind.waking import Waking
from service.domain.caller import Caller
from service.store import pool, reading
from service.store.appending import Connection
from service.store.writer import Writer
from service.submitting.desk import Desk

MEMBER: Final = "rooms"
HEAD: Final = "head"
CALLER: Final = "caller"
"""Under this name a request's state holds who asks; `access.admit` puts it there."""


class Rooms:
    """The rooms behind the API, made by the composition root for the life of the process."""

    __slots__ = (
        "access", "desk", "histories", "keyring", "latest", "pictures", "pool", "registers",
        "scopes", "trace", "waking", "writer",
    )  # fmt: skip

    def __init__(
        self, reads: pool.Pool, desk: Desk, waking: Waking, access: Literal["off", "keys"]
    ) -> None:
        self.pool = reads
        self.desk = desk
        self.writer: Writer = desk.writer
        self.waking = waking
        self.latest = Latest(reads)
        self.registers = Registers(reads)
        self.histories = Histories(reads, self.latest)
        self.pictures = Pictures(self.latest, self.histories, self.registers)
        self.access = access
        self.keyring = Keyring(reads, desk.pool, desk.now)
        self.scopes = Scopes(self.registers, desk.now)
        self.trace = Trace(desk.pool, waking.tally)


def rooms(request: AnyRequest) -> Rooms:
    """Return the rooms behind a request."""
    found: Rooms = request.app.state[MEMBER]
    return found


async def head(request: AnyRequest, least: int = 0) -> reading.Head:
    """Return where the log ends, as of after the request came; asked once a request.

    least: asked again where it was not that far yet.
    """
    found: reading.Head | None = request.scope["state"].get(HEAD)
    if found is None or found.position < least:
        found = request.scope["state"][HEAD] = await rooms(request).latest.head()
    return found


def caller(request: AnyRequest) -> Caller:
    """Return who asks, as they were let in; while access is off, the person at this machine."""
    found: Caller = request.scope["state"][CALLER]
    return found


@asynccontextmanager
async def snapshot(request: AnyRequest) -> AsyncIterator[Connection]:
    """Lend a connection whose reads all see one state of the log."""
    async with pool.snapshot(rooms(request).pool) as connection:
        yield connection
