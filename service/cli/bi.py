"""The commands of logins that read SQL directly: whom each may see."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg
import click

from service.cli import process
from service.cli.process import MISUSED, UNSOUND, say
from service.domain.acts import Act
from service.domain.caller import LOCAL
from service.domain.roles import ALL, Organisations

if TYPE_CHECKING:
    from service.store.bi import Given

_CODE: Final = re.compile(r"[A-Z0-9]{3,10}")


@click.group()
def bi() -> None:
    """Say whom each login of the database may see that reads SQL directly."""


@bi.command()
@click.argument("login")
@click.argument("organisation", metavar="CODE|all")
@click.option("--exact", is_flag=True, help="With counts as recorded, and with pictures.")
def grant(login: str, organisation: str, exact: bool) -> None:
    """Let LOGIN see an organisation, of a board also the trusts that it hosts; or all."""
    from service.store.bi import Given

    code = _code(organisation)
    now = dt.datetime.now(dt.UTC)
    given = Given(login, code, "exact" if exact else "people-v1", now)
    with process.database(process.settings()) as dsn:
        member = process.run(_grant(dsn, given))
    say(f"{login} sees {code}, {given.disclosure}.")
    if not member:
        say(f"{login} cannot read yet; as an administrator run: GRANT capmap_bi TO the login.")


async def _grant(dsn: str, given: Given) -> bool:
    from service.store import acts
    from service.store import bi as grants

    async with _owned(dsn) as connection:
        concerns = _concerns([given.organisation])
        act = Act("bi_granted", given.granted_at, LOCAL.id, given.login, concerns, given.disclosure)
        async with connection.transaction():
            await grants.grant(connection, given)
            await acts.note(connection, act)
        return await grants.is_member(connection, given.login)


@bi.command()
@click.argument("login")
@click.argument("organisation", metavar="[CODE|all]", required=False)
def revoke(login: str, organisation: str | None) -> None:
    """Take from LOGIN what it may see: one grant, or every one."""
    code = _code(organisation) if organisation else None
    with process.database(process.settings()) as dsn:
        gone = process.run(_revoke(dsn, login, code))
    if not gone:
        say(f"{login} had no such grant; see capmap bi list.")
        raise SystemExit(UNSOUND)
    say(f"{login} no longer sees {', '.join(gone)} by a grant of its own.")


async def _revoke(dsn: str, login: str, organisation: str | None) -> list[str]:
    from service.store import acts
    from service.store import bi as grants

    async with _owned(dsn) as connection:
        async with connection.transaction():
            gone = await grants.revoke(connection, login, organisation)
            if gone:
                now = dt.datetime.now(dt.UTC)
                act = Act("bi_revoked", now, LOCAL.id, login, _concerns(gone))
                await acts.note(connection, act)
        return gone


@bi.command(name="list")
def list_() -> None:
    """List every grant: login, organisation, what is disclosed, since when."""
    with process.database(process.settings()) as dsn:
        found = process.run(_listed(dsn))
    for one in found:
        at = f"{one.granted_at:%Y-%m-%dT%H:%M:%SZ}"
        click.echo(f"{one.login}  {one.organisation}  {one.disclosure}  {at}")


async def _listed(dsn: str) -> list[Given]:
    from service.store import bi as grants

    async with _owned(dsn) as connection:
        return await grants.listed(connection)


def _concerns(codes: Iterable[str]) -> Organisations:
    named = frozenset(codes)
    return ALL if ALL in named else named


def _code(text: str) -> str:
    """Return a code in its one spelling, or all; end the command for anything else."""
    if text.lower() == "all":
        return "all"
    if not _CODE.fullmatch(text.upper()):
        say(f"{text!r}: expected an organisation's code, such as RTP, or all")
        raise SystemExit(MISUSED)
    return text.upper()


@asynccontextmanager
async def _owned(dsn: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Connect as whoever owns the database: the service itself can grant nothing."""
    await process.prepare(dsn)
    connection = await asyncpg.connect(process.owned(dsn))
    try:
        yield connection
    finally:
        await connection.close()
