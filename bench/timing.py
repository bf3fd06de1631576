"""`python -m bench.timing [REQUESTS]`: whether time tells what an answer must not.

One connection to a service of its own process; of each pair the two requests in turn, by chance in
either order. Behind the medians, their ratio and how often the second of a pair took longer than
the first of any: 50 % is what somebody sees to whom nothing is told.
"""

from __future__ import annotations

import asyncio
import bisect
import random
import socket
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from bench.server import serving
from service.app import opened
from service.cli.serving import load_stories
from service.domain.caller import LOCAL
from service.door.granting import NewKey, wanted
from service.settings import Settings
from service.store import embedded, migrate, reading
from service.store.pool import lent

ROLE: Final = "submitter:RTP"
THERE: Final = "ZT001"
"""An organisation that is registered, and beyond the role."""
ABSENT: Final = "ZT999"
WARM: Final = 200
MOST: Final = 0.05
"""How far from one half the share of longer ones may be before it is said that time tells."""


class Pair(Struct, frozen=True):
    """Two requests: bytes of each.

    quiet: whether they must not be told apart. That a key was revoked is said to who brings it, and
    what a key looks like is no secret: neither helps to find one.
    """

    name: str
    first: bytes
    second: bytes
    quiet: bool = True


class Known(Struct, frozen=True):
    """What the pairs are made of: keys by what they are, and the id of an event beyond the role."""

    live: str
    revoked: str
    event: uuid.UUID


def main() -> None:
    """Print a line for each pair."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000
    with (
        tempfile.TemporaryDirectory(prefix="bench-timing-", ignore_cleanup_errors=True) as folder,
        embedded.running(Path(folder), say=lambda _: None) as dsn,
    ):
        asyncio.run(_all(dsn, requests))


async def _all(dsn: str, requests: int) -> None:
    await migrate.upgrade(dsn, say=lambda _: None)
    known = await _prepared(dsn)
    async with serving(dsn, {"CAPMAP_BEHIND": "false", "CAPMAP_ACCESS": "keys"}) as port:
        for pair in _pairs(known):
            await asyncio.to_thread(_line, port, pair, requests)


async def _prepared(dsn: str) -> Known:
    settings = Settings()
    await load_stories(settings, dsn)
    async with opened(settings, dsn) as rooms:
        now = rooms.desk.now()
        live, gone = [
            await rooms.keyring.make(wanted(NewKey(name, [ROLE]), now), LOCAL.id)
            for name in ("live", "gone")
        ]
        await rooms.keyring.revoke(gone.key.id, LOCAL.id)
        async with lent(rooms.pool) as connection:
            only = reading.Filter(organisation=THERE)
            (found, *_) = await reading.page(connection, only, 0, 1_000_000, 1)
    return Known(live.secret, gone.secret, found.id)


def _pairs(known: Known) -> Iterator[Pair]:
    """Yield what is compared; the answers of a pair have the same length but for their detail."""
    live, absent = known.live, uuid.uuid4()
    for name, path in (
        ("a trust's picture", "trusts/{}/picture"),
        ("an organisation", "organisations/{}"),
        ("a stream's events", "events?organisation={}"),
    ):
        there, none = (_request(path.format(code), live) for code in (THERE, ABSENT))
        yield Pair(f"{name}, not theirs or not there", there, none)
    there, none = (_request(f"events/{one}", live) for one in (known.event, absent))
    yield Pair("an event, not theirs or not there", there, none)
    other = f"{live[:-4]}AAAA"
    keys = [_request("organisations/RTP", key) for key in (known.revoked, other, "capmap_short")]
    yield Pair("a key, revoked or unknown", keys[0], keys[1], quiet=False)
    yield Pair("a key, malformed or unknown", keys[2], keys[1], quiet=False)


def _request(path: str, key: str) -> bytes:
    return (
        f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n"
    ).encode()


def _line(port: int, pair: Pair, requests: int) -> None:
    """Ask a pair in turn and print what time tells of it."""
    chance = random.Random(pair.name)
    spent: dict[bytes, list[float]] = {pair.first: [], pair.second: []}
    with _connected(port) as connection:
        for number in range(WARM + requests):
            for one in chance.sample((pair.first, pair.second), 2):
                seconds = _asked(connection, one)
                if number >= WARM:
                    spent[one].append(seconds)
    first, second = spent[pair.first], spent[pair.second]
    medians = [statistics.median(one) * 1e6 for one in (first, second)]
    ratio = medians[1] / medians[0]
    longer = _longer(first, second)
    told = ("not told" if abs(longer - 0.5) <= MOST else "TOLD") if pair.quiet else "no secret"
    print(
        f"{pair.name:<42}{medians[0]:>7.0f} µs{medians[1]:>7.0f} µs  ratio {ratio:.3f}"
        f"  longer {longer:.1%}  {told}",
        flush=True,
    )


def _longer(first: list[float], second: list[float]) -> float:
    """Return the share of all pairs in which the second took longer."""
    ordered = sorted(first)
    return sum(bisect.bisect_left(ordered, one) for one in second) / (len(first) * len(second))


@contextmanager
def _connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port)) as made:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield made


def _asked(connection: socket.socket, request: bytes) -> float:
    """Send a request and return the seconds until its answer is whole."""
    begun = time.perf_counter()
    connection.sendall(request)
    answer = b""
    while not _whole(answer):
        answer += connection.recv(65_536)
    return time.perf_counter() - begun


def _whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    return len(body) >= int(length or 0)


if __name__ == "__main__":
    main()
