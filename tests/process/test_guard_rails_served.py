"""Guard rails where there is a real connection: slow, long and broken requests, and the log."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import asyncpg
import httpx
import pytest

from service.api import headers
from service.app import opened
from service.cli.logs import trace
from service.cli.protocol import MOST_HEAD_BYTES
from service.domain.caller import LOCAL
from service.door.granting import NewKey, wanted
from service.settings import Settings
from tests.conftest import Run, copied
from tests.process.test_shutdown import free_port
from tests.strategies import trust

ROOT = Path(__file__).parents[2]
PATIENCE = 30
MARK = "zebrastripe"
"""Stands for what nobody may find in the log."""
MOST = 12
"""Connections that the service takes."""


class Served(NamedTuple):
    """A service of its own process: its port, the file of its log, a key, its database."""

    port: int
    log: Path
    secret: str
    dsn: str


@pytest.fixture(scope="module")
def served(server: str, run: Run, template: str, tmp_path_factory) -> Iterator[Served]:
    """A service with small limits, whose database's password is a marked one."""
    log, port = tmp_path_factory.mktemp("served") / "log", free_port()
    with copied(run, server, template) as dsn, log.open("wb") as to:
        secret = asyncio.run(operator(dsn))
        settings = {
            "DATABASE_URL": f"{dsn}&password={MARK}-database", "CAPMAP_PORT": str(port),
            "CAPMAP_ACCESS": "keys", "CAPMAP_LOG_LEVEL": "debug", "CAPMAP_HEADER_SECONDS": "1",
            "CAPMAP_REQUEST_SECONDS": "1", "CAPMAP_CONNECTIONS": str(MOST), "PYTHONPATH": str(ROOT),
            "CAPMAP_PROXIES": "127.0.0.0/8", "CAPMAP_FAILURES_PER_MINUTE": "3",
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.process.server_that_breaks"],
            env={k: v for k, v in os.environ.items() if not k.startswith("CAPMAP_")} | settings,
            stdout=to, stderr=to,
        )  # fmt: skip
        try:
            asyncio.run(listening(process, port))
            yield Served(port, log, secret, dsn)
        finally:
            process.kill()
            process.wait()


async def operator(dsn: str) -> str:
    """Return the secret of a new key."""
    async with opened(Settings(), dsn) as room:
        asked = wanted(NewKey("operator", ["operator"]), room.desk.now())
        return (await room.keyring.make(asked, LOCAL.id)).secret


async def listening(process: subprocess.Popen, port: int) -> None:
    """Return once the service listens."""
    async with asyncio.timeout(PATIENCE):
        while True:
            assert process.poll() is None, "the service did not start"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


@asynccontextmanager
async def connected(
    served: Served,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Give a connection to the service."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        yield reader, writer
    finally:
        writer.close()


async def trickled(served: Served, whole: bytes, then: bytes = b"") -> tuple[bytes, float]:
    """Send something whole, then a byte at a time; return what was answered, and how long it took.

    Ends when the service closes the connection.
    """
    began = time.monotonic()
    async with connected(served) as (reader, writer):
        writer.write(whole)
        drip = asyncio.create_task(dripped(writer, then))
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read()
        drip.cancel()
        await asyncio.gather(drip, return_exceptions=True)
    return answer, time.monotonic() - began


async def dripped(writer: asyncio.StreamWriter, then: bytes) -> None:
    """Send a byte now and then."""
    for place in range(len(then)):
        writer.write(then[place : place + 1])
        await asyncio.sleep(0.05)


POST = b"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


SLOW = {
    "a head": (b"", b"GET /health/live HTTP/1.1\r\nX-Slow: " + b"x" * 1000, b""),
    "empty lines": (b"", b"\r\n" * 500, b""),
    "nothing": (b"", b"", b""),
    "lines after an answer": (
        b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n" * 500, b"200",
    ),
    "a body that nobody reads": (POST + b"Content-Length: 9999\r\n\r\n", b"x" * 1000, b"401"),
}  # fmt: skip
"""What is sent whole, what then a byte at a time, and the status that it is answered with."""


async def test_who_sends_a_byte_now_and_then_is_let_go(served):
    """A head has its seconds, and nothing holds a connection beyond them."""
    found = await asyncio.gather(
        *(trickled(served, whole, then) for whole, then, _ in SLOW.values())
    )
    for (kind, (_, _, status)), (answer, seconds) in zip(SLOW.items(), found, strict=True):
        assert (answer[9:12], seconds < 3) == (status, True), kind


async def test_a_body_that_comes_a_byte_at_a_time_is_answered_408(served):
    """The answer says why, is guarded as all others, and ends the connection."""
    head = POST + f"Authorization: Bearer {served.secret}\r\nContent-Length: 999\r\n\r\n".encode()
    answer, seconds = await trickled(served, head, b"[" * 200)
    assert (answer[9:12], b"body_too_slow" in answer, seconds < 3) == (b"408", True, True)
    assert guarded(answer)


@pytest.mark.parametrize(
    "request_",
    [
        b"HELLO\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ".ljust(MOST_HEAD_BYTES + 1, b"x"),
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-More: 1\r\n" * 101 + b"\r\n",
    ],
    ids=["no request", "long head", "many headers"],
)
async def test_what_is_no_fit_request_is_answered_400_and_closed(served, request_):
    """What the server answers by itself is a problem with the headers of every answer."""
    answer, seconds = await trickled(served, request_)
    assert (answer[9:12], seconds < 0.9) == (b"400", True)
    assert b'"/problems/malformed_body"' in answer
    assert guarded(answer)


def guarded(answer: bytes) -> bool:
    """Tell whether an answer has the headers of every answer, and does not say what serves it."""
    head = answer.partition(b"\r\n\r\n")[0].lower()
    always = (*headers.ALWAYS, headers.DATA, headers.UNKEPT)
    return all(b": ".join(one).lower() in head for one in always) and b"\nserver:" not in head


async def test_one_connection_too_many_is_told_to_come_again(served):
    """503 with Retry-After; those that were there stay."""
    others = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(MOST)]
    answer, _ = await trickled(served, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
    for _, one in others:
        one.close()
    assert (answer[9:12], b"\r\nretry-after: 1\r\n" in answer, guarded(answer)) == (
        b"503",
        True,
        True,
    )


async def test_a_proxy_says_for_whom_it_asks_and_nobody_forges_another(served):
    """The last address that is no proxy's is counted; what stands before it anybody may write."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client:
        found = []
        for said in [*["9.9.9.9, 198.51.100.1"] * 3, "8.8.8.8, 198.51.100.1", "198.51.100.2"]:
            headers = {"X-Forwarded-For": said, "Authorization": "Bearer capmap_" + "A" * 43}
            found.append((await client.get("/api/v1/codes", headers=headers)).status_code)
    assert found == [401, 401, 401, 429, 401]


async def test_what_was_sent_is_never_in_the_log_nor_secrets_in_an_answer(served):
    """Of keys, cookies, queries, bodies and names of files nothing is logged, whatever breaks."""
    await break_the_database(served.dsn)
    sent = {"Authorization": f"Bearer {served.secret}", "Cookie": f"session={MARK}-cookie"}
    answers = []
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{served.port}", headers=sent
    ) as client:
        for path, more in requests():
            answers.append(await client.request(path.split()[0], path.split()[1], **more))
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/api/v1/broken/midway", content=f"{MARK}-body")
        wrong = {"Authorization": f"Bearer capmap_{MARK}-key"}
        answers.append(await client.get("/api/v1/codes", headers=wrong))
    log = served.log.read_text()
    assert [answer.status_code for answer in answers] == [
        200,
        422,
        422,
        404,
        500,
        503,
        503,
        503,
        401,
    ]
    for kind in ("key", "cookie", "database"):
        assert not [answer.text for answer in answers if f"{MARK}-{kind}" in answer.text]
    assert not [
        answer.text for answer in answers if answer.status_code >= 500 and MARK in answer.text
    ]
    assert "RuntimeError" in log, "the fault is noted"
    assert "server_that_breaks.py" in log, "and where it came from"
    assert "ValueError" in log
    assert MARK not in log, [line for line in log.splitlines() if MARK in line]
    assert served.secret not in log


def requests() -> list[tuple[str, dict]]:
    """Return requests that succeed, are refused, meet a fault or a database that fails."""
    event = trust("RTP")
    named = {"file": (f"{MARK}-file.csv", f"type,organisation\n{MARK}-body,RTP\n".encode())}
    event["data"]["name"] = f"{MARK}-body"
    return [
        ("GET /api/v1/codes", {}),
        ("GET /api/v1/organisations", {"params": {"cursor": f"{MARK}-query"}}),
        ("POST /api/v1/events", {"json": {"events": [event | {"nothing": f"{MARK}-body"}]}}),
        (f"GET /api/v1/events/{MARK}-path", {"params": {}}),
        ("POST /api/v1/broken", {"content": f"{MARK}-body", "params": {"q": f"{MARK}-query"}}),
        ("POST /api/v1/events", {"json": [event]}),
        ("POST /api/v1/keys", {"json": {"name": f"{MARK}-body", "roles": ["operator"]}}),
        ("POST /api/v1/uploads", {"files": named}),
    ]


async def break_the_database(dsn: str) -> None:
    """Have the database fail with a text that holds the row that was to be written."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("""
        CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE unique_violation USING MESSAGE = NEW::text, DETAIL = NEW::text; END $$""")
    for table in ("events", "keys", "uploads"):
        await connection.execute(
            f"CREATE TRIGGER tell BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION tell()"
        )
    await connection.close()


async def test_a_text_of_an_exception_is_nowhere_its_place_and_codes_are():
    """A line of the log names type, causes, places and the database's codes."""
    error = asyncpg.UniqueViolationError(MARK)
    error.constraint_name, error.__cause__ = "keys_pkey", KeyError(MARK)
    with pytest.raises(ExceptionGroup) as raised:
        raise ExceptionGroup(MARK, [error])
    told = trace(raised.value)
    assert MARK not in told
    assert "sqlstate=23505 constraint_name=keys_pkey" in told
    assert "\nby builtins.KeyError" in told
    assert json.dumps(__file__)[1:-1] in told
