"""Uploads and processes that are killed: what was taken in is recorded, once, and told exactly."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.strategies import income, send, trust, writing

ROOT = Path(__file__).parents[2]
ROWS = 2000
CHUNK = 20
PATIENCE_SECONDS = 60


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Served:
    """A process that serves, with a client of it."""

    def __init__(self, process: asyncio.subprocess.Process, client: httpx.AsyncClient) -> None:
        self.process = process
        self.client = client

    async def get(self, path: str) -> Any:
        """Read what the API answers."""
        return (await self.client.get(f"/api/v1/{path}")).json()

    async def post_file(self, content: bytes) -> httpx.Response:
        """Hand a file over."""
        return await self.client.post("/api/v1/uploads", files={"file": ("a.ndjson", content)})

    async def finished(self, upload: str) -> dict[str, Any]:
        """Follow an upload to its end; return the final receipt."""
        url = f"/api/v1/uploads/{upload}/events"
        async with asyncio.timeout(PATIENCE_SECONDS), self.client.stream("GET", url) as answer:
            told = [line async for line in answer.aiter_lines() if line.startswith("data: ")]
        found: dict[str, Any] = json.loads(told[-1].removeprefix("data: "))
        assert found["state"] != "recording"
        return found

    async def kill(self) -> None:
        """End the process as a power cut would."""
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def serving(dsn: str) -> AsyncIterator[Served]:
    """Yield a process that serves, once it is ready; it is gone afterwards."""
    port = free_port()
    ours = ("CAPMAP_", "DATABASE_URL")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)} | {
        "PYTHONPATH": str(ROOT), "DATABASE_URL": dsn, "CAPMAP_PORT": str(port),
        "CAPMAP_UPLOAD_CHUNK_ROWS": str(CHUNK), "CAPMAP_POLL_MS": "100", "CAPMAP_BEHIND": "false",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "service.cli", "serve", env=environment
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await is_ready(client):
                    assert process.returncode is None, "the service did not start"
                    await asyncio.sleep(0.02)
            yield Served(process, client)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def is_ready(client: httpx.AsyncClient) -> bool:
    """Tell whether the service answers that it is ready."""
    with suppress(httpx.TransportError):
        return (await client.get("/health/ready")).status_code == 200
    return False


def open_files(pid: int) -> list[str]:
    """Return the files on their way in that a process has open."""
    links = [one.readlink() for one in Path(f"/proc/{pid}/fd").iterdir()]
    return [str(one) for one in links if "capmap-uploads" in str(one) and one.name != "lock"]


def file_of(count: int) -> bytes:
    """Return so many events as NDJSON."""
    return b"".join(json.dumps(income("RTP", n)).encode() + b"\n" for n in range(count))


async def prepare(dsn: str) -> None:
    """Register the trust that the rows are about."""
    async with writing(dsn) as writer:
        await send(writer, trust())


async def killed_half_way(served: Served, connection: Any, upload: str, rows: int) -> None:
    """Kill a process once so many rows of an upload are recorded, while it waits for the head."""
    done = 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while done < rows:
            async with connection.transaction():
                await connection.execute("SELECT FROM log_head FOR UPDATE")
                done = await connection.fetchval(
                    "SELECT coalesce(sum(recorded), 0) FROM upload_outcomes"
                    " WHERE upload::text = $1",
                    upload,
                )
                if done >= rows:
                    await served.kill()
    assert rows <= done < ROWS


async def check_positions(connection: Any, expected: int) -> None:
    """Hold the log and the receipts against one another: gapless, and each row's event once."""
    assert await connection.fetchval("SELECT count(*) FROM events") == expected
    assert await connection.fetchval("SELECT max(position) FROM events") == expected
    claimed = await connection.fetch(
        "SELECT position FROM upload_outcomes, unnest(positions) AS position WHERE position > 0"
    )
    assert sorted(row["position"] for row in claimed) == list(range(2, expected + 1))


async def test_an_upload_and_its_undo_outlive_the_processes_that_took_them(dsn, connection):
    """Kill -9 half way through, twice each: another process goes on, and the receipts are exact."""
    await prepare(dsn)
    async with serving(dsn) as first:
        upload = (await first.post_file(file_of(ROWS))).json()["id"]
        await killed_half_way(first, connection, upload, ROWS // 10)
    async with serving(dsn) as second:
        await killed_half_way(second, connection, upload, ROWS // 3)
    async with serving(dsn) as third:
        done = await third.finished(upload)
        assert (done["state"], done["rows"]["recorded"]) == ("recorded", ROWS)
        await check_positions(connection, ROWS + 1)
        undo = (await third.client.post(f"/api/v1/uploads/{upload}/retraction")).json()["id"]
        await killed_half_way(third, connection, undo, ROWS // 5)
    async with serving(dsn) as fourth:
        undone = await fourth.finished(undo)
        assert (undone["state"], undone["rows"]["recorded"]) == ("recorded", ROWS)
        await check_positions(connection, 2 * ROWS + 1)


async def test_the_same_file_at_once_in_two_processes_is_recorded_once(dsn, connection):
    """Each row is claimed by one of the two receipts, and known to the other."""
    await prepare(dsn)
    content = file_of(ROWS)
    async with serving(dsn) as one, serving(dsn) as other:
        answers = await asyncio.gather(one.post_file(content), other.post_file(content))
        ids = [answer.json()["id"] for answer in answers]
        first, second = await asyncio.gather(one.finished(ids[0]), other.finished(ids[1]))
    rows = (first["rows"], second["rows"])
    assert sum(row["recorded"] for row in rows) == ROWS
    assert sum(row["already_recorded"] for row in rows) == ROWS
    assert {first["state"], second["state"]} == {"recorded"}
    await check_positions(connection, ROWS + 1)


async def test_a_client_that_goes_while_it_sends_leaves_nothing(dsn, connection):
    """Connections cut within the body: no upload, no event, no file; the process serves on."""
    await prepare(dsn)
    content = file_of(400)
    request = httpx.Request("POST", "http://x/api/v1/uploads", files={"file": ("a", content)})
    body = request.read()
    async with serving(dsn) as served:
        port = served.client.base_url.port
        for cut in (len(body) // 100, len(body) // 2, len(body) * 99 // 100, len(body) - 1):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = "POST /api/v1/uploads HTTP/1.1\r\nContent-Length: {}\r\n{}\r\n\r\n"
            kind = f"Host: localhost\r\nContent-Type: {request.headers['content-type']}"
            writer.write(head.format(len(body), kind).encode() + body[:cut])
            await writer.drain()
            writer.write_eof()
            await reader.read()
            writer.close()
        whole = await served.post_file(content)
        assert whole.json()["rows"]["total"] == 400
        assert open_files(served.process.pid) == []
    assert await connection.fetchval("SELECT count(*) FROM uploads") == 1
