"""What `capmap demo` prints of access, done as printed: at the first start and at the next."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.database.test_submitting_pages import Reader
from tests.process.test_shutdown import PATIENCE_SECONDS, UNUSED, free_port, spawned

LAST = "Ctrl-C stops it"


@asynccontextmanager
async def demo(dsn: str, **more: str) -> AsyncIterator[tuple[str, httpx.AsyncClient]]:
    """Yield what the demo printed until it served, and a client of it; it is stopped afterwards."""
    port = free_port()
    to = {"DATABASE_URL": dsn, "CAPMAP_PORT": str(port), **more}
    process = await spawned("demo", stderr=asyncio.subprocess.PIPE, **to)
    assert process.stderr is not None
    said = ""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while LAST not in said:
            line = (await process.stderr.readline()).decode()
            assert line, f"the demo ended: {said}"
            said += line
    try:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, verify=UNUSED) as client:
            yield said, client
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()


def commands(said: str) -> list[str]:
    """Return the lines to paste, in their order."""
    return [line.strip() for line in said.splitlines() if line.strip().startswith("curl ")]


def printed(said: str) -> dict[str, str]:
    """Return the keys by the variables under which they are printed."""
    return dict(re.findall(r"^ +([A-Z]+)=(capmap_\S{43})$", said, re.MULTILINE))


async def statuses(said: str, client: httpx.AsyncClient) -> list[int]:
    """Paste every line, the keys first, and return how each is answered."""
    reader = Reader(client, printed(said))
    return [(await reader.follow(one))[0].status_code for one in commands(said)]


async def test_each_line_of_the_demo_works_when_pasted_and_again_at_the_next_start(
    dsn: str,
) -> None:
    """An event is recorded once, another trust is refused; keys of the last start open nothing."""
    async with demo(dsn) as (first, client):
        found = await statuses(first, client)
        assert found == [201, 200, 403, 200, 200, 200] + [200] * 12
        assert (await client.get("/api/v1/trusts/RTP/picture")).status_code == 401
    async with demo(dsn) as (second, client):
        found = await statuses(second, client)
        assert found == [200, 200, 403, 200, 200, 200] + [200] * 12
        assert printed(first).keys() == printed(second).keys()
        for secret in printed(first).values():
            old = {"Authorization": f"Bearer {secret}"}
            assert (await client.get("/api/v1/codes", headers=old)).status_code == 401
        key = {"Authorization": f"Bearer {printed(second)['OPERATOR']}"}
        listed = (await client.get("/api/v1/keys", headers=key)).json()["items"]
        assert sum(one["revoked_at"] is None for one in listed) == 4


async def test_a_demo_without_access_asks_for_no_key(dsn: str) -> None:
    """CAPMAP_ACCESS=off, said by somebody, stays so: addresses to open, and no key is made."""
    async with demo(dsn, CAPMAP_ACCESS="off") as (said, client):
        assert (printed(said), commands(said)) == ({}, [])
        (address, *_) = re.findall(r"^ +(http\S+)$", said, re.MULTILINE)
        assert (await client.get(address)).status_code == 200
        assert (await client.get("/api/v1/keys")).json()["items"] == []
