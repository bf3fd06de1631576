"""The commands of keys: make one for somebody, list them, revoke one, forget whose one was."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import click

from service.cli import process
from service.cli.process import MISUSED, UNSOUND, say
from service.domain import dates
from service.settings import Settings

if TYPE_CHECKING:
    import datetime as dt

    from service.behind.erasing import Erased
    from service.door.granting import NewKey
    from service.door.keyring import Keyring
    from service.store.keys import Key


@click.group()
def keys() -> None:
    """Make, list and revoke the keys by which callers are known (CAPMAP_ACCESS=keys)."""


@keys.command()
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, required=True, metavar="ROLE:CODE",
    help="submitter:RTP, viewer:RTP, lead:QXU, analyst:QXU, analyst:all or operator; repeat it.",
)  # fmt: skip
@click.option(
    "--expires", type=click.DateTime(["%Y-%m-%d"]), help="The first day on which it opens nothing."
)
def make(name: str, roles: tuple[str, ...], expires: dt.datetime | None) -> None:
    """Make a key called NAME and print it: it is shown this once and kept nowhere."""
    from service.door.granting import NewKey

    new = NewKey(name, list(roles), expires.date() if expires else None)
    settings = process.settings()
    with process.database(settings) as dsn:
        secret = process.run(_make(settings, dsn, new))
    click.echo(secret)
    say("Keep it now: it is not shown again. Send it as: Authorization: Bearer capmap_…")
    if settings.access == "off":
        say("CAPMAP_ACCESS is off here: set it to keys where the service runs.")


async def _make(settings: Settings, dsn: str, new: NewKey) -> str:
    from service.domain.caller import LOCAL
    from service.domain.problems import Refused
    from service.door import granting

    async with _keyring(settings, dsn) as (keyring, now):
        try:
            wanted = granting.wanted(new, now())
        except Refused as refused:
            for fault in refused.problem.errors:
                say(f"{fault.value or fault.pointer}: {fault.rule}")
            raise SystemExit(MISUSED) from None
        return (await keyring.make(wanted, LOCAL.id)).secret


@keys.command(name="list")
def list_() -> None:
    """List every key: its id, name, roles, and how it stands."""
    settings = process.settings()
    with process.database(settings) as dsn:
        found, now = process.run(_listed(settings, dsn))
    for key in found:
        roles = " ".join(sorted(one.text() for one in key.grants))
        click.echo(f"{key.id}  {key.name or '(forgotten)'}  {roles}  {_stands(key, now)}")


async def _listed(settings: Settings, dsn: str) -> tuple[list[Key], dt.datetime]:
    async with _keyring(settings, dsn) as (keyring, now):
        return await keyring.listed(), now()


@keys.command()
@click.argument("key", type=click.UUID)
def revoke(key: uuid.UUID) -> None:
    """Revoke the key with an id: services that run stop taking it within half a minute."""
    settings = process.settings()
    with process.database(settings) as dsn:
        known = process.run(_revoke(settings, dsn, key))
    if not known:
        say(f"There is no key {key}; see capmap keys list.")
        raise SystemExit(UNSOUND)
    say("Revoked: services that run stop taking it within 30 seconds.")


async def _revoke(settings: Settings, dsn: str, key: uuid.UUID) -> bool:
    from service.domain.caller import LOCAL

    async with _keyring(settings, dsn) as (keyring, _):
        return await keyring.revoke(key, LOCAL.id) is not None


@keys.command()
@click.argument("key", type=click.UUID)
def forget(key: uuid.UUID) -> None:
    """Erase the name of a key that opens nothing any more: it may name who had it.

    What it recorded stays, by its opaque id.
    """
    from service.cli.naming import tell

    settings = process.settings()
    with process.database(settings) as dsn:
        done = process.run(_forget(settings, dsn, key))
    if done is None:
        say(f"There is no key {key} that was revoked or has expired; see capmap keys list.")
        raise SystemExit(UNSOUND)
    say("Forgotten: nobody can tell from here whose key it was.")
    tell(done)


async def _forget(settings: Settings, dsn: str, key: uuid.UUID) -> Erased | None:
    from service.app import opened
    from service.domain.caller import LOCAL

    await process.prepare(dsn)
    async with opened(settings, dsn) as rooms:
        ended = {one.id for one in await rooms.keyring.listed() if not one.live(rooms.desk.now())}
        if key not in ended:
            return None
        return await rooms.people.erase(f"key-{key}", "holder_left", LOCAL.id)


@asynccontextmanager
async def _keyring(
    settings: Settings, dsn: str
) -> AsyncIterator[tuple[Keyring, Callable[[], dt.datetime]]]:
    from service.app import opened

    await process.prepare(dsn)
    async with opened(settings, dsn) as rooms:
        yield rooms.keyring, rooms.desk.now


def _stands(key: Key, now: dt.datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {dates.today(key.revoked_at)}"
    if key.expires_at is not None and not key.live(now):
        return f"expired {dates.today(key.expires_at)}"
    used = f"last used {key.last_used_at:%Y-%m-%d %H:%M}Z" if key.last_used_at else "never used"
    return used if key.expires_at is None else f"{used}, expires {dates.today(key.expires_at)}"
