"""The connection of the HTTP server, with limits that the server itself does not have.

The head of a request must come in time and be of a size; a connection on which nothing comes is
closed; what the server answers by itself is a problem as all others are. What a body and an answer
may take is `api.time_limits`'.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.api import headers
from service.api.answers import STATUS
from service.domain.problems import KINDS

MOST_HEADERS: Final = 100
MOST_HEAD_BYTES: Final = 64 * 1024
_PROBLEM: Final = (b"content-type", b"application/problem+json")
_GUARDS: Final = (*headers.ALWAYS, headers.DATA, headers.UNKEPT, _PROBLEM)


class Limited(HttpToolsProtocol):
    """A connection whose requests must come in time. head_seconds: set by `limited`."""

    head_seconds: float = 20.0
    _late: asyncio.TimerHandle | None = None
    _head: int = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # it is TCP
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._come()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; between two requests it is the beginning of a head, or nothing.

        Nearly always it is a whole one, and a timer is not paid for.
        """
        between = self.cycle is None or self.cycle.response_complete
        self._head += len(data) if between else 0
        super().data_received(data)
        if not self._head:
            return
        if self._head > MOST_HEAD_BYTES:
            self.send_400_response("The head of the request is too long.")
        elif self._late is None:
            self._wait()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer, up to so many; raises ValueError, which ends the request."""
        if len(self.headers) >= MOST_HEADERS:
            raise ValueError(MOST_HEADERS)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Answer; the next head is waited for once this is answered."""
        self._come()
        self._head = 0
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, and close."""
        self._come()
        if self.transport.is_closing():
            return
        body = _body("malformed_body", msg)
        lines = [b"HTTP/1.1 400 Bad Request"]
        lines += [b": ".join(one) for one in (*_GUARDS, (b"connection", b"close"))]
        lines.append(b"content-length: %d" % len(body))
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Begin to answer; the server's own refusal of one connection too many is worded here."""
        super()._start_asgi_task(cycle, _crowded if app is service_unavailable else app)

    def _wait(self) -> None:
        self._late = self.loop.call_later(self.head_seconds, self._end)

    def _come(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self) -> None:
        """Close: to who sends so slowly nothing is said, since nothing was asked."""
        self._late = None
        self.transport.close()


def limited(head_seconds: float) -> type[Limited]:
    """Return the connection with so many seconds for the head of a request."""
    return type("Limited", (Limited,), {"head_seconds": head_seconds})


async def _crowded(_: Scope, __: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    body = _body("unavailable", "so many connections are not served at once")
    more = ((b"retry-after", b"1"), (b"connection", b"close"))
    await send({
        "type": "http.response.start", "status": 503, "headers": [
            *_GUARDS, *more, (b"content-length", b"%d" % len(body)),
        ], "trailers": False,
    })  # fmt: skip
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _body(code: str, detail: str) -> bytes:
    kind = KINDS[code]
    return msgspec.json.encode({
        "type": f"/problems/{code}", "title": kind.title, "status": STATUS[kind.category],
        "detail": detail, "way_out": kind.way_out,
    })  # fmt: skip


__all__ = ["MOST_HEADERS", "MOST_HEAD_BYTES", "Limited", "limited"]
