"""The commands that move events out and hold the log against itself: events export, verify."""

from __future__ import annotations

from typing import IO, Final

import asyncpg
import click

from service.cli import process
from service.cli.bar import bar
from service.cli.process import UNSOUND, say
from service.settings import Settings

READING: Final = {
    "application_name": "capmap command",
    "default_transaction_read_only": "on",
    "search_path": "public",
    "statement_timeout": "0",
}
"""Settings of a command's own session, whatever the database's defaults are."""


@click.command()
@click.argument("file", type=click.File("wb"), default="-")
def export(file: IO[bytes]) -> None:
    """Write the whole log to FILE (or standard output), one JSON object a line."""
    settings = process.settings()
    with process.database(settings) as dsn:
        written = process.run(_export(settings, dsn, file))
    say(f"{written} events.")


async def _export(settings: Settings, dsn: str, out: IO[bytes]) -> int:
    from service.store import migrate as migration
    from service.store import reading
    from service.submitting import exchange

    connection = await asyncpg.connect(dsn, server_settings=READING)
    try:
        await migration.check(connection, allow_unsafe=settings.allow_unsafe_database)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            total = (await reading.head(connection)).position
            with bar(total, "Exporting") as shown:
                return await exchange.export(connection, out, shown.reach)
    finally:
        await connection.close()


@click.command()
@click.option("--against", help="A receipt, POSITION:HASH: the log must hold it.")
def verify(against: str | None) -> None:
    """Derive every hash and column again from the bytes; name the first bad position."""
    settings = process.settings()
    with process.database(settings) as dsn:
        process.run(_verify(settings, dsn, against))


async def _verify(settings: Settings, dsn: str, against: str | None) -> None:
    from service.store import migrate as migration
    from service.store import reading, verifying

    connection = await asyncpg.connect(dsn, server_settings=READING)
    try:
        await migration.check(connection, allow_unsafe=settings.allow_unsafe_database)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            total = (await reading.head(connection)).position
            with bar(total, "Verifying") as shown:
                verdict = await verifying.verify(connection, progress=lambda at, _: shown.reach(at))
            held = await receipt_held(connection, against)
    finally:
        await connection.close()
    if verdict.bad is not None:
        click.echo(f"Bad at position {verdict.bad}: {verdict.reason}.")
        raise SystemExit(UNSOUND)
    if not held:
        click.echo(f"The log does not hold the receipt {against}: it was cut or rewritten.")
        raise SystemExit(UNSOUND)
    click.echo(f"Sound to position {verdict.position}, hash {verdict.hash}.")


async def receipt_held(connection: asyncpg.Connection[asyncpg.Record], against: str | None) -> bool:
    """Tell whether the log holds a receipt; wrong use when it is none."""
    from service.store import reading

    if against is None:
        return True
    position, _, digest = against.partition(":")
    if not (position.isascii() and position.isdigit() and len(position) < 19):
        raise click.UsageError("--against takes POSITION:HASH, as answers to POST give them")
    row = await reading.recorded(connection, int(position))
    return row is not None and row[1].hex() == digest.strip().lower()
