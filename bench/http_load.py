"""A cheap HTTP client: prebuilt requests over keep-alive connections, one in flight on each.

It reads of an answer only the status and the length, so that it takes little of the processor
that the service is measured on.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

DONE: Final = (b"HTTP/1.1 200 ", b"HTTP/1.1 201 ")
END_OF_HEAD: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length:"


def request(body: bytes) -> bytes:
    """Return the bytes of a POST of events."""
    head = (
        b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n"
    )
    return head % len(body) + body


async def drive(port: int, requests: list[bytes], connections: int) -> float:
    """Send all requests and wait until each is answered 200 or 201; return the seconds."""
    loop = asyncio.get_running_loop()
    waiting = requests[::-1]
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(lambda: _Client(waiting), "127.0.0.1", port)
        clients.append(client)
    begun = time.perf_counter()
    for client in clients:
        client.send()
    await asyncio.gather(*(client.done for client in clients))
    seconds = time.perf_counter() - begun
    for client in clients:
        client.close()
    return seconds


class _Client(asyncio.Protocol):
    """One connection: takes the next request when the last was answered."""

    def __init__(self, waiting: list[bytes]) -> None:
        self._waiting = waiting
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        if isinstance(transport, asyncio.Transport) or hasattr(transport, "write"):
            self._transport = transport  # type: ignore[assignment]  # TCP

    def send(self) -> None:
        """Send the next request, or say that there is none."""
        if self._waiting and self._transport is not None:
            self._transport.write(self._waiting.pop())
        elif not self.done.done():
            self.done.set_result(None)

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; once it is whole, go on."""
        self._buffer += data
        end = self._buffer.find(END_OF_HEAD)
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(LENGTH)
        length = int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + len(END_OF_HEAD) + length:
            return
        answer, self._buffer = self._buffer, b""
        if answer.startswith(DONE):
            self.send()
        elif not self.done.done():
            self.done.set_exception(RuntimeError(answer[:400].decode(errors="replace")))

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail if the service hung up before all was answered."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the service closed the connection"))
