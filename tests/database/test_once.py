"""Requests with an Idempotency-Key: done once, and answered as often as they are sent."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest

from service.api.rooms import MEMBER, Rooms
from service.app import opened
from service.settings import load
from service.store import kept
from service.submitting import recording
from tests.clients import application, asking
from tests.strategies import trust

SETTINGS = load({})
NEW = {"name": "Trust A", "roles": ["viewer:RTP"]}
FIRST = {"Idempotency-Key": "first"}


@pytest.fixture
async def room(dsn: str) -> AsyncIterator[Rooms]:
    """The rooms of a service."""
    async with opened(SETTINGS, dsn) as made:
        yield made


@pytest.fixture
async def client(room: Rooms) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    async with asking(room, SETTINGS) as made:
        yield made


async def make(client: httpx.AsyncClient, body: dict = NEW, **headers: str) -> httpx.Response:
    """Ask for a key."""
    return await client.post("/api/v1/keys", json=body, headers=FIRST | headers)


async def test_a_key_is_made_once_and_its_secret_is_told_once(client, connection):
    """Sent again it lacks the secret, kept nowhere, and the name, kept with the key alone."""
    first, again = await make(client), await make(client)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (
        None,
        "true",
    )
    secret = first.json()["secret"]
    assert again.json() == {"key": first.json()["key"] | {"name": ""}}
    assert len((await client.get("/api/v1/keys")).json()["items"]) == 1
    rows = await connection.fetchval(
        "SELECT string_agg(k::text || body, '') FROM kept_answers AS k"
    )
    assert secret not in rows
    assert secret.encode().hex() not in rows
    assert NEW["name"].encode().hex() not in rows


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/v1/keys", NEW | {"name": "Other"}), ("/api/v1/trials/t/recording", {})],
)
async def test_the_same_key_with_another_request_is_refused(client, path, body):
    """409: it stands for one request, with where it goes and all that it says."""
    await make(client)
    answer = await client.post(path, json=body, headers=FIRST)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/key_reused")


async def test_of_many_at_once_one_is_done(client):
    """The others are told to come again, or what the first was answered."""
    found = await asyncio.gather(*(make(client) for _ in range(8)))
    told = sorted((one.status_code, one.headers.get("retry-after")) for one in found)
    assert told.count((201, None)) == 1
    assert set(told) <= {(200, None), (201, None), (409, "1")}
    assert {one.json()["type"] for one in found if one.status_code == 409} <= {
        "/problems/key_in_use"
    }
    assert len((await client.get("/api/v1/keys")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("ago", "status", "body"),
    [
        ("9 minutes", 409, None), ("11 minutes", 201, None),
        ("23 hours", 200, b"{}"), ("25 hours", 201, b"{}"),
    ],
)  # fmt: skip
async def test_how_long_a_key_stands(client, connection, ago, status, body):
    """A day with its answer; without one ten minutes, after which its process has gone."""
    await make(client)
    await connection.execute(
        "UPDATE kept_answers SET begun_at = now() - $1::text::interval, body = $2", ago, body
    )
    assert (await make(client)).status_code == status


async def test_what_is_refused_is_not_kept(client, connection):
    """A trial that is not there yet may be recorded later with the same key, once."""
    path = "/api/v1/trials/plans/recording"
    assert (await client.post(path, headers=FIRST)).status_code == 404
    assert await connection.fetchval("SELECT count(*) FROM kept_answers") == 0
    await client.post("/api/v1/events?trial=plans", json=[trust("RTP")])
    found = [await client.post(path, headers=FIRST) for _ in range(2)]
    assert [one.status_code for one in found] == [201, 200]
    assert found[0].json() == found[1].json()


async def test_a_failure_gives_the_key_back(client, connection):
    """What the database refused may be sent again with the same key."""
    await connection.execute("ALTER TABLE keys RENAME TO elsewhere")
    assert (await make(client)).status_code == 503
    await connection.execute("ALTER TABLE elsewhere RENAME TO keys")
    assert (await make(client)).status_code == 201


async def test_callers_have_keys_of_their_own(room, client):
    """What one caller's key stands for is nothing to another's."""
    operator = NEW | {"roles": ["operator"]}
    made = [await make(client, operator, **{"Idempotency-Key": one}) for one in ("a", "b")]
    secrets = [one.json()["secret"] for one in made]
    settings = load({"CAPMAP_ACCESS": "keys"})
    application(settings).state[MEMBER] = with_keys = room_with_keys(room)
    async with asking(with_keys, settings) as others:
        found = [await make(others, Authorization=f"Bearer {secret}") for secret in secrets]
    assert [one.status_code for one in found] == [201, 201]


def room_with_keys(room: Rooms) -> Rooms:
    """Return the same rooms with access by keys."""
    found = copy.copy(room)
    found.access = "keys"
    return found


async def test_answers_are_forgotten_after_a_day(room, client, connection):
    """The worker that records uploads removes them."""
    await make(client)
    await make(client, **{"Idempotency-Key": "second"})
    await connection.execute(
        "UPDATE kept_answers SET begun_at = now() - interval '25 hours' WHERE key = 'first'"
    )
    worker = recording.Worker(room.desk, 0.05)
    async with room.desk.pool.acquire() as held:
        await worker.step(held)
    assert await connection.fetchval("SELECT string_agg(key, '') FROM kept_answers") == "second"


async def test_an_unfit_key_is_refused(client):
    """Visible ASCII, at most 128 characters."""
    answer = await make(client, **{"Idempotency-Key": "a b"})
    assert (answer.status_code, json.loads(answer.content)["type"]) == (
        400,
        "/problems/malformed_body",
    )


async def test_the_statements_use_their_indexes(connection: asyncpg.Connection):
    """Nothing is read through: what is forgotten is found by its age, a key by its caller."""
    await connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
    owner, now = ("a", "b"), await connection.fetchval("SELECT now()")
    for statement, values in (
        (kept.ONE, owner), (kept.ANSWER, (*owner, now, b"")), (kept.LET_GO, (*owner, now)),
        (kept.FORGET, (now,)),
    ):  # fmt: skip
        plan = await connection.fetch(f"EXPLAIN {statement}", *values)
        assert any("kept_answers_" in row[0] for row in plan), plan
