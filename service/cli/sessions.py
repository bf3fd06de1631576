"""The commands of sessions: list those of browsers that go on, end all of somebody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from service.cli import process
from service.cli.process import UNSOUND, say
from service.domain.caller import LOCAL
from service.settings import Settings

if TYPE_CHECKING:
    from service.door.sessions import Sessions
    from service.store.sessions import Seen


@click.group()
def sessions() -> None:
    """List the sessions of browsers, and end all of somebody."""


@sessions.command(name="list")
def list_() -> None:
    """List the sessions that go on: who, since when, seen last, until when at the latest."""
    settings = process.settings()
    with process.database(settings) as dsn:
        found = process.run(_listed(settings, dsn))
    for one in found:
        instants = (one.begun_at, one.seen_at, one.ends_at)
        since, seen, until = (f"{instant:%Y-%m-%d %H:%M}Z" for instant in instants)
        click.echo(f"{one.caller}  since {since}, seen {seen}, until {until}")


async def _listed(settings: Settings, dsn: str) -> list[Seen]:
    async with _sessions(settings, dsn) as known:
        return await known.listed()


@sessions.command()
@click.argument("caller")
def end(caller: str) -> None:
    """End all sessions of CALLER, who is written as in recorded_by."""
    settings = process.settings()
    with process.database(settings) as dsn:
        ended = process.run(_end(settings, dsn, caller))
    if not ended:
        say(f"There is no session of {caller}; see capmap sessions list.")
        raise SystemExit(UNSOUND)
    say(f"{ended} session(s) ended: services that run stop taking them within 30 seconds.")


async def _end(settings: Settings, dsn: str, caller: str) -> int:
    async with _sessions(settings, dsn) as known:
        return await known.end_of(caller, LOCAL.id)


@asynccontextmanager
async def _sessions(settings: Settings, dsn: str) -> AsyncIterator[Sessions]:
    from service.app import opened

    await process.prepare(dsn)
    async with opened(settings, dsn) as rooms:
        yield rooms.front.sessions
