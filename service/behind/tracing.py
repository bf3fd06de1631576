"""Who reads whose data: counted in memory, written beside the requests every few seconds.

No request waits for it, and none is refused because it cannot be written: a service that answers
nobody while its trace is down would be the worse harm, and whoever could fill or lock one table
could stop it. What a process that is killed had not written is lost: some 5 seconds. While the
database cannot be written, counts wait; beyond a bound the hours before this one are merged into
days, and what is still too much is lost, which is logged and counted for `/metrics`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Final

import asyncpg
import structlog
from msgspec import Struct

from service.behind.tally import Tally
from service.domain import reads as domain
from service.domain.caller import Caller
from service.domain.reads import Kind
from service.domain.roles import ALL, Organisations, Permission
from service.store import reads
from service.store.pool import Pool, lent
from service.store.reads import Read

REST: Final = 5.0
"""Seconds from the first read that is counted until it is written."""
LONGEST_REST: Final = 60.0
PATIENCE: Final = 30.0
"""Seconds that one attempt to write may take."""
MOST: Final = 50_000
"""Rows that wait in memory at most, some 300 bytes each."""
_MOST_READERS: Final = 4_096
_HOUR: Final = 3_600
_DAY_HOURS: Final = 24
_log = structlog.get_logger("trace")


class Heading(Struct, frozen=True, gc=False):
    """What is counted together, by organisation.

    hour: hours since 1970 (UTC); hours: how many from then on.
    """

    hour: int
    caller: str
    kind: Kind
    roles: str
    hours: int = 1


Held = dict[Heading, dict[str, int]]
"""How often which organisation was read, under each heading."""


class _Reader(Struct):
    """A caller whose reads were counted lately: whose data is theirs, and by which roles they read.

    caller: with the grants by which that was worked out.
    """

    caller: Caller
    own: Organisations
    roles: dict[Permission, str]


class Trace:
    """Counts reads until they are written."""

    def __init__(
        self,
        writes: Pool,
        tally: Tally,
        clock: Callable[[], float] = time.time,
        most: int = MOST,
        rest: float = REST,
    ) -> None:
        """clock: seconds since 1970."""
        self._writes = writes
        self._clock = clock
        self._tally = tally
        self._most = most
        self._rest = rest
        self._held: Held = {}
        self._rows = 0  # of all that is held
        self._readers: dict[str, _Reader] = {}
        self._merged_in = 0
        self._closing = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def note(
        self, caller: Caller, permission: Permission, kind: Kind, organisations: AbstractSet[str]
    ) -> None:
        """Count that a caller was shown the data of some organisations."""
        reader = self._reader(caller)
        others = set[str]() if reader.own == ALL else organisations - reader.own
        if not others:
            return
        roles = reader.roles.get(permission)
        if roles is None:
            roles = reader.roles[permission] = domain.roles(caller, permission)
        hour = int(self._clock()) // _HOUR
        heading = Heading(hour, caller.id, kind, roles)
        counts = self._held.get(heading)
        if counts is None:
            counts = self._held[heading] = {}
        before = len(counts)
        for code in others:
            counts[code] = counts.get(code, 0) + 1
        self._rows += len(counts) - before
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_by_and_by(), name="trace")
        if self._rows > self._most:
            self._bound(hour)

    async def write(self) -> bool:
        """Write down what was counted; tell whether it could be."""
        if not self._held:
            return True
        taken, self._held, self._rows = self._held, {}, 0
        rows = list(_rows(taken))
        try:
            async with asyncio.timeout(PATIENCE), lent(self._writes) as connection:
                await reads.add(connection, rows)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            _log.warning("reads not written", rows=len(rows), error=type(error).__name__)
            self._tally.trace_failures += 1
            self._put_back(taken)
            return False
        self._tally.reads_traced += sum(row.times for row in rows)
        return True

    async def close(self) -> None:
        """Write down what is left."""
        self._closing.set()
        if self._writing is not None:
            await self._writing
        await self.write()

    def _reader(self, caller: Caller) -> _Reader:
        known = self._readers.get(caller.id)
        if known is None or (known.caller is not caller and known.caller != caller):
            if len(self._readers) >= _MOST_READERS:
                self._readers.clear()
            known = _Reader(caller, domain.own(caller), {})
            self._readers[caller.id] = known
        return known

    async def _write_by_and_by(self) -> None:
        """Write every few seconds until nothing is left; later and later while it fails."""
        rest = self._rest
        while self._held and not self._closing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._closing.wait()
            rest = self._rest if await self.write() else min(2 * rest, LONGEST_REST)
        self._writing = None

    def _put_back(self, taken: Held) -> None:
        since, self._held = self._held, taken
        for heading, counts in since.items():
            _add(self._held, heading, counts)
        self._rows = _length(self._held)
        if self._rows > self._most:
            self._bound(int(self._clock()) // _HOUR)

    def _bound(self, hour: int) -> None:
        """Merge the hours before this one into days, once an hour; let go of what is too much."""
        if self._merged_in != hour:
            self._merged_in = hour
            before, self._held = self._held, {}
            for heading, counts in before.items():
                _add(self._held, heading if heading.hour == hour else _of_day(heading), counts)
            _log.error("reads wait to be written", rows=self._rows, merged=_length(self._held))
            self._tally.reads_merged += self._rows - _length(self._held)
            self._rows = _length(self._held)
        while self._rows > self._most:
            heading, counts = self._held.popitem()
            _, times = counts.popitem()
            if counts:
                self._held[heading] = counts
            self._rows -= 1
            self._tally.reads_lost += times


def _add(held: Held, heading: Heading, more: dict[str, int]) -> None:
    counts = held.setdefault(heading, {})
    for code, times in more.items():
        counts[code] = counts.get(code, 0) + times


def _length(held: Held) -> int:
    return sum(map(len, held.values()))


def _of_day(heading: Heading) -> Heading:
    first = heading.hour // _DAY_HOURS * _DAY_HOURS
    return Heading(first, heading.caller, heading.kind, heading.roles, _DAY_HOURS)


def _rows(held: Held) -> Iterator[Read]:
    for one, counts in held.items():
        hour = dt.datetime.fromtimestamp(one.hour * _HOUR, dt.UTC)
        for code, times in counts.items():
            yield Read(code, hour, one.caller, one.kind, one.roles, one.hours, times)


async def forgetting(writes: Pool, days: int, now: Callable[[], dt.datetime]) -> None:
    """Remove reads older than so many days, once an hour, until cancelled."""
    while True:
        await forget(writes, now() - dt.timedelta(days=days))
        await asyncio.sleep(_HOUR)


async def forget(writes: Pool, before: dt.datetime) -> None:
    """Remove what was read in hours that began before an instant; if not now, in an hour."""
    try:
        async with lent(writes) as connection:
            await reads.forget(connection, before)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        _log.warning("old reads not removed", error=type(error).__name__)


__all__ = ["MOST", "REST", "Heading", "Held", "Trace", "forget", "forgetting"]
