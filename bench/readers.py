"""A cheap HTTP client for reading: one request in flight on each connection, each answer timed."""

from __future__ import annotations

import asyncio
import time
from typing import Final, NamedTuple

END_OF_HEAD: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length:"


class Answer(NamedTuple):
    """What came back. seconds: from the request to the last byte."""

    status: int
    head: bytes
    body: bytes
    seconds: float

    def header(self, name: bytes) -> bytes:
        """Return one header's value, or nothing."""
        for line in self.head.split(b"\r\n"):
            if line.lower().startswith(name + b":"):
                return line.split(b":", 1)[1].strip()
        return b""


def get(path: str, tag: bytes = b"") -> bytes:
    """Return the bytes of a GET; tag: what the reader has already."""
    known = b"If-None-Match: %s\r\n" % tag if tag else b""
    return b"GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (path.encode(), known)


async def ask(port: int, request: bytes) -> Answer:
    """Send one request on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await _asked(reader, writer, request)
    finally:
        writer.close()


async def keep_asking(port: int, request: bytes, connections: int, seconds: float) -> list[Answer]:
    """Ask the same again and again for some seconds; answers come without their bodies."""
    until = time.perf_counter() + seconds
    each = [_keep_asking(port, request, until) for _ in range(connections)]
    return [answer for found in await asyncio.gather(*each) for answer in found]


async def _keep_asking(port: int, request: bytes, until: float) -> list[Answer]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found: list[Answer] = []
    try:
        while time.perf_counter() < until:
            found.append((await _asked(reader, writer, request))._replace(body=b""))
    finally:
        writer.close()
    return found


async def _asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> Answer:
    begun = time.perf_counter()
    writer.write(request)
    head = await reader.readuntil(END_OF_HEAD)
    answer = Answer(int(head[9:12]), head, b"", 0.0)
    length = int(answer.header(LENGTH[:-1]) or 0) if answer.status != 304 else 0
    body = await reader.readexactly(length)
    return answer._replace(body=body, seconds=time.perf_counter() - begun)
