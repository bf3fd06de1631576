"""The commands of the trace: who read an organisation's data, and what was done to the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import click

from service.cli import process
from service.cli.process import MISUSED, say

if TYPE_CHECKING:
    import datetime as dt

    from service.settings import Settings
    from service.store.acts import Noted
    from service.store.appending import Connection
    from service.store.reads import Read

_DAY = click.DateTime(["%Y-%m-%d"])
_LIMIT = click.option(
    "--limit", type=click.IntRange(1, 1_000_000), default=1000, help="At most so many, 1000."
)


@click.command()
@click.argument("code")
@click.option("--from", "first", type=_DAY, help="The first day, in London.")
@click.option("--to", "last", type=_DAY, help="The last day.")
@_LIMIT
def reads(code: str, first: dt.datetime | None, last: dt.datetime | None, limit: int) -> None:
    """Say who else read the data of the organisation CODE: by hour, caller and kind, newest first.

    A caller key-… is the holder of that key: see `capmap keys list`.
    """
    settings = process.settings()
    days = (first.date() if first else None, last.date() if last else None)
    with process.database(settings) as dsn:
        found = process.run(_reads(settings, dsn, _code(code), days, limit))
    for one in found:
        hours = "" if one.hours == 1 else f" and {one.hours - 1} hours more"
        when = f"{one.hour:%Y-%m-%d %H:00}Z{hours}"
        click.echo(f"{when}  {one.caller}  {one.roles}  {one.kind}  {one.times}")


def _code(given: str) -> str:
    from service.api import parameters
    from service.domain.problems import Refused

    try:
        return parameters.code(given)
    except Refused as refused:
        say(refused.problem.detail)
        raise SystemExit(MISUSED) from None


async def _reads(
    settings: Settings,
    dsn: str,
    code: str,
    days: tuple[dt.date | None, dt.date | None],
    limit: int,
) -> list[Read]:
    from service.api.reads import between
    from service.store import reads as store

    connection = await _connect(settings, dsn)
    try:
        return await store.page(connection, code, *between(*days), limit)
    finally:
        await connection.close()


@click.command()
@click.option("--organisation", help="Only what concerns it, or everybody.")
@_LIMIT
def acts(organisation: str | None, limit: int) -> None:
    """Say which administrative acts were done, and by whom, the newest first."""
    settings = process.settings()
    code = _code(organisation) if organisation else None
    with process.database(settings) as dsn:
        found = process.run(_acts(settings, dsn, code, limit))
    for one in found:
        act = one.act
        concerns = act.organisations if act.organisations == "all" else " ".join(_sorted(one))
        told = (f"{act.at:%Y-%m-%d %H:%M}Z", act.by, act.name, act.object, concerns, act.detail)
        click.echo("  ".join(part for part in told if part))


def _sorted(one: Noted) -> list[str]:
    return sorted(one.act.organisations)


async def _acts(settings: Settings, dsn: str, code: str | None, limit: int) -> list[Noted]:
    from service.store import acts as store

    connection = await _connect(settings, dsn)
    before = 2**63 - 1
    try:
        if code is None:
            return await store.page(connection, before, limit)
        return await store.page_of(connection, code, before, limit)
    finally:
        await connection.close()


async def _connect(settings: Settings, dsn: str) -> Connection:
    """Open a connection to a database that is fit; raises Refusal for one that is not."""
    from service.store import migrate, rights

    connection = await asyncpg.connect(dsn, server_settings={"role": rights.SERVE})
    await migrate.check(connection, allow_unsafe=settings.allow_unsafe_database)
    return connection


__all__ = ["acts", "reads"]
