"""Recording what is staged, chunk by chunk, through the writer that all appends go through.

Any process may do it, and several at once: under the head's lock a chunk is recorded once, with its
outcome (`store.receipts`). So whoever comes after a crash simply goes on.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from contextlib import suppress
from typing import Final, Literal

import msgspec
import structlog
from msgspec import Struct

from service.domain.admission import Batch, Outcome, Receipt
from service.domain.caller import LOCAL, Caller
from service.domain.problems import Refused
from service.store import failures, kept, progress, staged, uploads
from service.store.appending import Connection
from service.store.pool import lent
from service.store.uploads import Upload
from service.submitting import blocks
from service.submitting.desk import FILES_KEPT, KEYS_KEPT, Desk

AHEAD: Final = 2
"""Chunks that wait for the writer at once: an append of others waits behind so many, no more."""
STEP: Final = 16
"""Chunks of one upload before the next upload gets its turn."""
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 10.0
PASSED_BY: Final = 5.0
"""Seconds after which a process that holds the turn is passed by: it may be frozen."""
TURN: Final = "uploads"
FORGET_EVERY: Final = 3600.0
"""Seconds between two looks for what is kept no longer."""
_log = structlog.get_logger("uploads")


class Terms(Struct, frozen=True, array_like=True):
    """On whose behalf and on which terms an upload was taken in; kept with it."""

    caller: Caller
    type: str | None = None
    partial: bool = False


class _Earlier(Struct, frozen=True, array_like=True):
    """Terms kept before callers had grants: whoever sent it was the person at this machine."""

    caller: msgspec.Raw
    type: str | None = None
    partial: bool = False


_TERMS: Final = msgspec.msgpack.Decoder(Terms)
_EARLIER: Final = msgspec.msgpack.Decoder(_Earlier)


def terms(upload: Upload) -> Terms:
    """Return the terms of an upload."""
    try:
        return _TERMS.decode(upload.asked)
    except msgspec.ValidationError:
        kept = _EARLIER.decode(upload.asked)
        return Terms(LOCAL, kept.type, kept.partial)


async def advance(connection: Connection, desk: Desk, upload: Upload) -> bool:
    """Record the next chunks of an upload; return whether some are left.

    Raises Refused when the log cannot be reached: it is not known what became of the chunks.
    """
    pending = await staged.pending(connection, upload.id, -1, STEP)
    caller = terms(upload).caller
    form: Literal["whole", "apart"] = "whole" if upload.form == "whole" else "apart"
    flying: deque[asyncio.Task[tuple[Outcome, ...]]] = deque()
    try:
        for chunk, packed in pending:
            events = await asyncio.to_thread(blocks.unpack_events, packed)
            batch = Batch(events, {}, caller, Receipt(upload.id, chunk, form))
            flying.append(asyncio.create_task(desk.writer.append(batch)))
            if len(flying) > AHEAD:
                await _landed(flying.popleft())
        while flying:
            await _landed(flying.popleft())
    finally:
        await asyncio.gather(*flying, return_exceptions=True)
    if len(pending) == STEP:
        return True
    await uploads.finish(connection, upload.id, desk.now())
    return False


async def _landed(task: asyncio.Task[tuple[Outcome, ...]]) -> None:
    try:
        await task
    except Refused as refused:
        if refused.problem.code == "unavailable":
            raise


async def settle(desk: Desk, upload: uuid.UUID) -> None:
    """Record what was just taken in, if it is one batch; else wake the worker."""
    async with lent(desk.pool) as connection:
        found = await uploads.one(connection, upload)
        if found is None or found.state != "recording":
            return
        if found.form == "apart":
            desk.wake.set()
        else:
            await advance(connection, desk, found)


class Worker:
    """Records what any process took in, in turns with those of other processes."""

    def __init__(self, desk: Desk, poll: float) -> None:
        """poll: seconds between two looks without being woken."""
        self._desk = desk
        self._poll = poll
        self._last = 0
        self._waits_since: float | None = None
        self._forget_at = 0.0

    async def run(self) -> None:
        """Work until cancelled; no failure ends it, each is tried again later and later."""
        pause = FIRST_PAUSE
        while True:
            self._desk.wake.clear()
            try:
                async with lent(self._desk.pool) as connection:
                    more = await self._turn(connection)
                pause = FIRST_PAUSE
            except Exception as error:  # noqa: BLE001 - as the docstring says
                _log.warning("uploads not recorded", error=failures.named(error))
                await asyncio.sleep(pause)
                more, pause = True, min(pause * 2, LONGEST_PAUSE)
            if not more:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll):
                        await self._desk.wake.wait()

    async def _turn(self, connection: Connection) -> bool:
        async with progress.turn(connection, TURN) as mine:
            waits_since = self._waits_since or time.monotonic()
            if not mine and time.monotonic() - waits_since < PASSED_BY:
                self._waits_since = waits_since
                return False
            self._waits_since = None
            return await self.step(connection)

    async def step(self, connection: Connection) -> bool:
        """Go on with the next unfinished upload, round and round; return whether there was one."""
        found = await uploads.unfinished(connection, self._last)
        if found is None and self._last:
            found = await uploads.unfinished(connection, 0)
        self._last = found.number if found else 0
        if found is None:
            await self._forget(connection)
            return False
        await advance(connection, self._desk, found)
        return True

    async def _forget(self, connection: Connection) -> None:
        """Remove files and keys that are kept no longer, once in a while."""
        if time.monotonic() >= self._forget_at:
            now = self._desk.now()
            await uploads.forget(connection, now - FILES_KEPT, now - KEYS_KEPT)
            await kept.forget(connection, now - KEYS_KEPT)
            self._forget_at = time.monotonic() + FORGET_EVERY


__all__ = ["Terms", "Worker", "advance", "settle", "terms"]
