"""What handlers reach: the log's writer, connections for reading, the caller at the door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from service.api.answers import AnyRequest
from service.behind.histories import MOST_ENTRIES, Histories
from service.behind.latest import Latest
from service.behind.pictures import Pictures
from service.behind.registers import Registers
from service.behind.waking import Waking
from service.domain.caller import LOCAL, Caller
from service.domain.disclosure import EXACT, POLICY, Disclosure
from service.store import pool
from service.store.appending import Connection
from service.store.writer import Writer
from service.submitting.desk import Desk

MEMBER: Final = "rooms"


class Rooms:
    """The rooms behind the API, made by the composition root for the life of the process."""

    __slots__ = (
        "desk", "disclosed", "histories", "latest", "pictures", "pool", "registers", "waking",
        "writer",
    )  # fmt: skip

    def __init__(self, reads: pool.Pool, desk: Desk, waking: Waking) -> None:
        self.pool = reads
        self.desk = desk
        self.writer: Writer = desk.writer
        self.waking = waking
        self.latest = Latest(reads)
        self.registers = Registers(reads)
        self.histories = Histories(reads, self.latest)
        rounded = Histories(reads, self.latest, MOST_ENTRIES // 4, POLICY)
        self.disclosed: Mapping[Disclosure, Histories] = {EXACT: self.histories, POLICY: rounded}
        self.pictures = Pictures(self.latest, self.disclosed, self.registers)


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
    async with pool.snapshot(rooms(request).pool) as connection:
        yield connection
