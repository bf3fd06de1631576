"""The demo as somebody meets it: both stories, access on, and the keys that it prints."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from service.app import opened
from service.cli import showing
from service.cli.serving import load_stories
from service.settings import load
from tests.clients import asking

SETTINGS = load({"CAPMAP_ACCESS": "keys"})


@asynccontextmanager
async def demo(dsn: str) -> AsyncIterator[tuple[httpx.AsyncClient, dict[str, str]]]:
    """Give a client that brings no key of its own, and the demo's keys by holder."""
    await load_stories(SETTINGS, dsn)
    async with opened(SETTINGS, dsn) as rooms, asking(rooms, SETTINGS) as client:
        yield client, await showing.keys(rooms)


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """Return a command's word as a shell would pass it on: each variable by its value."""
    return re.sub(r"\$([A-Z]+)", lambda name: values[name[1]], text)
