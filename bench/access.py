"""`python -m bench.access [REQUESTS]`: what a key costs a request, against access off.

Two services of their own processes on one database that holds the story of `capmap demo`; the same
requests go to each in turn, over 4 connections. Behind each line: the target is 10 %.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.http_load import drive
from bench.server import serving
from service.app import opened
from service.cli.serving import load_stories
from service.domain.caller import LOCAL
from service.door.granting import NewKey, wanted
from service.settings import Settings
from service.store import embedded, migrate

ROUNDS: Final = 9
CONNECTIONS: Final = 4
MOST: Final = 0.10
ASKED: Final = (
    ("trust's picture", "trusts/RTP/picture?on=2025-10-01", "submitter:RTP"),
    ("trust's picture", "trusts/RTP/picture?on=2025-10-01", "lead:S9B9J"),
    ("trust's picture", "trusts/RTP/picture?on=2025-10-01", "operator"),
    ("100 events", "events", "operator"),
    ("a trust's events", "events?organisation=RTP", "submitter:RTP"),
    ("organisation", "organisations/RTP", "submitter:RTP"),
    ("list of codes", "codes/programmes", "viewer:RTP"),
)
"""What is asked for: its name, its path and the role of the key."""


def main() -> None:
    """Print a line for each kind of request."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with (
        tempfile.TemporaryDirectory(prefix="bench-access-", ignore_cleanup_errors=True) as folder,
        embedded.running(Path(folder), say=lambda _: None) as dsn,
    ):
        asyncio.run(_all(dsn, requests))


async def _all(dsn: str, requests: int) -> None:
    await migrate.upgrade(dsn, say=lambda _: None)
    settings = Settings()
    await load_stories(settings, dsn)
    async with opened(settings, dsn) as rooms:
        secrets = {
            role: (await rooms.keyring.make(wanted(NewKey(role, [role]), now), LOCAL.id)).secret
            for now in (rooms.desk.now(),)
            for role in {role for _, _, role in ASKED}
        }
    quiet = {"CAPMAP_BEHIND": "false"}
    async with (
        serving(dsn, quiet | {"CAPMAP_ACCESS": "off"}) as off,
        serving(dsn, quiet | {"CAPMAP_ACCESS": "keys"}) as keys,
    ):
        for name, path, role in ASKED:
            await _line(name, role, (off, keys), _request(path, secrets[role]), requests)


async def _line(name: str, role: str, ports: tuple[int, int], request: bytes, count: int) -> None:
    """Measure one kind of request on both services in turn, once to warm them up, and print it."""
    spent: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        order = (0, 1) if number % 2 else (1, 0)
        for which in order:
            seconds = await drive(ports[which], [request] * count, CONNECTIONS)
            if number:
                spent[which].append(seconds)
    off, keys = (count / statistics.median(one) for one in spent)
    ratios = [with_key / without - 1 for without, with_key in zip(*spent, strict=True)]
    more = statistics.median(ratios)
    told = "met" if more <= MOST else "MISSED"
    print(f"{name:<18}{role:<15}{off:>8,.0f}/s off{keys:>8,.0f}/s keys {more:>+7.1%}  {told}")


def _request(path: str, secret: str) -> bytes:
    return (
        f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n\r\n"
    ).encode()


if __name__ == "__main__":
    main()
