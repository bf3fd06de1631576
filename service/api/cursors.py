"""Cursors: log id, position and a mark of the chain there (DESIGN.md, invariant 10).

After a restore the chain at that position has another hash: the follower is told "diverged".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from typing import Final

from service.domain.faults import Fault
from service.domain.problems import Problem, Refused
from service.store import reading
from service.store.appending import Connection

MARK_BYTES: Final = 12


def _mark(log: uuid.UUID, position: int, chain: bytes) -> bytes:
    return hashlib.blake2b(
        log.bytes + chain, digest_size=MARK_BYTES, key=position.to_bytes(8)
    ).digest()


async def cursor(connection: Connection, log: uuid.UUID, position: int) -> str:
    """Return the cursor of a follower that has seen everything up to a position."""
    row = await reading.recorded(connection, position)
    chain = row[1] if row else b""
    return base64.urlsafe_b64encode(position.to_bytes(8) + _mark(log, position, chain)).decode()


def _opened(given: str) -> tuple[int, bytes]:
    """Return position and mark of a cursor as given; raises Refused when it is none."""
    try:
        raw = base64.urlsafe_b64decode(given.encode("ascii"))
    except (ValueError, binascii.Error):
        raw = b""
    position, mark = int.from_bytes(raw[:8]), raw[8:]
    if len(mark) == MARK_BYTES and position < 2**63:
        return position, mark
    rule = "must be a cursor that this service gave"
    raise Refused(Problem("invalid_parameter", rule, (Fault("?cursor", "cursor", rule),)))


async def position_of(connection: Connection, given: str, log: uuid.UUID) -> int:
    """Return the position of a cursor; raises Refused when it is none, or the log diverged."""
    position, mark = _opened(given)
    row = await reading.recorded(connection, position)
    if _mark(log, position, row[1] if row else b"") != mark:
        raise Refused(Problem("diverged", f"diverged at {position}"))
    return position
