"""`python -m bench.tokens [REQUESTS]`: what a token costs a request, against access off and a key.

As bench.access: services of their own processes on one database, the same requests to each in turn.
The token's issuer runs here and is asked for its keys only; what a token costs that is new, its
signature and all, is told at the end.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.http_load import drive
from bench.server import serving
from service.app import opened
from service.cli.serving import load_stories
from service.domain.caller import LOCAL
from service.door import fetching, issuer_file
from service.door.granting import NewKey, wanted
from service.door.issuers import Issuers
from service.door.tokens import Tokens
from service.settings import Settings
from service.store import embedded, migrate
from tests.issuer import Issuer, issuing, written

ROUNDS: Final = 9
CONNECTIONS: Final = 4
ASKED: Final = (
    ("trust's picture", "trusts/RTP/picture?on=2025-10-01"),
    ("organisation", "organisations/RTP"),
    ("list of codes", "codes/programmes"),
)


def main() -> None:
    """Print a line for each kind of request, then what a new token costs."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with (
        tempfile.TemporaryDirectory(prefix="bench-tokens-", ignore_cleanup_errors=True) as folder,
        embedded.running(Path(folder) / "data", say=lambda _: None) as dsn,
        issuing() as issuer,
    ):
        file = written(Path(folder), issuer.url)
        asyncio.run(_all(dsn, requests, issuer, file))
        asyncio.run(_new(issuer, file))


async def _all(dsn: str, requests: int, issuer: Issuer, file: str) -> None:
    await migrate.upgrade(dsn, say=lambda _: None)
    settings = Settings()
    await load_stories(settings, dsn)
    async with opened(settings, dsn) as rooms:
        new = wanted(NewKey("submitter", ["submitter:RTP"]), rooms.desk.now())
        secret = (await rooms.keyring.make(new, LOCAL.id)).secret
    token = issuer.token(roles=["CapMap.Submitter.RTP"], exp=int(time.time()) + 7200)
    quiet = {"CAPMAP_BEHIND": "false"}
    believing = quiet | {"CAPMAP_ACCESS": "keys", "CAPMAP_ISSUERS": file}
    async with (
        serving(dsn, quiet | {"CAPMAP_ACCESS": "off"}) as off,
        serving(dsn, believing) as known,
    ):
        for name, path in ASKED:
            sent = (_request(path, secret), _request(path, token))
            await _line(name, ((off, sent[0]), (known, sent[0]), (known, sent[1])), requests)


async def _line(name: str, ways: tuple[tuple[int, bytes], ...], count: int) -> None:
    """Measure one kind of request in each way in turn, once to warm them up, and print it."""
    spent: list[list[float]] = [[] for _ in ways]
    for number in range(ROUNDS + 1):
        for which in range(len(ways)) if number % 2 else reversed(range(len(ways))):
            port, request = ways[which]
            seconds = await drive(port, [request] * count, CONNECTIONS)
            if number:
                spent[which].append(seconds)
    off, key, token = (count / statistics.median(one) for one in spent)
    more = [
        statistics.median(
            with_it / without - 1 for without, with_it in zip(spent[0], one, strict=True)
        )
        for one in spent[1:]
    ]
    print(
        f"{name:<18}{off:>8,.0f}/s off{key:>8,.0f}/s key {more[0]:>+7.1%}"
        f"{token:>8,.0f}/s token {more[1]:>+7.1%}"
    )


async def _new(issuer: Issuer, file: str) -> None:
    """Print what a token costs that was not seen before, and one that was."""
    async with fetching.client() as http:
        checking = Tokens(
            Issuers(issuer_file.read(file), http), b"s" * 32, lambda: dt.datetime.now(dt.UTC)
        )
        made = [issuer.token(jti=str(number)) for number in range(1_000)]
        await checking.caller(made[0])
        begun = time.perf_counter()
        for one in made:
            await checking.caller(one)
        new = time.perf_counter() - begun
        begun = time.perf_counter()
        for one in made:
            checking.at_hand(one)
        kept = time.perf_counter() - begun
    print(f"a new token {new * 1_000:.0f} µs, one at hand {kept * 1_000:.1f} µs")


def _request(path: str, secret: str) -> bytes:
    return (
        f"GET /api/v1/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n\r\n"
    ).encode()


if __name__ == "__main__":
    main()
