"""What handlers reach: the log's writer, connections for reading, the caller at the door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

from service.api.answers import AnyRequest
from service.behind.disclosing import Disclosed
from service.behind.entitlement import Entitlements
from service.behind.erasing import People
from service.behind.histories import MOST_ENTRIES, Histories
from service.behind.latest import Latest
from service.behind.pictures import Pictures
from service.behind.registers import Registers
from service.behind.scope import Scopes
from service.behind.tracing import Trace
from service.behind.waking import Waking
from service.domain.caller import Caller
from service.domain.disclosure import EXACT, POLICY, TOTALS, Disclosure, Entitlement
from service.door.front import Front
from service.door.keyring import Keyring
from service.store import pool, reading
from service.store.appending import Connection
from service.store.writer import Writer
from service.submitting.desk import Desk

MEMBER: Final = "rooms"
HEAD: Final = "head"
CALLER: Final = "caller"
"""Under this name a request's state holds who asks; `access.admit` puts it there."""
_NOT_EXACT: Final[tuple[Disclosure, ...]] = (POLICY, TOTALS)
_FEWER: Final = MOST_ENTRIES // 2
"""Entries kept of each other disclosure: a system of some 25 trusts stays at hand."""


class Rooms:
    """The rooms behind the API, made by the composition root for the life of the process."""

    __slots__ = (
        "access", "desk", "disclosed", "entitlements", "front", "histories", "keyring", "latest",
        "people", "pictures", "pool", "registers", "scopes", "trace", "waking", "writer",
    )  # fmt: skip

    def __init__(
        self,
        reads: pool.Pool,
        loads: pool.Pool,
        desk: Desk,
        waking: Waking,
        front: Front,
        *,
        access: Literal["off", "keys"],
        entitlement: Entitlement,
        erasures: str | None,
    ) -> None:
        """loads: sessions that load histories. erasures: their list, outside the database."""
        self.pool = reads
        self.desk = desk
        self.writer: Writer = desk.writer
        self.waking = waking
        self.latest = Latest(reads)
        self.registers = Registers(reads)
        self.histories = Histories(loads, self.latest)
        others = {one: Histories(loads, self.latest, _FEWER, one) for one in _NOT_EXACT}
        self.disclosed = Disclosed(self.latest, {**others, EXACT: self.histories})
        self.pictures = Pictures(self.latest, self.disclosed, self.registers)
        self.access = access
        self.front = front
        self.keyring = Keyring(reads, desk.pool, desk.now)
        self.people = People(reads, desk.pool, desk.now, erasures)
        self.scopes = Scopes(self.registers, desk.now)
        self.entitlements = Entitlements(self.scopes, self.histories, entitlement, desk.now)
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
