"""Keys at hand: who holds the key that a request brings, looked up once in half a minute.

A key that is revoked here stops at once; in other processes when what they looked up ends, within
30 seconds. That a key was used is noted beside the requests, at most once a minute.
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

from service.domain import acts
from service.domain.acts import Act
from service.domain.caller import Caller
from service.domain.problems import Problem
from service.door.at_hand import AtHand
from service.door.granting import Wanted
from service.door.noting import Noting
from service.store import acts as acts_store
from service.store import keys
from service.store.keys import Key, New
from service.store.pool import Pool, lent

PREFIX: Final = "capmap_"
_BYTES: Final = 32
_LENGTH: Final = len(PREFIX) + 43
KEPT: Final = 30.0
"""Seconds for which what was looked up stands."""


class Made(Struct, frozen=True):
    """A new key, and the text that its holder sends: shown once, kept nowhere."""

    key: Key
    secret: str


class _Held(Struct, frozen=True):
    """A key that was looked up and opens."""

    id: uuid.UUID
    caller: Caller


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
        self._at_hand = AtHand[_Held]()
        self._noting = Noting(writes, keys.used, now)

    def at_hand(self, secret: str) -> Caller | None:
        """Return who holds a key that was looked up within half a minute; None: to be looked up."""
        seconds = self._clock()
        held = self._at_hand.get(self._at_hand.mark(secret), seconds)
        if held is None:
            return None
        self._noting.used(held.id, seconds)
        return held.caller

    def remembers(self, secret: str) -> bool:
        """Tell whether a key opened something when it was looked up here last."""
        return self._at_hand.met(self._at_hand.mark(secret))

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
            self._at_hand.forget(lambda held: held.id == key)
        return found

    async def close(self) -> None:
        """Wait until what is being noted is written."""
        await self._noting.close()

    async def _looked_up(self, secret: str) -> Caller | Problem:
        """Look a key up, and keep it if it opens; what does not fills nothing."""
        digest, mark = hashed(secret), self._at_hand.mark(secret)
        if digest is None:
            return _unknown()
        seconds, began = self._clock(), self._at_hand.look(mark)
        async with lent(self._reads) as connection:
            key = await keys.by_hash(connection, digest)
        if key is None or not hmac.compare_digest(key.hash, digest):
            return _unknown()
        now = self._now()
        if not key.live(now):
            return _ended(key)
        lasts = (key.expires_at - now).total_seconds() if key.expires_at else KEPT
        held = _Held(key.id, Caller(called(key.id), key.grants))
        self._at_hand.keep(mark, held, seconds + min(KEPT, lasts), began)
        self._noting.used(key.id, seconds)
        return held.caller


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


__all__ = ["KEPT", "PREFIX", "Keyring", "Made", "called", "hashed"]
