"""Clients of the whole application, which is built once: each test's database is behind it."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from litestar import Litestar

from service.api.rooms import MEMBER, Rooms
from service.app import build, opened
from service.settings import Settings, load

PLAIN = load({})


@functools.cache
def application(settings: Settings) -> Litestar:
    """Return the application, whose lifespan is never entered: the tests open the rooms."""
    return build(settings, "postgresql:///never-opened")


@asynccontextmanager
async def asking(
    rooms: Rooms, settings: Settings = PLAIN, under: str = ""
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the application over these rooms; `under` begins each of its paths."""
    app = application(settings)
    app.state[MEMBER] = rooms
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://test{under}") as made:
        yield made


@asynccontextmanager
async def client_of(
    dsn: str, settings: Settings = PLAIN, under: str = ""
) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a service on a database, which runs nothing behind the log by itself."""
    async with opened(settings, dsn) as rooms, asking(rooms, settings, under) as made:
        yield made
