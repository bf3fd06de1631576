"""Several processes at once, and processes that are killed: nothing lost, doubled or reordered.

Run as a program this file is the process under test: it appends and prints what is acknowledged;
told to end it sends no more, waits for the answers, and exits 0.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import urlsplit

import asyncpg
import pytest

ROOT = Path(__file__).parents[2]


async def appender(dsn: str, requests: int, together: int, seed: int) -> None:
    """Append batches of one to four events; print id and position once acknowledged."""
    from tests.strategies import income, send, writing

    chance = random.Random(seed)  # noqa: S311 - no secret
    told_to_end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_end.set)
    async with writing(dsn) as writer:

        async def client(share: int) -> None:
            for _ in range(share):
                if told_to_end.is_set():
                    return
                events = [
                    income("RTP", chance.randrange(10**9)) for _ in range(chance.randint(1, 4))
                ]
                for outcome in await send(writer, *events):
                    line = json.dumps([str(outcome.id), outcome.position, outcome.outcome])
                    sys.stdout.write(line + "\n")
                sys.stdout.flush()

        await asyncio.gather(*(client(requests // together) for _ in range(together)))


class Appender:
    """A process that appends, with the lines that it has printed whole so far."""

    def __init__(self, dsn: str, requests: int, seed: int) -> None:
        self.lines: Queue[bytes] = Queue()
        self.process = subprocess.Popen(
            [sys.executable, __file__, dsn, str(requests), "8", str(seed)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as out:
            for line in out:
                if line.startswith(b'["') and line.endswith(b"\n"):  # not the service's own log
                    self.lines.put(line)

    def first(self, count: int) -> list[tuple[str, int, str]]:
        """Wait for so many acknowledgements."""
        return [self._parsed(self.lines.get(timeout=60)) for _ in range(count)]

    def ended(self) -> list[tuple[str, int, str]]:
        """Wait for the process's end; return the acknowledgements not yet taken."""
        self.process.wait(timeout=120)
        self._thread.join(timeout=10)
        rest = []
        while True:
            try:
                rest.append(self._parsed(self.lines.get_nowait()))
            except Empty:
                return rest

    @staticmethod
    def _parsed(line: bytes) -> tuple[str, int, str]:
        key, position, outcome = json.loads(line)
        return key, position, outcome


@contextmanager
def running(*appenders: Appender) -> Iterator[None]:
    """End the processes whatever happens."""
    try:
        yield
    finally:
        for one in appenders:
            if one.process.poll() is None:
                one.process.kill()
            one.ended()


async def prepare(dsn: str) -> None:
    """Register the trust that the processes record for."""
    from tests.strategies import send, trust, writing

    async with writing(dsn) as writer:
        await send(writer, trust())


async def check_log(
    connection: asyncpg.Connection, acknowledged: list[tuple[str, int, str]]
) -> None:
    """Hold the log against what was acknowledged: all there, at its position, no gap, sound."""
    from service.store import verifying

    rows = await connection.fetch("SELECT id, position, recorded_at FROM events ORDER BY position")
    assert [r["position"] for r in rows] == list(range(1, len(rows) + 1))
    times = [r["recorded_at"] for r in rows]
    assert times == sorted(times)
    stored = {str(r["id"]): r["position"] for r in rows}
    assert len(stored) == len(rows)
    assert len({key for key, _, _ in acknowledged}) == len(acknowledged)
    assert {k: stored.get(k) for k, _, _ in acknowledged} == {k: p for k, p, _ in acknowledged}
    verdict = await verifying.verify(connection, progress=lambda at, head: None)
    assert (verdict.bad, verdict.position) == (None, len(rows))


async def disturb(dsn: str, done: asyncio.Event) -> int:
    """Take the head's lock, insert, hold it while others queue, and roll back, again and again."""
    connection = await asyncpg.connect(dsn)
    times = 0
    try:
        while not done.is_set():
            transaction = connection.transaction()
            await transaction.start()
            row = await connection.fetchrow("SELECT position FROM log_head FOR UPDATE")
            assert row is not None
            await connection.execute(
                "INSERT INTO events (position, id, organisation, version, type, type_version,"
                " effective, recorded_at, recorded_by, body, policy, salt, hash) VALUES ($1, $2,"
                " 'RTP', 0, 'X', 1, '2026-04-01', now(), 'x', '', 'people-v1', '', '')",
                row["position"] + 1, uuid.uuid4(),
            )  # fmt: skip
            await connection.execute("UPDATE log_head SET position = position + 1")
            await connection.execute("SELECT pg_sleep(0.02)")  # the transaction's own delay
            await transaction.rollback()
            times += 1
    finally:
        await connection.close()
    return times


async def follow(dsn: str, done: asyncio.Event) -> list[int]:
    """Follow the log as a reader does; fail on a new event at or below what was seen."""
    from service.store import reading

    connection = await asyncpg.connect(dsn)
    seen: list[int] = []
    try:
        last = False
        while True:
            after = seen[-1] if seen else 0
            # What lies at or below the last seen must be what was seen, no more and no less.
            assert await connection.fetchval(
                "SELECT count(*) FROM events WHERE position <= $1", after
            ) == len(seen)
            page = await reading.page(connection, reading.EVERYTHING, after, 10**9, 50)
            seen += [e.position for e in page]
            if not page and last:
                return seen
            last = done.is_set()
    finally:
        await connection.close()


async def test_four_processes_append_while_a_reader_follows(dsn, connection):
    """Positions have no gap and equal commit order, though transactions stall and roll back."""
    await prepare(dsn)
    done = asyncio.Event()
    reader = asyncio.create_task(follow(dsn, done))
    disturber = asyncio.create_task(disturb(dsn, done))
    appenders = [Appender(dsn, 240, seed) for seed in range(4)]
    with running(*appenders):
        lists = await asyncio.gather(*(asyncio.to_thread(one.ended) for one in appenders))
    done.set()
    acknowledged = [one for found in lists for one in found]
    assert [a.process.returncode for a in appenders] == [0] * 4
    assert len(acknowledged) >= 4 * 240
    assert await disturber > 0
    seen = await reader
    assert seen == list(range(1, len(acknowledged) + 2))
    await check_log(connection, acknowledged)


async def test_a_process_killed_at_random_loses_nothing_acknowledged(dsn, connection):
    """Kill -9 while it appends, ten times: what it had acknowledged is in the log, once."""
    await prepare(dsn)
    chance = random.Random(20260401)  # noqa: S311 - moments, no secret
    acknowledged: list[tuple[str, int, str]] = []
    for round_ in range(10):
        one = Appender(dsn, 100_000, round_)
        with running(one):
            acknowledged += await asyncio.to_thread(one.first, chance.randint(1, 300))
            one.process.kill()
            acknowledged += await asyncio.to_thread(one.ended)
        assert one.process.returncode == -9
    await check_log(connection, acknowledged)


async def killed_backends(connection: asyncpg.Connection) -> int:
    """End the writers' backends once there are any: a writer may be between two connections."""
    async with asyncio.timeout(60):
        while True:
            ended = await connection.fetchval(
                "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE application_name = 'capmap writer' AND datname = current_database()"
            )
            if ended:
                return ended


async def test_backends_killed_while_two_processes_append(dsn, connection):
    """pg_terminate_backend of writers at any moment: all acknowledged is there, none doubled."""
    await prepare(dsn)
    appenders = [Appender(dsn, 100_000, seed) for seed in (100, 101)]
    with running(*appenders):
        acknowledged = [one for a in appenders for one in await asyncio.to_thread(a.first, 5)]
        for _ in range(3):
            assert await killed_backends(connection) > 0
            for a in appenders:
                acknowledged += await asyncio.to_thread(a.first, 100)
        for a in appenders:
            a.process.terminate()
        for a in appenders:
            acknowledged += await asyncio.to_thread(a.ended)
    assert [a.process.returncode for a in appenders] == [0, 0]
    await check_log(connection, acknowledged)


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
async def test_the_databases_defaults_do_not_matter(dsn, connection, isolation):
    """A database that defaults to a stricter isolation or to lazy commits changes no answer."""
    await prepare(dsn)
    name = urlsplit(dsn).path.strip("/")
    await connection.execute(
        f"ALTER DATABASE {name} SET default_transaction_isolation = '{isolation}'"
    )
    await connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    appenders = [Appender(dsn, 80, seed) for seed in (7, 8)]
    with running(*appenders):
        acknowledged = [one for a in appenders for one in await asyncio.to_thread(a.ended)]
    assert [a.process.returncode for a in appenders] == [0, 0]
    await check_log(connection, acknowledged)


if __name__ == "__main__":
    asyncio.run(appender(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
