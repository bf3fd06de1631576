"""How long a request may take: its body must keep coming, and its answer must begin in time.

A body's bytes add to the time as a slow line would bring them, so that a long upload is not cut off
and a byte now and then is. Once an answer has begun, what is streamed may wait for news as long as
it likes, and its reader may not: each piece must be taken in time.

One timer looks at all requests a few times a second; a timer each costs 4 µs a request.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any, Final

from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send
from msgspec import Struct

from service.api.refusing import refuse
from service.domain.problems import Problem

SLOWEST: Final = 8 * 1024
"""Bytes a second at which a body must come at least: 64 kbit/s."""
LOOKS: Final = 10
"""Looks in the time of a request; one is ended late by at most that part of it."""


class _Course(Struct, eq=False):
    """How far a request is. until: the loop's time at which it is ended, unless it goes on.

    waits: for its body. begun: its answer has. cancelling: who else asked for its end before.
    late: it was ended.
    """

    task: asyncio.Task[Any]  # Any: what a server's task returns is not looked at
    until: float
    cancelling: int
    waits: bool = False
    begun: bool = False
    late: bool = False


class _Watch:
    """Looks after the requests of a process, as long as there are any."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._under_way: set[_Course] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self, loop: asyncio.AbstractEventLoop) -> _Course:
        """Begin to look after the request of the task that runs."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - who awaits runs in a task
        course = _Course(task, loop.time() + self.seconds, task.cancelling())
        self._under_way.add(course)
        if self._loop is not loop:
            self._loop = loop
            loop.call_later(self.seconds / LOOKS, self._look, loop)
        return course

    def end(self, course: _Course) -> None:
        """Look after a request no more."""
        self._under_way.discard(course)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for course in self._under_way:
            if now >= course.until and not course.late:
                course.late = True
                course.task.cancel()
        if self._loop is loop and self._under_way:
            loop.call_later(self.seconds / LOOKS, self._look, loop)
        elif self._loop is loop:
            self._loop = None


def timed(seconds: float) -> Callable[..., ASGIApp]:
    """Return a middleware that gives each request so many seconds, and more for a long body."""
    watch = _Watch(seconds)

    def wrapped(app: ASGIApp) -> ASGIApp:
        """Return the application, each of its requests within its time."""

        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            """Pass a request on; answer 408 or 503 where its time is up before its answer."""
            loop = asyncio.get_running_loop()
            course = watch.begin(loop)
            try:
                await app(scope, _received(receive, course), _sent(send, course, loop, seconds))
            except asyncio.CancelledError:
                if not course.late or course.task.uncancel() > course.cancelling:
                    raise
                if course.begun:
                    raise TimeoutError from None
                await _late(scope, receive, send, course)
            finally:
                watch.end(course)

        return answered

    return wrapped


def _received(receive: Receive, course: _Course) -> Receive:
    async def received() -> HTTPReceiveMessage:
        """Pass a message on; its bytes add to the time."""
        course.waits = True
        message: HTTPReceiveMessage = await receive()  # type: ignore[assignment]  # it is http
        course.waits = False
        if message["type"] == "http.request":
            course.until += len(message["body"]) / SLOWEST
        return message

    return received


def _sent(send: Send, course: _Course, loop: asyncio.AbstractEventLoop, seconds: float) -> Send:
    async def sent(message: Message) -> None:
        """Pass a message on; the answer has begun, and each of its pieces has a time of its own."""
        if course.begun:
            course.until = loop.time() + seconds
        course.begun = True
        await send(message)
        if message.get("more_body"):
            course.until = math.inf

    return sent


async def _late(scope: Scope, receive: Receive, send: Send, course: _Course) -> None:
    """Answer that the time is up."""
    code = "body_too_slow" if course.waits else "took_too_long"
    detail = "the body did not come in time" if course.waits else "no answer was found in time"
    await refuse(scope, receive, send, Problem(code, detail))


__all__ = ["SLOWEST", "timed"]
