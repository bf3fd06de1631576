"""Keys at hand: who holds the key that a request brings, looked up once in half a minute.

A key that is revoked here stops at once; in other processes when what they looked up ends, within
30 seconds. That a key was used is noted beside the requests, at most once a minute.
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

from service.domain import acts
from service.domain.acts import Act
from service.domain.caller import Caller
from service.domain.problems import Problem
from service.door.granting import Wanted
from service.store import acts as acts_store
from service.store import keys
from service.store.keys import Key, New
from service.store.pool import Pool, lent

PREFIX: Final = "capmap_"
_BYTES: Final = 32
_LENGTH: Final = len(PREFIX) + 43
_MOST: Final = 4_096
"""Keys at hand; beyond, the one that was asked for longest ago is looked up again."""
KEPT: Final = 30.0
"""Seconds for which what was looked up stands."""
NOTED: Final = 60.0
"""Seconds for which a use of a key is not written down again."""
_log = structlog.get_logger("keys")


class Made(Struct, frozen=True):
    """A new key, and the text that its holder sends: shown once, kept nowhere."""

    key: Key
    secret: str


class _Held(Struct):
    """A key that was looked up and opens. until, note_at: seconds of the process's clock.

    until: when it is to be looked up again, at the latest as it expires. note_at: from when on a
    use of it is to be noted.
    """

    mark: bytes
    id: uuid.UUID
    caller: Caller
    until: float
    note_at: float


class Keyring:
    """The keys that were asked for last, and when each was used."""

    def __init__(
        self,
        reads: Pool,
        writes: Pool,
        now: Callable[[], dt.datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """now: the civil instant, by which keys expire. clock: seconds that never go back."""
        self._clock = clock
        self._reads = reads
        self._writes = writes
        self._now = now
        self._held: OrderedDict[bytes, _Held] = OrderedDict()
        self._secret = secrets.token_bytes(32)
        self._revoked = 0
        self._noted: dict[uuid.UUID, float] = {}
        self._noting: set[asyncio.Task[None]] = set()

    def at_hand(self, secret: str) -> Caller | None:
        """Return who holds a key that was looked up within half a minute; None: to be looked up."""
        mark = self._mark(secret)
        held = self._held.get(mark)
        if held is None or not hmac.compare_digest(held.mark, mark):
            return None
        seconds = self._clock()
        if seconds >= held.until:
            return None
        if seconds >= held.note_at:
            self._note(held, seconds)
        return held.caller

    def remembers(self, secret: str) -> bool:
        """Tell whether a key opened something when it was looked up here last."""
        return self._held.get(self._mark(secret)) is not None

    async def caller(self, secret: str) -> Caller | Problem:
        """Return who holds a key, or why it opens nothing."""
        return self.at_hand(secret) or await self._looked_up(secret)

    async def make(self, wanted: Wanted, by: str) -> Made:
        """Make a key. by: the caller who does."""
        raw = secrets.token_bytes(_BYTES)
        digest = hashlib.sha256(raw).digest()
        name, grants, expires_at = wanted.name, wanted.grants, wanted.expires_at
        new = New(uuid.uuid4(), name, digest, grants, self._now(), by, expires_at)
        async with lent(self._writes) as connection, connection.transaction():
            await keys.make(connection, new)
            await acts_store.note(connection, _act("key_made", new, new.made_at, by))
        key = Key(new.id, name, digest, grants, new.made_at, by, expires_at, None, None)
        return Made(key, PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("="))

    async def listed(self) -> list[Key]:
        """Return every key, the oldest first."""
        async with lent(self._reads) as connection:
            return await keys.listed(connection)

    async def revoke(self, key: uuid.UUID, by: str) -> Key | None:
        """Revoke a key; in this process it stops at once. Return it, None if there is none.

        by: the caller who does.
        """
        now = self._now()
        async with lent(self._writes) as connection, connection.transaction():
            found = await keys.revoke(connection, key, now)
            if found is not None and found.revoked_at == now:
                await acts_store.note(connection, _act("key_revoked", found, now, by))
        if found is not None:
            self._revoked += 1  # what is being looked up now may be from before: not kept
            for mark in [mark for mark, held in self._held.items() if held.id == key]:
                del self._held[mark]
        return found

    async def close(self) -> None:
        """Wait until what is being noted is written."""
        await asyncio.gather(*self._noting, return_exceptions=True)

    def _mark(self, secret: str) -> bytes:
        """Return under what a key is at hand: no secret is, and no other process could tell it.

        Not the hash that is kept: SHA-256 is OpenSSL's here, whose calls cost some microseconds.
        """
        return hashlib.blake2b(secret.encode(), digest_size=32, key=self._secret).digest()

    async def _looked_up(self, secret: str) -> Caller | Problem:
        """Look a key up, and keep it if it opens; what does not fills nothing."""
        digest, mark = hashed(secret), self._mark(secret)
        if digest is None:
            return _unknown()
        seconds, before = self._clock(), self._revoked
        self._held.pop(mark, None)
        async with lent(self._reads) as connection:
            key = await keys.by_hash(connection, digest)
        if key is None or not hmac.compare_digest(key.hash, digest):
            return _unknown()
        now = self._now()
        if not key.live(now):
            return _ended(key)
        lasts = (key.expires_at - now).total_seconds() if key.expires_at else KEPT
        held = _Held(
            mark=mark,
            id=key.id,
            caller=Caller(called(key.id), key.grants),
            until=seconds + min(KEPT, lasts),
            note_at=self._noted.get(key.id, seconds),
        )
        if before == self._revoked:
            self._held[mark] = held
            while len(self._held) > _MOST:
                self._held.popitem(last=False)
        if seconds >= held.note_at:
            self._note(held, seconds)
        return held.caller

    def _note(self, held: _Held, seconds: float) -> None:
        """Note beside the request that a key is used, and not again for a minute."""
        if len(self._noted) >= _MOST:
            self._noted.clear()
        held.note_at = self._noted[held.id] = seconds + NOTED
        task = asyncio.create_task(self._write({held.id: self._now()}))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _write(self, at: dict[uuid.UUID, dt.datetime]) -> None:
        try:
            async with lent(self._writes) as connection:
                await keys.used(connection, at)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            _log.warning("use of a key not noted", error=type(error).__name__)


def hashed(secret: str) -> bytes | None:
    """Return the hash of a key as it is kept; None for what cannot be one."""
    if len(secret) != _LENGTH or not secret.startswith(PREFIX):
        return None
    try:
        raw = base64.b64decode(secret[len(PREFIX) :] + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return hashlib.sha256(raw).digest()


def called(key: uuid.UUID) -> str:
    """Return by which id the holder of a key is known as a caller."""
    return f"key-{key}"


def _act(name: acts.Name, key: Key | New, at: dt.datetime, by: str) -> Act:
    roles = " ".join(sorted(one.text() for one in key.grants))
    return Act(name, at, by, called(key.id), acts.reached(key.grants), roles)


def _unknown() -> Problem:
    return Problem("unknown_caller", "this key is not known")


def _ended(key: Key) -> Problem:
    how = "was revoked" if key.revoked_at is not None else "has expired"
    return Problem("unknown_caller", f"this key {how}")


__all__ = ["KEPT", "NOTED", "PREFIX", "Keyring", "Made", "called", "hashed"]
