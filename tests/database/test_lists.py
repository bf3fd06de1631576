"""Lists of organisations read current rows, wait for them when asked to, and need none of them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from service.api import waiting
from service.api.rooms import Rooms
from service.app import opened
from service.behind.rows import Rows, Sources
from service.projections.version import FOLD
from service.settings import load
from service.store import progress
from tests.clients import asking
from tests.strategies import renamed, trust


def now() -> dt.datetime:
    """Return the time of the process: lists are asked for today."""
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def dsn(told_dsn: str) -> str:
    """Address of a log that holds the story."""
    return told_dsn


@pytest.fixture
async def rooms(dsn: str) -> AsyncIterator[Rooms]:
    """The rooms of a service that runs nothing behind the log by itself."""
    async with opened(load({}), dsn) as made:
        yield made


@pytest.fixture
async def client(rooms: Rooms) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    async with asking(rooms, under="/api/v1") as made:
        yield made


async def step(rooms: Rooms, connection: asyncpg.Connection) -> None:
    """Make the rows current."""
    while await Rows(Sources(rooms.latest, rooms.histories, rooms.registers, now)).step(connection):
        pass


async def read(client: httpx.AsyncClient, path: str) -> bytes:
    """Return an answer's bytes."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.content


PATHS = (
    "/organisations", "/systems", "/organisations?q=sussex", "/organisations?limit=3&after=RTP",
    "/systems?q=QNX", "/organisations?on=2019-04-01",
)  # fmt: skip


async def test_lists_are_the_same_from_rows_and_from_the_log(client, rooms, connection):
    """Byte for byte, with every parameter; and rows are what answers once they are there."""
    before = {path: await read(client, path) for path in PATHS}
    async with rooms.pool.acquire() as lent:
        assert await waiting.summaries(lent, now().date(), 10**6) is None
    await step(rooms, connection)
    async with rooms.pool.acquire() as lent:
        assert await waiting.summaries(lent, now().date(), 10**6)
    assert {path: await read(client, path) for path in PATHS} == before


async def test_what_was_just_registered_is_listed_at_once(client, rooms, connection):
    """Rows that have not taken it in do not answer; those that only miss other events do."""
    await step(rooms, connection)
    assert (await client.post("/events", json=[trust("RZZ")])).status_code == 201
    assert json.loads(await read(client, "/organisations?q=RZZ"))["items"][0]["code"] == "RZZ"
    await step(rooms, connection)
    from_rows = await read(client, "/organisations?q=RZZ")
    await connection.execute("DELETE FROM behind")
    assert await read(client, "/organisations?q=RZZ") == from_rows


async def test_a_list_waits_for_rows_and_says_what_lags(client, rooms, connection, monkeypatch):
    """Up to its patience, then 503 that names where rows and log are."""
    monkeypatch.setattr(waiting, "PATIENCE", 0.3)
    await step(rooms, connection)
    answer = await client.post("/events", json=[renamed("RTP", name="Anew")])
    (event,) = answer.json()["events"]
    late = await client.get("/organisations", params={"wait_for": event["position"]})
    assert late.status_code == 503
    assert f"current rows are at {event['position'] - 1}" in late.json()["detail"]
    assert late.headers["Retry-After"]
    await step(rooms, connection)
    assert await read(client, f"/organisations?wait_for={event['position']}")


async def test_a_position_that_nobody_was_told_is_refused_unless_a_replica_lags(
    client, rooms, monkeypatch
):
    """Where the log is written, what lies beyond its head is a mistake; a replica may be behind."""
    beyond = await client.get("/systems", params={"wait_for": 1000})
    assert beyond.status_code == 422
    assert beyond.json()["errors"][0]["pointer"] == "?wait_for"
    monkeypatch.setattr(waiting, "PATIENCE", 0.3)

    async def on_replica(_connection: asyncpg.Connection) -> bool:
        return True

    monkeypatch.setattr(waiting.reading, "on_replica", on_replica)
    late = await client.get("/systems", params={"wait_for": 1000})
    assert late.status_code == 503
    assert "the log that is read ends at" in late.json()["detail"]


async def test_a_row_that_could_not_be_made_leaves_the_list_to_the_log(client, rooms, connection):
    """Nobody goes missing from a list because a picture is at fault."""
    before = await read(client, "/organisations")
    await step(rooms, connection)
    await connection.execute(
        "UPDATE current_pictures SET kind = 'parked', fault = 'broken' WHERE organisation = 'RTP'"
    )
    assert await read(client, "/organisations") == before


async def test_progress_that_was_changed_by_hand_is_not_relied_on(client, rooms, connection):
    """A list does not believe a position that the chain does not bear out."""
    before = await read(client, "/organisations")
    await step(rooms, connection)
    await connection.execute("UPDATE behind SET position = 1000000")
    with pytest.raises(progress.MovedError):
        await progress.reached(connection, "rows", FOLD)
    assert await read(client, "/organisations") == before
