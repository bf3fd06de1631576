"""The service's own PostgreSQL run by an ordinary user, as on a person's own machine.

One kill is a few seconds; TEST_KILLS asks for more, at other moments.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.strategies import renamed, trust

ROOT = Path(__file__).parents[2]
NOBODY = 65534
KILLS = int(os.environ.get("TEST_KILLS", "1"))
PATIENCE_SECONDS = 60
BACK_WITHIN_SECONDS = 30


def as_nobody(folder: Path, port: int) -> dict[str, object]:
    """Return how a process is started as the ordinary user, with a data folder of its own."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    settings = {"CAPMAP_DATA_DIR": str(folder / "data"), "CAPMAP_PORT": str(port)}
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    return who | {"env": environment | settings, "cwd": folder}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Make a folder that belongs to the ordinary user."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user; without root all tests run as one")
    with tempfile.TemporaryDirectory(prefix="cm") as made:
        shutil.chown(made, NOBODY, NOBODY)
        how = as_nobody(Path(made), 0)
        tried = subprocess.run([sys.executable, "-c", "import service"], check=False, **how)
        if tried.returncode:
            pytest.skip("this Python, or the checkout, is not readable for other users")
        yield Path(made)


class Service:
    """`capmap serve` of the ordinary user, a client that appends to it, and what both said."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, data: Path) -> None:
        self.process = process
        self.address = f"http://127.0.0.1:{port}"
        self.data = data
        self.acknowledged: set[str] = set()
        self.statuses: set[int] = set()

    def postmaster(self) -> psutil.Process:
        """Return the process of the server."""
        text = (self.data / "postgres" / "postmaster.pid").read_text(encoding="utf-8")
        return psutil.Process(int(text.split("\n", 1)[0]))

    async def said(self, words: str) -> None:
        """Wait until the service says so."""
        assert self.process.stderr is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            while line := await self.process.stderr.readline():
                if words in line.decode():
                    return
        pytest.fail(f"the service ended and never said: {words}")

    async def append(self) -> None:
        """Append one event after another, and keep the ids of those acknowledged."""
        async with httpx.AsyncClient(base_url=self.address, timeout=PATIENCE_SECONDS) as client:
            assert (await self.sent(client, trust())).status_code == 201
            while True:
                event = renamed(id=str(uuid.uuid4()))
                answer = await self.sent(client, event)
                self.statuses.add(answer.status_code)
                if answer.status_code == 201:
                    self.acknowledged.add(event["id"])

    async def sent(self, client: httpx.AsyncClient, event: dict[str, Any]) -> httpx.Response:
        """Send an event; a connection that was not made is tried again while the service runs."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    return await client.post("/api/v1/events", json=event)
                except httpx.ConnectError:  # nothing was sent
                    assert self.process.returncode is None, "the service ended"
                    await asyncio.sleep(0.02)

    async def reach(self, number: int) -> None:
        """Wait until so many events are acknowledged."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.acknowledged) < number:  # noqa: ASYNC110 - polled, with a deadline
                await asyncio.sleep(0.005)

    async def log(self) -> list[str]:
        """Return the ids of the log in order; its positions have no gap."""
        found = []
        address: str | None = "/api/v1/events?limit=1000"
        async with httpx.AsyncClient(base_url=self.address, timeout=PATIENCE_SECONDS) as client:
            while address:
                page = (await client.get(address)).json()
                found += page["items"]
                address = page["next"]
        assert [one["position"] for one in found] == list(range(1, len(found) + 1))
        return [one["id"] for one in found]


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Service]:
    """Serve as the ordinary user, with a client that appends until the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", "serve",
        stderr=asyncio.subprocess.PIPE, **as_nobody(folder, port),
    )  # fmt: skip
    service = Service(process, port, folder / "data")
    try:
        await service.said("Serving")
        async with asyncio.TaskGroup() as group:
            client = group.create_task(service.append())
            yield service
            client.cancel()
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)


async def test_a_killed_server_comes_back_for_an_ordinary_user(folder: Path) -> None:
    """Killed at any moment of appending the server is soon back, says so, and lost nothing."""
    moments = random.Random(1)  # noqa: S311 - repeatable, not secret
    away: list[float] = []
    async with serving(folder) as service:
        for _ in range(KILLS):
            await service.reach(len(service.acknowledged) + moments.randint(1, 100))
            killed = service.postmaster()
            assert killed.uids().effective == NOBODY
            begin = time.monotonic()
            killed.kill()
            await service.said("started again")
            away.append(time.monotonic() - begin)
            await service.reach(len(service.acknowledged) + 1)
        assert max(away) < BACK_WITHIN_SECONDS, away
        acknowledged = set(service.acknowledged)  # now: the client goes on while the log is read
        assert acknowledged <= set(await service.log())
        assert service.statuses <= {201, 503}
        last = service.postmaster()
    assert service.process.returncode == 0
    assert not last.is_running() or last.status() == psutil.STATUS_ZOMBIE  # a container's PID 1
