"""What runs behind the log: woken, polling, failing, stopping; the append never waits for it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from service.app import opened
from service.behind import running, worker
from service.behind.rows import Sources
from service.behind.tally import Tally
from service.behind.worker import Clock, Job, Worker
from service.projections.version import FOLD
from service.settings import load
from service.store import progress, signals
from tests.strategies import batch, renamed, send, trust, writing


async def until(asked: Callable[[], Awaitable[object]], within: float = 10.0) -> None:
    """Ask again and again until the answer is true; fails when it does not become so."""
    async with asyncio.timeout(within):
        while not await asked():  # noqa: ASYNC110 - what is waited for is in the database
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(dsn: str, poll: float = 30.0) -> AsyncIterator[tuple]:
    """Run the rooms of one process with all that works behind; polls so seldom that hints tell."""
    async with opened(load({}), dsn) as rooms:
        sources = Sources(rooms.latest, rooms.histories, rooms.registers, running.now)
        async with running.running(running.Behind(dsn, sources, rooms.waking, poll)):
            yield rooms, rooms.waking


async def row_at(connection: asyncpg.Connection, position: int) -> bool:
    """Tell whether rows have taken in a position."""
    found = await connection.fetchval("SELECT position FROM behind WHERE worker = 'rows'")
    return (found or 0) >= position


async def test_what_is_appended_is_soon_in_the_rows_of_any_process(dsn, connection):
    """The process's own writer wakes its workers; a hint wakes those of others."""
    async with serving(dsn) as (rooms, _):
        (done,) = await rooms.writer.append(batch(trust()))
        await until(lambda: row_at(connection, done.position))
        async with writing(dsn) as other:
            await send(other, renamed())
        speaker = await asyncpg.connect(dsn)
        await signals.notify(speaker, "another process")
        await speaker.close()
        await until(lambda: row_at(connection, done.position + 1))
        assert rooms.waking.tally.heard == 1


async def test_without_any_hint_polling_finds_what_was_appended(dsn, connection):
    """A writer that tells nobody: rows are there within the poll and a second."""
    async with serving(dsn, poll=0.2), writing(dsn) as other:
        (done,) = await send(other, trust())
        await until(lambda: row_at(connection, done.position), within=1.2)


async def test_a_listener_that_is_lost_is_made_again(dsn, connection):
    """Its session is terminated; what was recorded meanwhile is found, hints are heard again."""
    async with serving(dsn) as (rooms, _):
        (done,) = await rooms.writer.append(batch(trust()))
        await until(lambda: row_at(connection, done.position))
        listening = """
            SELECT pid FROM pg_stat_activity
            WHERE application_name = 'capmap behind' AND query LIKE 'LISTEN%'
              AND datname = current_database()
            """
        (first,) = await connection.fetch(listening)
        await connection.execute("SELECT pg_terminate_backend($1)", first["pid"])

        async def another() -> bool:
            found = await connection.fetch(listening)
            return [row["pid"] for row in found] not in ([], [first["pid"]])

        await until(another)
        async with writing(dsn) as other:
            await send(other, renamed())
        await signals.notify(connection, "another process")
        await until(lambda: row_at(connection, done.position + 1))


async def test_sessions_that_are_terminated_are_made_again(dsn, connection):
    """Every session of the process ended by hand, some times over: rows are current again."""
    async with serving(dsn, poll=0.1) as (rooms, _):
        await rooms.writer.append(batch(trust()))
        for at in range(3):
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            (done,) = await rooms.writer.append(batch(renamed(name=f"Name {at}")))
            position = done.position
            await until(lambda position=position: row_at(connection, position))


async def test_hints_of_a_process_are_coalesced(dsn, connection):
    """A hundred appends in a breath are a handful of hints."""
    async with serving(dsn) as (rooms, waking):
        await rooms.writer.append(batch(trust()))
        began = time.monotonic()
        for at in range(100):
            await rooms.writer.append(batch(renamed(name=f"Name {at}")))
        passed = time.monotonic() - began
        assert waking.tally.appended == 101
        assert 1 <= waking.tally.notified <= passed / 0.05 + 2


async def test_a_queue_of_hints_that_fails_fails_no_append(dsn, connection, monkeypatch):
    """Every hint fails as a full queue does: counted, appends go on, rows come by polling."""

    async def full(_connection: asyncpg.Connection, _sender: str) -> None:
        raise asyncpg.ProgramLimitExceededError("too many notifications in the NOTIFY queue")

    monkeypatch.setattr(signals, "notify", full)
    async with serving(dsn, poll=0.1) as (rooms, waking):
        for event in (trust(), renamed(), renamed()):
            (done,) = await rooms.writer.append(batch(event))
        await until(lambda: row_at(connection, done.position), within=1.2)

        async def counted() -> bool:
            return waking.tally.notify_failures > 0

        await until(counted)
        assert waking.tally.notified == 0


def no_rest(_took: float) -> float:
    """Return that the next step may follow at once."""
    return 0.0


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections for work behind the log."""
    async with running.pool(dsn) as made:
        yield made


@asynccontextmanager
async def working(job: Job, pool: asyncpg.Pool, poll: float = 30.0) -> AsyncIterator[asyncio.Event]:
    """Run one worker; yields what wakes it."""
    wake = asyncio.Event()
    task = asyncio.create_task(Worker(job, pool, wake, Clock(poll, running.now)).run(Tally()))
    try:
        yield wake
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_step_that_fails_is_noted_tried_again_and_forgotten_once_well(
    pool, connection, monkeypatch
):
    """Later and later within a bound; the failure stands until a step goes well."""
    monkeypatch.setattr(worker, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(worker, "LONGEST_PAUSE", 0.04)
    tried = []

    async def step(_connection: asyncpg.Connection) -> bool:
        tried.append(time.monotonic())
        if len(tried) < 6:
            raise ZeroDivisionError("broken")
        return False

    async def noted() -> bool:
        return [p.error for p in await progress.progress(connection)] == ["ZeroDivisionError"]

    async def forgotten() -> bool:
        return len(tried) >= 6 and not await noted()

    async with working(Job("rows", step, no_rest), pool):
        await until(noted)
        await until(forgotten)
    pauses = [after - before for before, after in itertools.pairwise(tried)]
    assert all(pause < 1 for pause in pauses)
    assert pauses[2] >= 0.03


async def test_one_process_works_and_a_frozen_one_is_passed_by(pool, connection, monkeypatch):
    """While another session holds the turn nothing is done twice, but not for ever."""
    monkeypatch.setattr(worker, "PASSED_BY", 0.3)
    done = asyncio.Event()

    async def step(_connection: asyncpg.Connection) -> bool:
        done.set()
        return False

    async with progress.turn(connection, "rows") as mine:
        assert mine
        began = time.monotonic()
        async with working(Job("rows", step, no_rest), pool, poll=0.02):
            async with asyncio.timeout(5):
                await done.wait()
        assert time.monotonic() - began >= 0.25


async def test_it_stops_cleanly_in_the_middle_of_a_step(pool, dsn, connection):
    """A step under way is given up; no session and no lock is left behind."""
    begun = asyncio.Event()

    async def step(lent: asyncpg.Connection) -> bool:
        begun.set()
        await lent.execute("SELECT pg_sleep(60)")
        return False

    async with working(Job("rows", step, no_rest), pool), asyncio.timeout(5):
        await begun.wait()
    async with progress.turn(connection, "rows") as mine:
        assert mine
    assert await progress.reached(connection, "rows", FOLD) == 0


def test_rows_give_way_to_appends_of_their_process():
    """Without appends the shortest rest; with many, many times as long as the step took."""
    tally = Tally()
    rest = running.GivingWay(tally)
    rest._at -= 1.0
    assert rest(0.1) == running.ROWS_REST
    tally.appended += int(3 * running.EASY)
    rest._at -= 1.0
    assert 0.5 < rest(0.1) <= 0.91
    tally.appended += int(20 * running.EASY)
    rest._at -= 1.0
    assert rest(0.1) == running.LONGEST_REST


async def test_an_append_never_waits_for_what_is_behind(dsn, connection):
    """With the tables behind locked for good, appends are as ever and the service stops."""
    await connection.execute("BEGIN; LOCK TABLE behind, packs, current_pictures, mismatches")
    async with asyncio.timeout(15):
        async with serving(dsn, poll=0.05) as (rooms, waking):
            for event in (trust(), renamed(), renamed()):
                await rooms.writer.append(batch(event))
            assert waking.tally.appended == 3
    await connection.execute("ROLLBACK")
