"""`python -m bench.trace [REQUESTS]`: what tracing costs a request that is traced, in one run.

The application is asked the same with the hooks of `api.tracing` and without them in turn, with
access by keys, in this process and without a server in between, by processor time, which other work
on the machine disturbs least. Behind each line: the target is 3 %.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from unittest import mock

from litestar import Litestar
from litestar.types import HTTPScope, Message

from service.api import tracing
from service.api.rooms import MEMBER, Rooms
from service.app import build, opened
from service.cli.serving import load_stories
from service.domain.caller import LOCAL
from service.door.granting import NewKey, wanted
from service.settings import Settings, load
from service.store import embedded, migrate

ROUNDS: Final = 100
MOST: Final = 0.03
ASKED: Final = (
    ("trust's picture", "trusts/RTP/picture?on=2025-10-01", "lead:S9B9J"),
    ("trust's picture", "trusts/RTP/picture?on=2025-10-01", "submitter:RTP"),
    ("system's picture", "systems/S9B9J/picture?on=2026-09-01", "analyst:all"),
    ("100 events", "events", "analyst:all"),
    ("organisation", "organisations/RTP", "lead:S9B9J"),
    ("organisations", "organisations", "analyst:all"),
)
"""What is asked for: its name, its path and the role of the key."""


def main() -> None:
    """Print a line for each kind of request."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with (
        tempfile.TemporaryDirectory(prefix="bench-trace-", ignore_cleanup_errors=True) as folder,
        embedded.running(Path(folder), say=lambda _: None) as dsn,
    ):
        asyncio.run(_all(dsn, requests))


async def _all(dsn: str, requests: int) -> None:
    await migrate.upgrade(dsn, say=lambda _: None)
    await load_stories(Settings(), dsn)
    settings = load({"CAPMAP_ACCESS": "keys"})
    app = build(settings, dsn)
    async with opened(settings, dsn) as app.state[MEMBER]:
        rooms: Rooms = app.state[MEMBER]
        for name, path, role in ASKED:
            made = await rooms.keyring.make(
                wanted(NewKey(role, [role]), rooms.desk.now()), LOCAL.id
            )
            await _line(f"{name:<18}{role:<15}", app, _asked(path, made.secret), requests)


async def _line(what: str, app: Litestar, asked: HTTPScope, count: int) -> None:
    """Measure one kind of request of both in turn, once to warm them up, and print it."""
    spent: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        for which in (0, 1) if number % 2 else (1, 0):
            with _hooks(traced=bool(which)):
                seconds = await _seconds(app, asked, count)
            if number:
                spent[which].append(seconds / count)
    without, traced = (1_000_000 * statistics.median(one) for one in spent)
    more = statistics.median(b / a - 1 for a, b in zip(*spent, strict=True))
    told = "met" if more <= MOST else "MISSED"
    print(f"{what}{without:>8,.1f} us without{traced:>8,.1f} us traced {more:>+7.1%}  {told}")


@contextlib.contextmanager
def _hooks(*, traced: bool) -> Iterator[None]:
    """Take the hooks out during the block, unless they are to be measured."""
    if traced:
        yield
        return
    nothing = mock.patch.multiple(tracing, shown=_nothing, told=_everything)
    with nothing:
        yield


def _nothing(request: object, organisations: Iterable[str]) -> None:
    """Say nothing of whom an answer shows."""


def _everything(*_: object) -> bool:
    """Say that an answer may be sent."""
    return True


async def _seconds(app: Litestar, asked: HTTPScope, count: int) -> float:
    """Return the processor seconds that so many requests take, one after the other."""
    statuses = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    begun = time.process_time()
    for _ in range(count):
        await app(asked.copy(), receive, send)  # type: ignore[arg-type]  # ASGI as a plain dict
    seconds = time.process_time() - begun
    assert statuses == [200] * count, statuses  # noqa: S101 - what is refused is no measure
    return seconds


def _asked(path: str, secret: str) -> HTTPScope:
    """Return a request as a server hands it over."""
    path, _, query = f"/api/v1/{path}".partition("?")
    return {  # type: ignore[typeddict-item]  # what litestar adds, it adds
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": "GET", "scheme": "http", "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "root_path": "", "server": ("bench", 80),
        "client": ("bench", 1), "extensions": {},
        "headers": [(b"host", b"bench"), (b"authorization", f"Bearer {secret}".encode())],
    }  # fmt: skip


if __name__ == "__main__":
    main()
