"""Sessions at hand: whom a browser's cookie stands for, looked up once in half a minute.

A cookie is 32 random bytes, of which the table keeps the hash: a session ends at once where its
person signs out, in other processes within 30 seconds; so it does with the key that it rests on. A
session that is not seen for half an hour ends, and any after a working day.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import datetime as dt
import hashlib
import hmac
import secrets
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import asyncpg
import structlog
from msgspec import Struct

from service.domain.acts import Act
from service.domain.caller import Caller
from service.store import acts, sessions
from service.store.pool import Pool, lent
from service.store.sessions import Seen, Session

IDLE: Final = dt.timedelta(minutes=30)
LONGEST: Final = dt.timedelta(hours=10)
KEPT: Final = 30.0
"""Seconds for which what was looked up stands."""
NOTED: Final = 60.0
"""Seconds for which it is not written down again that a session was seen."""
_BYTES: Final = 32
_LENGTH: Final = 43
_MOST: Final = 4_096
_KEYS: Final = "key-"
_log = structlog.get_logger("sessions")


class _Held(Struct):
    """A session that was looked up. until, note_at: seconds of the process's clock."""

    digest: bytes
    key: uuid.UUID | None
    caller: Caller
    until: float
    note_at: float


class Sessions:
    """The sessions that were asked for last, and when each was seen."""

    def __init__(
        self,
        reads: Pool,
        writes: Pool,
        now: Callable[[], dt.datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """now: the civil instant, by which sessions end. clock: seconds that never go back."""
        self._reads = reads
        self._writes = writes
        self._now = now
        self._clock = clock
        self._held: OrderedDict[bytes, _Held] = OrderedDict()
        self._secret = secrets.token_bytes(32)
        self._ended = 0
        self._noted: dict[bytes, float] = {}
        self._noting: set[asyncio.Task[None]] = set()

    async def begin(self, caller: Caller, before: str | None = None) -> str:
        """Begin a session and return its cookie, always a new one.

        before: the cookie that the browser had; what it stood for ends.
        """
        if before is not None:
            await self.end(before)
        now, raw = self._now(), secrets.token_bytes(_BYTES)
        key = uuid.UUID(caller.id.removeprefix(_KEYS)) if caller.id.startswith(_KEYS) else None
        new = Session(caller.id, key, caller.grants, now + LONGEST)
        async with lent(self._writes) as connection:
            await sessions.begin(connection, hashlib.sha256(raw).digest(), new, now)
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    async def caller(self, cookie: str) -> Caller | None:
        """Return whom a cookie stands for, if its session goes on."""
        mark = self._mark(cookie)
        held, seconds = self._held.get(mark), self._clock()
        if held is None or seconds >= held.until:
            held = await self._looked_up(cookie, mark, seconds)
        if held is None:
            return None
        if seconds >= held.note_at:
            self._note(held, seconds)
        return held.caller

    def remembers(self, cookie: str) -> bool:
        """Tell whether a cookie stood for somebody here lately: who brings it does not guess."""
        return self._mark(cookie) in self._held

    async def end(self, cookie: str) -> None:
        """End a session: here at once, elsewhere within half a minute."""
        digest = _hashed(cookie)
        if digest is None:
            return
        async with lent(self._writes) as connection:
            await sessions.end(connection, digest)
        self._forget(lambda held: hmac.compare_digest(held.digest, digest))

    def forget_key(self, key: uuid.UUID) -> None:
        """Look the sessions of a key up again: it was revoked."""
        self._forget(lambda held: held.key == key)

    async def listed(self) -> list[Seen]:
        """Return the sessions that go on, the oldest first."""
        now = self._now()
        async with lent(self._reads) as connection:
            return await sessions.listed(connection, now, _since(now))

    async def end_of(self, caller: str, by: str) -> int:
        """End all sessions of somebody, here at once; return how many there were."""
        async with lent(self._writes) as connection, connection.transaction():
            ended = await sessions.end_of(connection, caller)
            await acts.note(connection, Act("sessions_ended", self._now(), by, caller))
        self._forget(lambda held: held.caller.id == caller)
        return ended

    async def close(self) -> None:
        """Wait until what is being noted is written."""
        await asyncio.gather(*self._noting, return_exceptions=True)

    def _mark(self, cookie: str) -> bytes:
        return hashlib.blake2b(cookie.encode(), digest_size=32, key=self._secret).digest()

    def _forget(self, gone: Callable[[_Held], bool]) -> None:
        self._ended += 1  # what is being looked up now may be from before: not kept
        for mark in [mark for mark, held in self._held.items() if gone(held)]:
            del self._held[mark]

    async def _looked_up(self, cookie: str, mark: bytes, seconds: float) -> _Held | None:
        """Look a session up, and keep it if it goes on; what does not fills nothing."""
        digest, before, now = _hashed(cookie), self._ended, self._now()
        self._held.pop(mark, None)
        if digest is None:
            return None
        async with lent(self._reads) as connection:
            found = await sessions.live(connection, digest, now, _since(now))
        if found is None:
            return None
        lasts = (found.ends_at - now).total_seconds()
        held = _Held(
            digest=digest,
            key=found.key,
            caller=Caller(found.caller, found.grants),
            until=seconds + min(KEPT, lasts),
            note_at=self._noted.get(digest, seconds),
        )
        if before == self._ended:
            self._held[mark] = held
            while len(self._held) > _MOST:
                self._held.popitem(last=False)
        return held

    def _note(self, held: _Held, seconds: float) -> None:
        """Note beside the request that a session is seen, and not again for a minute."""
        if len(self._noted) >= _MOST:
            self._noted.clear()
        held.note_at = self._noted[held.digest] = seconds + NOTED
        task = asyncio.create_task(self._write({held.digest: self._now()}))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _write(self, at: dict[bytes, dt.datetime]) -> None:
        try:
            async with lent(self._writes) as connection:
                await sessions.seen(connection, at)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            _log.warning("a session that was seen is not noted", error=type(error).__name__)


def _since(now: dt.datetime) -> dt.datetime:
    """Return since when a session must have been seen; that is noted once in a minute only."""
    return now - IDLE - dt.timedelta(seconds=NOTED)


def csrf_token(cookie: str) -> str:
    """Return what a page of a session puts into its forms: who has it has read such a page."""
    return hashlib.blake2b(cookie.encode(), digest_size=24, person=b"capmap csrf").hexdigest()


def holds(cookie: str, token: str) -> bool:
    """Tell whether a token belongs to a session."""
    return hmac.compare_digest(csrf_token(cookie).encode(), token.encode())


def _hashed(cookie: str) -> bytes | None:
    """Return the hash of a cookie as it is kept; None for what cannot be one."""
    if len(cookie) != _LENGTH:
        return None
    try:
        raw = base64.b64decode(cookie + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return hashlib.sha256(raw).digest()


__all__ = ["IDLE", "KEPT", "LONGEST", "NOTED", "Sessions", "csrf_token", "holds"]
