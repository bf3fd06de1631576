"""What runs behind the log is killed at random moments: what it leaves equals a rebuild.

Run as a program this file is the process under test: it works behind the log until it is killed.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

ROOT = Path(__file__).parents[2]
KILLS = 8


async def work(dsn: str) -> None:
    """Work behind the log, looking often; says when it has begun."""
    from service.app import opened
    from service.behind import running
    from service.behind.rows import Sources
    from service.settings import load

    async with opened(load({}), dsn) as rooms:
        sources = Sources(rooms.latest, rooms.histories, rooms.registers, running.now)
        made = running.Behind(dsn, sources, rooms.waking, poll=0.01, audit_rest=0.01)
        async with running.running(made):
            print("begun", flush=True)  # noqa: T201 - what the test waits for
            await asyncio.Event().wait()


@asynccontextmanager
async def working(dsn: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the process; it is killed at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        dsn,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    try:
        async with asyncio.timeout(60):
            while await process.stdout.readline() != b"begun\n":  # the service's log comes as well
                pass
        yield process
    finally:
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
    done = await rebuild.rebuild(dsn, lambda *_: None)
    assert done.differed == ()
    assert await left(connection) == before


async def left(connection: asyncpg.Connection) -> list[str]:
    """Return all packs, and all rows but for the position at which each was made."""
    packs = await connection.fetch("SELECT packs::text FROM packs ORDER BY packs::text")
    rows = await connection.fetch(
        "SELECT organisation, on_date, last_position, kind, name, host, status, rests_on,"
        " placed_by, summary, picture, fault FROM current_pictures ORDER BY organisation"
    )
    return [str(tuple(row)) for row in (*packs, *rows)]


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
