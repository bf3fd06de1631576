"""Health: is the process alive, and can it do its work."""

from __future__ import annotations

import asyncio

from litestar import Response, get

from service.api import answers
from service.api.answers import AnyRequest
from service.api.rooms import rooms
from service.domain.problems import Problem, Refused
from service.store import reading

PATIENCE = 2.0
"""Seconds that readiness waits for the database."""


@get("/health/live", operation_id="live", permission="public", sync_to_thread=False)
def live() -> Response[bytes]:
    """Say that the process answers."""
    return Response(content=b'{"status":"live"}', media_type="application/json")


@get("/health/ready", operation_id="ready", permission="public")
async def ready(request: AnyRequest) -> Response[bytes]:
    """Say that the log can be read, and where it ends."""
    try:
        async with asyncio.timeout(PATIENCE), rooms(request).pool.acquire() as lent:
            head = await reading.head(lent)  # type: ignore[arg-type]  # a proxy of the same methods
    except TimeoutError:
        raise Refused(Problem("unavailable", "the database does not answer")) from None
    body = answers.encode({"status": "ready", "position": head.position, "log": str(head.log)})
    return Response(content=body, media_type="application/json")
