"""Sessions at hand: whom a browser's cookie stands for, looked up once in half a minute.

A cookie is 32 random bytes, of which the table keeps the hash: a session ends at once where its
person signs out, in other processes within 30 seconds; so it does with the key that it rests on. A
session that is not seen for half an hour ends, and any after a working day.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import secrets
import time
import uuid
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from service.domain.acts import Act
from service.domain.caller import Caller
from service.door.at_hand import AtHand
from service.door.noting import NOTED, Noting
from service.store import acts, sessions
from service.store.pool import Pool, lent
from service.store.sessions import Seen, Session

IDLE: Final = dt.timedelta(minutes=30)
LONGEST: Final = dt.timedelta(hours=10)
KEPT: Final = 30.0
"""Seconds for which what was looked up stands."""
_BYTES: Final = 32
_LENGTH: Final = 43
_KEYS: Final = "key-"


class _Held(Struct, frozen=True):
    """A session that was looked up and goes on."""

    digest: bytes
    key: uuid.UUID | None
    caller: Caller


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
        self._at_hand = AtHand[_Held]()
        self._noting = Noting(writes, sessions.seen, now)

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
        mark, seconds = self._at_hand.mark(cookie), self._clock()
        held = self._at_hand.get(mark, seconds) or await self._looked_up(cookie, mark, seconds)
        if held is None:
            return None
        self._noting.used(held.digest, seconds)
        return held.caller

    def remembers(self, cookie: str) -> bool:
        """Tell whether a cookie stood for somebody here lately: who brings it does not guess."""
        return self._at_hand.met(self._at_hand.mark(cookie))

    async def end(self, cookie: str) -> None:
        """End a session: here at once, elsewhere within half a minute."""
        digest = _hashed(cookie)
        if digest is None:
            return
        async with lent(self._writes) as connection:
            await sessions.end(connection, digest)
        self._at_hand.forget(lambda held: hmac.compare_digest(held.digest, digest))

    def forget_key(self, key: uuid.UUID) -> None:
        """Look the sessions of a key up again: it was revoked."""
        self._at_hand.forget(lambda held: held.key == key)

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
        self._at_hand.forget(lambda held: held.caller.id == caller)
        return ended

    async def close(self) -> None:
        """Wait until what is being noted is written."""
        await self._noting.close()

    async def _looked_up(self, cookie: str, mark: bytes, seconds: float) -> _Held | None:
        """Look a session up, and keep it if it goes on; what does not fills nothing."""
        digest, began, now = _hashed(cookie), self._at_hand.look(mark), self._now()
        if digest is None:
            return None
        async with lent(self._reads) as connection:
            found = await sessions.live(connection, digest, now, _since(now))
        if found is None:
            return None
        lasts = (found.ends_at - now).total_seconds()
        held = _Held(digest, found.key, Caller(found.caller, found.grants))
        self._at_hand.keep(mark, held, seconds + min(KEPT, lasts), began)
        return held


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


__all__ = ["IDLE", "KEPT", "LONGEST", "Sessions", "csrf_token", "holds"]
