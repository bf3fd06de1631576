"""Requests with an `Idempotency-Key`: done once, the answer given to whoever sends it again.

For 24 hours (CONVENTIONS.md 10). What was refused or failed is not kept: it may be sent again with
the same key. Events, uploads and what puts an event right have a way of their own, by their ids.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import structlog
from litestar import Response

from service.api.answers import AnyRequest
from service.api.bodies import idempotency_key
from service.api.rooms import caller, rooms
from service.domain.problems import Problem, Refused
from service.store import failures, kept
from service.store.kept import Owned
from service.store.pool import lent
from service.submitting.desk import KEYS_KEPT

ABANDONED: Final = dt.timedelta(minutes=10)
"""After so long a request without an answer is taken for one whose process has gone."""
Work = Callable[[], Awaitable[Response[bytes]]]
_log = structlog.get_logger("once")


def _whole(body: bytes) -> bytes:
    return body


async def answered(
    request: AnyRequest, body: bytes, work: Work, keep: Callable[[bytes], bytes] = _whole
) -> Response[bytes]:
    """Do what is asked, unless it was done with this key; then answer as it was answered.

    body: as it was sent. keep: makes of the answer's body the one that is kept. Raises Refused
    where the key came with something else, or the first request is under way.
    """
    key = idempotency_key(request)
    if key is None:
        return await work()
    owned = Owned(caller(request).id, key, _digest(request, body), rooms(request).desk.now())
    before = await _taken(request, owned)
    if before is not None:
        headers = {"Idempotent-Replayed": "true", "Cache-Control": "no-store"}
        return Response(before, status_code=200, headers=headers, media_type="application/json")
    return await _done(request, owned, work, keep)


async def _done(
    request: AnyRequest, owned: Owned, work: Work, keep: Callable[[bytes], bytes]
) -> Response[bytes]:
    try:
        answer = await work()
    except BaseException:
        await asyncio.shield(_noted(request, owned, None))
        raise
    done = answer.status_code is not None and answer.status_code < 300
    await asyncio.shield(_noted(request, owned, keep(answer.content) if done else None))
    return answer


async def _taken(request: AnyRequest, owned: Owned) -> bytes | None:
    """Take the key; return the answer that is kept with it, if there is one."""
    now = owned.begun_at
    async with lent(rooms(request).desk.pool) as connection:
        found = await kept.take(connection, owned, now - KEYS_KEPT, now - ABANDONED)
    if found is None:
        return None
    if found.digest != owned.digest:
        raise Refused(Problem("key_reused", f"the key {owned.key} came with another request"))
    if found.body is None:
        raise Refused(Problem("key_in_use", f"the first request with {owned.key} is under way"))
    return found.body


async def _noted(request: AnyRequest, owned: Owned, body: bytes | None) -> None:
    """Keep the answer, or give the key back. What was done stands, whether it is noted or not."""
    try:
        async with lent(rooms(request).desk.pool) as connection:
            if body is None:
                await kept.let_go(connection, owned)
            else:
                await kept.answer(connection, owned, body)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        _log.warning("answer not kept", error=failures.named(error))


def _digest(request: AnyRequest, body: bytes) -> bytes:
    """Return what tells one request from another: where it goes, and all that it says."""
    where = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(where + body).digest()


__all__ = ["ABANDONED", "answered"]
