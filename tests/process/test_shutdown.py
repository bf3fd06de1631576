"""Ends of the serving process and of its database sessions: nothing acknowledged is ever lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import ssl
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import httpx
import pytest

from service.store.data_folder import DataFolder, State
from service.store.embedded import running
from service.store.migrate import ADVISORY_KEY, upgrade
from tests.effort import tried

ROOT = Path(__file__).parents[2]
CLIENTS = 32
KILLS = tried(3)
PATIENCE_SECONDS = 60
STOPPED_WITHIN_SECONDS = 10
UNUSED = ssl.create_default_context()
"""What each client would make for itself: 15 ms in which nothing is sent."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def spawned(
    command: str, stderr: int | None = None, **more: str
) -> asyncio.subprocess.Process:
    """Start the command in a process of its own."""
    ours = ("CAPMAP_", "DATABASE_URL")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", command,
        env=environment | {"PYTHONPATH": str(ROOT)} | more, stderr=stderr,
    )  # fmt: skip


@asynccontextmanager
async def serving(dsn: str, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """Yield a process that serves, once it is ready; it is gone afterwards."""
    process = await spawned("serve", DATABASE_URL=dsn, CAPMAP_PORT=str(port))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await is_ready(port):
                assert process.returncode is None, "the service did not start"
                await asyncio.sleep(0.02)
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def is_ready(port: int) -> bool:
    """Tell whether the service answers that it is ready."""
    with suppress(httpx.TransportError):
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", verify=UNUSED, timeout=PATIENCE_SECONDS
        ) as client:
            return (await client.get("/health/ready")).status_code == 200
    return False


def event() -> dict[str, object]:
    """Return a new event."""
    return {
        "id": str(uuid.uuid4()),
        "type": "LeaderAppointed",
        "organisation": "RTP",
        "effective": "2026-05-01",
        "data": {"post": "chief_nurse", "person": "p-00001111", "basis": "substantive"},
        "source": {"kind": "own", "reference": "Board paper 3"},
        "assurance": "board_minuted",
    }


class Clients:
    """Clients that append one event after another until the service goes, and what they got."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.acknowledged: set[uuid.UUID] = set()
        self.statuses: dict[int, int] = {}
        self.cut_off = 0
        self.ended = False

    async def append(self) -> None:
        """Append until told to end, or until nobody listens."""
        address = f"http://127.0.0.1:{self.port}"
        async with httpx.AsyncClient(
            base_url=address, verify=UNUSED, timeout=PATIENCE_SECONDS
        ) as client:
            while not self.ended:
                one = event()
                try:
                    answer = await client.post("/api/v1/events", json=one)
                except httpx.ConnectError:
                    return
                except httpx.TransportError:
                    self.cut_off += 1
                    return
                self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
                if answer.status_code == 201:
                    self.acknowledged.add(uuid.UUID(str(one["id"])))

    async def reach(self, number: int) -> None:
        """Wait until so many events are acknowledged."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.acknowledged) < number:  # noqa: ASYNC110 - polled, with a deadline
                await asyncio.sleep(0.005)


async def log(dsn: str) -> list[uuid.UUID]:
    """Return the ids of the log in order; its positions have no gap."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("SELECT position, id FROM events ORDER BY position")
        head = await connection.fetchval("SELECT position FROM log_head")
    finally:
        await connection.close()
    assert [row["position"] for row in rows] == list(range(1, head + 1))
    return [row["id"] for row in rows]


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM is POSIX")
async def test_sigterm_answers_what_was_accepted(told_dsn: str) -> None:
    """Told to stop amid appends, the service answers each request that it took, then exits 0."""
    port = free_port()
    already = len(await log(told_dsn))
    async with serving(told_dsn, port) as process:
        clients = Clients(port)
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(clients.append())
            await clients.reach(300)
            process.send_signal(signal.SIGTERM)
            begin = time.monotonic()
            code = await asyncio.wait_for(process.wait(), STOPPED_WITHIN_SECONDS)
        assert time.monotonic() - begin < STOPPED_WITHIN_SECONDS
    assert code == 0
    found = (await log(told_dsn))[already:]
    assert clients.acknowledged <= set(found)
    assert set(clients.statuses) <= {201, 503}
    # A request that came after the stop was never taken; whatever was recorded was answered.
    assert set(found) == clients.acknowledged


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX")
async def test_kill_loses_nothing_that_was_acknowledged(told_dsn: str) -> None:
    """After kill -9 at any moment of appending, all that was acknowledged is there, gaplessly."""
    moments = random.Random(1)  # noqa: S311 - repeatable, not secret
    acknowledged: set[uuid.UUID] = set()
    for _ in range(KILLS):
        port = free_port()
        async with serving(told_dsn, port) as process:
            clients = Clients(port)
            async with asyncio.TaskGroup() as group:
                for _ in range(CLIENTS):
                    group.create_task(clients.append())
                await clients.reach(moments.randint(1, 300))
                process.kill()
        acknowledged |= clients.acknowledged
        assert set(clients.statuses) == {201}
        assert acknowledged <= set(await log(told_dsn))


async def test_ended_sessions_lose_nothing(told_dsn: str) -> None:
    """While its database sessions are ended the service never answers 500, and loses nothing."""
    port = free_port()
    other = await asyncpg.connect(told_dsn)
    ended = 0
    async with serving(told_dsn, port):
        clients = Clients(port)
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(clients.append())
            for turn in range(1, KILLS + 1):
                await clients.reach(turn * 100)
                ended += await other.fetchval(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    " AND application_name LIKE 'capmap%'"
                )
            await clients.reach(len(clients.acknowledged) + 100)
            clients.ended = True
    await other.close()
    assert ended >= KILLS
    assert set(clients.statuses) <= {200, 201, 503}
    assert clients.cut_off == 0
    assert clients.acknowledged <= set(await log(told_dsn))


WAITING = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'capmap migrate'
    AND wait_event_type = 'Lock'"""
MIGRATING = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'capmap migrate'"""
HOLD = {
    "half-way through a step": "BEGIN; CREATE TABLE mentions (in_the_way int)",
    "before another process's step": f"SELECT pg_advisory_lock({ADVISORY_KEY})",
}


async def until(connection: asyncpg.Connection, question: str, answer: int) -> None:
    """Wait until a question has an answer."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await connection.fetchval(question) != answer:  # noqa: ASYNC110 - as `reach`
            await asyncio.sleep(0.005)


async def heard(process: asyncio.subprocess.Process, line: bytes, again: int) -> bytes:
    """Return what a process says until it ends; at each of two moments it may be told once more.

    The second SIGTERM comes at once, or as late as can be: when the last line has been said.
    """
    assert process.stderr is not None
    said = b""
    if again:
        process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(STOPPED_WITHIN_SECONDS):
        async for heard in process.stderr:
            said += heard
            if again and line in heard:
                process.send_signal(signal.SIGTERM)
        await process.wait()
    return said


@pytest.mark.parametrize(
    ("command", "moment", "times"),
    [
        ("serve", "half-way through a step", 2),
        ("serve", "before another process's step", 1),
        ("migrate", "half-way through a step", 1),
        ("migrate", "before another process's step", 2),
    ],
)  # every two of command, moment and number of signals come together once
async def test_sigterm_ends_a_migration_cleanly(
    empty_dsn: str, command: str, moment: str, times: int
) -> None:
    """Told to stop while its migration waits, the command rolls back, says so, and exits 143."""
    holder = await asyncpg.connect(empty_dsn)
    watcher = await asyncpg.connect(empty_dsn)
    await holder.execute(HOLD[moment])
    process = await spawned(command, asyncio.subprocess.PIPE, DATABASE_URL=empty_dsn)
    await until(watcher, WAITING, 1)
    process.send_signal(signal.SIGTERM)
    said = await heard(process, b"Stopped before it was done.", times - 1)
    await until(watcher, MIGRATING, 0)
    await holder.close()
    assert process.returncode == 143, said
    assert b"is rolled back" in said
    assert b"Stopped before it was done." in said
    assert b"Traceback" not in said
    assert await watcher.fetchval("SELECT to_regclass('events')") is None
    await watcher.close()
    await upgrade(empty_dsn, say=print)


async def test_sigterm_during_the_start_of_the_own_server_leaves_none() -> None:
    """Told to stop while its own PostgreSQL is being made or started, nothing is left running."""
    with tempfile.TemporaryDirectory(prefix="cm") as folder:
        process = await spawned("serve", asyncio.subprocess.PIPE, CAPMAP_DATA_DIR=folder)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (Path(folder) / "users.lock").exists():  # noqa: ASYNC110 - as `reach`
                await asyncio.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.wait_for(process.communicate(), STOPPED_WITHIN_SECONDS)
        assert process.returncode == 143, said
        assert DataFolder(Path(folder)).state() is State.DOWN
        with running(Path(folder), say=print) as dsn:
            await upgrade(dsn, say=print)
