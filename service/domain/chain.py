"""The salted chain: what each event's hash covers (MODEL.md §5.7, DESIGN.md invariant 5).

leaf = sha256(salt, stored bytes); hash = sha256(previous hash, leaf). The stored bytes are the
canonical event with all that the service adds, so nothing of it can change unseen; the salt keeps
a hash from giving a hidden count away.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from typing import Final

from msgspec.json import encode

from service.domain.envelope import Stamp

GENESIS: Final = bytes(32)
"""The hash before the first event."""
SALT_BYTES: Final = 16


def instant(moment: dt.datetime) -> str:
    """Return an instant as RFC 3339 in UTC with microseconds and Z."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# All events of one batch bear the same instant and author.
@functools.lru_cache(maxsize=64)
def _recorded(at: dt.datetime, by: str) -> bytes:
    return b'"recorded_at":"%b","recorded_by":%b}' % (instant(at).encode(), encode(by))


def stored(body: bytes, stamp: Stamp, target: bytes | None) -> bytes:
    """Return the canonical bytes of a stored event: what was submitted and what was added."""
    return b'%b,"type_version":%d%b,"position":%d,"version":%d,%b' % (
        body[:-1],
        stamp.type_version,
        b',"target":%b' % target if target else b"",
        stamp.position,
        stamp.version,
        _recorded(stamp.recorded_at, stamp.recorded_by),
    )


def link(previous: bytes, salt: bytes, stored_bytes: bytes) -> bytes:
    """Return the hash of an event from the one before, its salt and its stored bytes."""
    leaf = hashlib.sha256(salt + stored_bytes).digest()
    return hashlib.sha256(previous + leaf).digest()
