"""How long a request may take: its body must keep coming, and its answer must begin in time.

One clock for a request. A body's bytes add to the time as a slow line would bring them, so that a
long upload is not cut off and a byte now and then is. Once an answer has begun, what is streamed
may wait for news as long as it likes, and its reader may not: each piece must be taken in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send
from msgspec import Struct

from service.api.refusing import refuse
from service.domain.problems import Problem

SLOWEST: Final = 8 * 1024
"""Bytes a second at which a body must come at least: 64 kbit/s."""


class _Course(Struct):
    """How far a request is: whether its body is waited for, whether its answer has begun."""

    waits: bool = False
    begun: bool = False


def timed(seconds: float) -> Callable[..., ASGIApp]:
    """Return a middleware that gives each request so many seconds, and more for a long body."""

    def wrapped(app: ASGIApp) -> ASGIApp:
        """Return the application, each of its requests within its time."""

        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            """Pass a request on; answer 408 or 503 where its time is up before its answer."""
            course = _Course()
            try:
                async with asyncio.timeout(seconds) as limit:
                    await app(
                        scope,
                        _received(receive, course, limit),
                        _sent(send, course, limit, seconds),
                    )
            except TimeoutError:
                if course.begun or not limit.expired():
                    raise
                await _late(scope, receive, send, course)

        return answered

    return wrapped


def _received(receive: Receive, course: _Course, limit: asyncio.Timeout) -> Receive:
    async def received() -> HTTPReceiveMessage:
        course.waits = True
        message: HTTPReceiveMessage = await receive()  # type: ignore[assignment]  # it is http
        course.waits = False
        until = limit.when()
        if until is not None and message["type"] == "http.request":
            limit.reschedule(until + len(message["body"]) / SLOWEST)
        return message

    return received


def _sent(send: Send, course: _Course, limit: asyncio.Timeout, seconds: float) -> Send:
    loop = asyncio.get_running_loop()

    async def sent(message: Message) -> None:
        course.begun = True
        if limit.when() is None:
            limit.reschedule(loop.time() + seconds)
        await send(message)
        if message.get("more_body"):
            limit.reschedule(None)

    return sent


async def _late(scope: Scope, receive: Receive, send: Send, course: _Course) -> None:
    """Answer that the time is up."""
    code = "body_too_slow" if course.waits else "took_too_long"
    detail = "the body did not come in time" if course.waits else "no answer was found in time"
    await refuse(scope, receive, send, Problem(code, detail))


__all__ = ["SLOWEST", "timed"]
