"""Answers that go on end soon after the caller's key does."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from litestar import Litestar

from service.api import feeds
from service.api.rooms import MEMBER
from service.app import build, opened
from service.domain.caller import LOCAL
from service.domain.problems import Problem, Refused
from service.door.granting import NewKey, wanted
from service.door.keyring import KEPT, Keyring, Made
from service.settings import load
from service.store import uploads

SETTINGS = load({"CAPMAP_ACCESS": "keys"})
PATIENCE = 5


class Feed:
    """An answer that goes on. begun: its first message is there; pieces: what has come."""

    def __init__(self, app: Litestar, path: str, secret: str) -> None:
        self.begun = asyncio.Event()
        self.pieces: list[bytes] = []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "scheme": "http", "server": ("test", 80), "client": ("192.0.2.1", 5), "state": {},
            "headers": [(b"host", b"test"), (b"authorization", f"Bearer {secret}".encode())],
        }  # fmt: skip
        self._asked = False
        self._ended = asyncio.Event()
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict:
        if self._asked:
            await self._ended.wait()
            return {"type": "http.disconnect"}
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: dict) -> None:
        if body := message.get("body"):
            self.pieces.append(body)
            self.begun.set()
        if message.get("more_body") is False:
            self._ended.set()


@asynccontextmanager
async def following(dsn: str, monkeypatch) -> AsyncIterator[tuple[Litestar, Made, Feed]]:
    """Give an application, a key, and its feed about an upload that nobody records."""
    monkeypatch.setattr(feeds.while_admitted, "__defaults__", (0.02,))
    app = build(SETTINGS, dsn)
    async with opened(SETTINGS, dsn) as room:
        app.state[MEMBER] = room
        asked = wanted(NewKey("test", ["submitter:RTP"]), room.desk.now())
        made = await room.keyring.make(asked, LOCAL.id)
        new = uploads.New(
            uuid.uuid4(), "file", None, "recording", "apart", room.desk.now(),
            f"key-{made.key.id}", "rows.csv", 1, b"",
            b"\x93\x92\xa1a\x90\xc0\xc2", b"\x90", 1, 0, 1,
        )  # fmt: skip
        async with room.desk.pool.acquire() as connection:
            await uploads.put(connection, new)
        feed = Feed(app, f"/api/v1/uploads/{new.id}/events", made.secret)
        async with asyncio.timeout(PATIENCE):
            await feed.begun.wait()
        yield app, made, feed
        feed.task.cancel()
        await asyncio.gather(feed.task, return_exceptions=True)


async def test_a_feed_ends_once_its_key_is_revoked_here(dsn, monkeypatch):
    """In the process that revoked it the next judgement ends it."""
    async with following(dsn, monkeypatch) as (app, made, feed):
        assert not feed.task.done()
        await app.state[MEMBER].keyring.revoke(made.key.id, LOCAL.id)
        async with asyncio.timeout(PATIENCE):
            await feed.task
    assert json.loads(feed.pieces[0].split(b"data: ")[1])["state"] == "recording"


async def test_a_feed_ends_once_a_key_revoked_elsewhere_is_looked_up_again(dsn, monkeypatch):
    """Another process revokes; what was looked up here stands for 30 seconds, and no longer."""
    seconds = 0.0
    monkeypatch.setattr("service.app.Rooms", room_with(lambda: seconds))
    async with following(dsn, monkeypatch) as (app, made, feed):
        room = app.state[MEMBER]
        await Keyring(room.pool, room.desk.pool, room.desk.now).revoke(made.key.id, LOCAL.id)
        judged = await judged_again(room.keyring, monkeypatch)
        assert (judged, feed.task.done()) == (True, False)
        seconds = KEPT
        async with asyncio.timeout(PATIENCE):
            await feed.task
    assert KEPT + feeds.EVERY < 60


def room_with(clock):
    """Return what makes the rooms, with seconds of the keyring's that a test sets."""
    from service.api.rooms import Rooms

    def made(*given, **more):
        room = Rooms(*given, **more)
        room.keyring = Keyring(room.pool, room.desk.pool, room.desk.now, clock)
        return room

    return made


async def judged_again(keyring: Keyring, monkeypatch) -> bool:
    """Return once a key at hand was asked for once more."""
    asked, at_hand = asyncio.Event(), keyring.at_hand

    def noted(secret: str):
        asked.set()
        return at_hand(secret)

    monkeypatch.setattr(keyring, "at_hand", noted)
    async with asyncio.timeout(PATIENCE):
        await asked.wait()
    return True


async def test_pieces_pass_while_who_asked_is_let_in():
    """What comes is handed on in order, and an end is an end."""

    async def numbers() -> AsyncIterator[int]:
        for number in range(3):
            yield number

    async def admitted() -> None:
        pass

    assert [one async for one in feeds.while_admitted(admitted, numbers(), 0)] == [0, 1, 2]


async def test_a_feed_that_is_silent_ends_too_and_leaves_nothing_running():
    """Who is let in no more is told nothing, also while there is no news; the source is ended."""
    ended = asyncio.Event()

    async def silent() -> AsyncIterator[int]:
        try:
            await asyncio.Event().wait()
            yield 1
        finally:
            ended.set()

    async def refused() -> None:
        raise Refused(Problem("unknown_caller", "this key was revoked"))

    async with asyncio.timeout(PATIENCE):
        assert [one async for one in feeds.while_admitted(refused, silent(), 0.01)] == []
    assert ended.is_set()


@pytest.mark.parametrize("error", [OSError("the database is away"), ValueError()])
async def test_a_judgement_that_cannot_be_made_ends_the_feed(error):
    """While it cannot be known whether a key still opens, nothing more is told."""

    async def numbers() -> AsyncIterator[int]:
        yield 1

    async def unknown() -> None:
        raise error

    with pytest.raises(type(error)):
        _ = [one async for one in feeds.while_admitted(unknown, numbers(), 0)]
