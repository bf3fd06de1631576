"""The commands of people's names: record one, list them, erase one, keep the list of erasures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import asyncpg
import click

from service.cli import process
from service.cli.process import UNSOUND, say
from service.domain import erasures as recorded
from service.domain.erasures import Reason
from service.settings import Settings

if TYPE_CHECKING:
    import datetime as dt

    from service.behind.erasing import Erased, People
    from service.domain.erasures import ErasureAct
    from service.store.people import Named

UNLISTED: Final = (
    "CAPMAP_ERASURES is not set: a restored backup would bring the name back. Keep the list beside"
    " the backups now: capmap erasures list > erasures.ndjson"
)
UNSWEPT: Final = (
    "The name is deleted, but its bytes may still be in the database's files, since somebody read"
    " the table meanwhile or this role may not truncate it: run the same command again later."
)


@click.group()
def people() -> None:
    """Record and list people's names: the log knows people by opaque references alone."""


@people.command()
@click.argument("person")
@click.argument("name")
@click.option("--publisher", required=True, help="The body that has published the name.")
@click.option(
    "--source", "sources", multiple=True, required=True,
    help="Where it stands: a document, or an address that begins with http; one of each at most.",
)  # fmt: skip
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="The first day on which it stood there."
)
def name(
    person: str, name: str, publisher: str, sources: tuple[str, ...], since: dt.datetime | None
) -> None:
    """Record NAME for a PERSON, as in p-7ab1ff2f, in the place of the one before."""
    given = {"name": name, "publisher": publisher} | _sources(sources)
    if since is not None:
        given["since"] = since.date().isoformat()
    settings = process.settings()
    with process.database(settings) as dsn:
        added = process.run(_record(settings, dsn, person, given))
    say(f"Recorded for {person}." if added else f"That is recorded for {person} already.")


def _sources(given: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        member = "url" if one.startswith(("http://", "https://")) else "reference"
        if member in found:
            raise click.BadParameter(
                "give one document and one address at most", param_hint="source"
            )
        found[member] = one
    return found


async def _record(settings: Settings, dsn: str, person: str, given: dict[str, str]) -> bool:
    import msgspec

    from service.domain import dates
    from service.domain import people as names
    from service.domain.caller import LOCAL

    async with _people(settings, dsn) as (found, now):
        known = names.person(person)
        new = names.new_name(msgspec.json.encode(given), dates.today(now))
        _, added = await found.record(known, new, LOCAL.id)
    return added


@people.command(name="list")
def list_people() -> None:
    """List every name that is recorded, with who published it and where."""
    settings = process.settings()
    with process.database(settings) as dsn:
        for one in process.run(_listed(settings, dsn)):
            where = " ".join(part for part in (one.reference, one.url) if part)
            click.echo(f"{one.person}  {one.name}  {one.publisher}  {where}  {one.since or ''}")


async def _listed(settings: Settings, dsn: str) -> list[Named]:
    every: list[Named] = []
    async with _people(settings, dsn) as (found, _):
        while page := await found.listed(every[-1].person if every else "", 1_000):
            every += page
    return every


@click.command()
@click.argument("person")
@click.option(
    "--reason", type=click.Choice(get_args(Reason)), default="asked", show_default=True,
    help="Why, as a code.",
)  # fmt: skip
@click.option("--lift", is_flag=True, help="Allow a name to be recorded again instead.")
def erase(person: str, reason: Reason, lift: bool) -> None:
    """Erase the name of a PERSON: here, in the database's files, and after every restore."""
    settings = process.settings()
    with process.database(settings) as dsn:
        if lift:
            process.run(_lift(settings, dsn, person))
            say(f"A name of {person} may be recorded again.")
        else:
            done = process.run(_erase(settings, dsn, person, reason))
            say(f"The name of {person} is erased.")
            tell(done)
            return
    if settings.erasures is None:
        say(UNLISTED)


def tell(done: Erased) -> None:
    """Say what is left to do by hand."""
    if not done.swept:
        say(UNSWEPT)
    if not done.listed:
        say(UNLISTED)


async def _erase(settings: Settings, dsn: str, person: str, reason: Reason) -> Erased:
    from service.domain import people as names
    from service.domain.caller import LOCAL

    async with _people(settings, dsn) as (found, _):
        return await found.erase(names.person(person), reason, LOCAL.id)


async def _lift(settings: Settings, dsn: str, person: str) -> None:
    from service.domain import people as names
    from service.domain.caller import LOCAL

    async with _people(settings, dsn) as (found, _):
        await found.lift(names.person(person), LOCAL.id)


@asynccontextmanager
async def _people(settings: Settings, dsn: str) -> AsyncIterator[tuple[People, dt.datetime]]:
    """Lend the names; end the command with what is wrong where something is refused."""
    from service.app import opened
    from service.domain.problems import Refused

    await process.prepare(dsn)
    async with opened(settings, dsn) as rooms:
        try:
            yield rooms.people, rooms.desk.now()
        except Refused as refused:
            say(f"{refused.problem.detail}. {refused.problem.kind.way_out}")
            for fault in refused.problem.errors:
                say(f"{fault.pointer}: {fault.rule}")
            raise SystemExit(UNSOUND) from None


@click.group()
def erasures() -> None:
    """Keep the list of erasures where the database's backups do not lie."""


@erasures.command(name="list")
def list_erasures() -> None:
    """Print every erasure, a line of JSON each: references, no names."""
    settings = process.settings()
    with process.database(settings) as dsn:
        acts = process.run(_acts(dsn))
    click.echo(recorded.lines(acts), nl=False)


async def _acts(dsn: str) -> list[ErasureAct]:
    """Return the acts; the list that CAPMAP_ERASURES names is not read, as it may be made here."""
    from service.store import people as kept
    from service.store import rights

    await process.prepare(dsn)
    connection = await asyncpg.connect(dsn, server_settings={"role": rights.SERVE})
    try:
        return await kept.acts(connection)
    finally:
        await connection.close()


@erasures.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def apply(file: Path) -> None:
    """Erase again what the list in FILE says, after a backup was restored."""
    settings = process.settings()
    with process.database(settings) as dsn:
        gone = process.run(_apply(dsn, file.read_bytes()))
    say(f"Names erased again: {gone}.")


async def _apply(dsn: str, content: bytes) -> int:
    from service.behind import erasing

    try:
        acts = recorded.listed(content)
    except recorded.DamagedList as damaged:
        say(f"Nothing was erased: {damaged}")
        raise SystemExit(UNSOUND) from None
    await process.prepare(dsn)
    connection = await asyncpg.connect(dsn, server_settings=erasing.SESSION)
    try:
        return await erasing.apply(connection, acts)
    finally:
        await connection.close()
