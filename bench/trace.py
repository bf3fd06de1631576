"""`python -m bench.trace [REQUESTS]`: what tracing costs a request that is traced, in one run.

Two services of their own processes on one database, both with access by keys; in one of them the
hooks of `api.tracing` do nothing. The same requests go to each in turn, over 4 connections. What
counts is the processor time of each service, which other work on the machine disturbs least.
Behind each line: the target is 3 %.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

import psutil
from msgspec import Struct

from bench.http_load import drive
from bench.server import serving
from service.app import opened
from service.behind.granting import NewKey, wanted
from service.cli.serving import load_stories
from service.domain.caller import LOCAL
from service.settings import Settings
from service.store import embedded, migrate

ROUNDS: Final = 15
CONNECTIONS: Final = 4
MOST: Final = 0.03
WITHOUT: Final = """
from service.api import tracing
tracing.traced = lambda app: app
tracing.shown = lambda request, organisations: None
from service.cli import main
main(["serve"])
"""
"""The service, its hooks taken out before it is built."""
ASKED: Final = (
    ("trust's picture", "trusts/RTP/picture?on=2025-10-01", "lead:S9B9J"),
    ("trust's picture", "trusts/RTP/picture?on=2025-10-01", "submitter:RTP"),
    ("system's picture", "systems/S9B9J/picture?on=2026-09-01", "analyst:all"),
    ("100 events", "events", "analyst:all"),
    ("organisation", "organisations/RTP", "lead:S9B9J"),
    ("organisations", "organisations", "analyst:all"),
)
"""What is asked for: its name, its path and the role of the key."""


class Service(Struct, frozen=True):
    """A service that is measured: where it listens, and its process."""

    port: int
    process: psutil.Process

    def processor(self) -> float:
        """Return the seconds of processor time that it has taken."""
        times = self.process.cpu_times()
        return times.user + times.system


def main() -> None:
    """Print a line for each kind of request."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    with (
        tempfile.TemporaryDirectory(prefix="bench-trace-", ignore_cleanup_errors=True) as folder,
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
    quiet = {"CAPMAP_BEHIND": "false", "CAPMAP_ACCESS": "keys"}
    async with serving(dsn, quiet, ("-c", WITHOUT)) as without, serving(dsn, quiet) as traced:
        services = (_service(without, WITHOUT), _service(traced, "service.cli"))
        for name, path, role in ASKED:
            request = _request(path, secrets[role])
            await _line(f"{name:<18}{role:<15}", services, request, requests)


def _service(port: int, told: str) -> Service:
    """Return a service by what its interpreter was told to run."""
    (process,) = (one for one in psutil.Process().children() if told in one.cmdline())
    return Service(port, process)


async def _line(what: str, services: tuple[Service, Service], request: bytes, count: int) -> None:
    """Measure one kind of request on both services in turn, once to warm them up, and print it."""
    spent = [0.0, 0.0]
    for number in range(ROUNDS + 1):
        for which in (0, 1) if number % 2 else (1, 0):
            before = services[which].processor()
            await drive(services[which].port, [request] * count, CONNECTIONS)
            if number:
                spent[which] += services[which].processor() - before
    without, traced = (1_000_000 * one / (ROUNDS * count) for one in spent)
    more = traced / without - 1
    told = "met" if more <= MOST else "MISSED"
    print(f"{what}{without:>8,.0f} us without{traced:>8,.0f} us traced {more:>+7.1%}  {told}")


def _request(path: str, secret: str) -> bytes:
    return (
        f"GET /api/v1/{path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {secret}\r\n\r\n"
    ).encode()


if __name__ == "__main__":
    main()
