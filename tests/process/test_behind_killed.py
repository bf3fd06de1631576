"""What runs behind the log is killed at random moments: what it leaves equals a rebuild."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

ROOT = Path(__file__).parents[2]
KILLS = 4


@asynccontextmanager
async def working(dsn: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the process; it is killed at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "service.cli",
        "work",
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ
        | {
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": dsn,
            "CAPMAP_POLL_MS": "10",
            "CAPMAP_AUDIT_PER_MINUTE": "6000",
        },
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(60):
            while not (await process.stderr.readline()).startswith(b"Working behind"):
                pass
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def caught_up(connection: asyncpg.Connection) -> None:
    """Wait until packs and rows have taken in the whole log."""
    behind = """
        SELECT count(*) FROM log_head, behind
        WHERE worker IN ('sealer', 'rows') AND behind.position = log_head.position
        """
    async with asyncio.timeout(60):
        while await connection.fetchval(behind) < 2:  # noqa: ASYNC110 - written by the process
            await asyncio.sleep(0.02)


async def test_killed_at_random_moments_it_leaves_what_a_rebuild_makes(dsn, connection):
    """Killed in the middle of packs, rows and progress; then left alone, nothing differs."""
    from service.behind import rebuild
    from tests.strategies import made, renamed, send, system, trust, writing

    chance = random.Random(20261124)  # noqa: S311 - no secret
    async with writing(dsn) as writer:
        await send(writer, system("QXU"), *(trust(f"R{at:02}") for at in range(8)))

        async def record() -> None:
            for at in range(10_000):
                code = f"R{chance.randrange(8):02}"
                batch = [renamed(code, name=f"Name {at} {n}") for n in range(chance.randint(1, 90))]
                if chance.random() < 0.2:
                    batch.append(
                        made("TrustJoinedSystem", code, {"system": "QXU", "role": "partner"})
                    )
                await send(writer, *batch)
                await asyncio.sleep(0.01)

        recording = asyncio.create_task(record())
        for _ in range(KILLS):
            async with working(dsn):
                await asyncio.sleep(chance.uniform(0.0, 0.7))
        recording.cancel()
        await asyncio.gather(recording, return_exceptions=True)
    async with working(dsn):
        await caught_up(connection)
    assert await connection.fetchval("SELECT count(*) FROM packs") > 0
    assert await connection.fetchval("SELECT count(*) FROM mismatches") == 0
    before = await left(connection)
    for _ in range(3):
        await killed_rebuild(dsn, chance)
        assert await left(connection) == before
    done = await rebuild.rebuild(dsn, lambda *_: None)
    assert done.differed == ()
    assert await left(connection) == before


async def killed_rebuild(dsn: str, chance: random.Random) -> None:
    """Begin a rebuild and kill it on its way."""
    rebuild = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "service.cli",
        "rebuild",
        stdout=subprocess.DEVNULL,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "DATABASE_URL": dsn},
    )
    await asyncio.sleep(chance.uniform(0.4, 1.6))
    if rebuild.returncode is None:
        rebuild.kill()
    await rebuild.wait()


async def left(connection: asyncpg.Connection) -> list[str]:
    """Return all packs, and all rows but for the position at which each was made."""
    packs = await connection.fetch("SELECT packs::text FROM packs ORDER BY packs::text")
    rows = await connection.fetch(
        "SELECT organisation, on_date, last_position, kind, name, host, status, rests_on,"
        " placed_by, summary, picture, fault FROM current_pictures ORDER BY organisation"
    )
    return [str(tuple(row)) for row in (*packs, *rows)]


async def test_sigterm_ends_it_in_order(dsn, connection):
    """A step under way is given up; the process ends with 0 and leaves no session."""
    async with working(dsn) as process:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            await process.communicate()
        assert process.returncode == 0
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'capmap behind'"
    async with asyncio.timeout(5):
        while await connection.fetchval(sessions):  # noqa: ASYNC110 - the server ends them
            await asyncio.sleep(0.02)
