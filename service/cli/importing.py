"""The command that brings a file in, whatever its form: events import."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli import process, receipts, ways
from service.cli.process import UNSOUND, say
from service.cli.ways import NOTHING, Wish

if TYPE_CHECKING:
    from service.api.rooms import Rooms
    from service.settings import Settings
    from service.submitting.spooling import Spooled

STANDARD_INPUT = Path("-")


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--type", help="The type of the rows that state none.")
@click.option("--organisation", help="The organisation of the rows that state none.")
@click.option("--dry-run", is_flag=True, help="Say what would be recorded, and record nothing.")
@click.option("--partial", is_flag=True, help="Record the good rows, even if others are wrong.")
@click.option("--staged", is_flag=True, help="Keep a receipt of a long file of lines, too.")
@click.option("--errors", type=click.Path(dir_okay=False), help="Write what is wrong to a file.")
def import_(  # noqa: PLR0913, PLR0917 - an argument an option
    file: str,
    type: str | None,  # noqa: A002 - as the option is called
    organisation: str | None,
    dry_run: bool,
    partial: bool,
    staged: bool,
    errors: str | None,
) -> None:
    """Record the events of FILE (- is standard input); importing twice changes nothing.

    FILE is JSON (an event, a list, a batch with expected versions), a line an event, CloudEvents in
    each of these forms, CSV, or a workbook (.xlsx, .xlsm, .xls, .ods): told by what is in it.

    Nothing is recorded before all of it is valid, unless --partial. What is recorded can be taken
    back by `events undo`, but for more than 10,000 lines of events, which are recorded as fast as
    the log takes them and leave no receipt unless --staged.

    With --errors a table comes back with a column of messages, as CSV or .xlsx; of events a list.
    """
    settings = process.settings()
    wrong = Path(errors) if errors else None
    wish = Wish(Path(file), type, organisation, dry_run, partial, staged, wrong)
    with process.database(settings) as dsn:
        process.run(_in_rooms(settings, dsn, wish))


async def _in_rooms(settings: Settings, dsn: str, wish: Wish) -> None:
    from service.app import opened
    from service.domain.problems import Refused

    await process.prepare(dsn)
    async with opened(settings, dsn) as rooms, rooms.waking.telling():
        try:
            async with _arrived(rooms, wish.file) as file:
                await _import(settings, rooms, wish, file)
        except Refused as refused:
            receipts.problem(refused.problem)
            if refused.problem.code != "unavailable":  # then it is not known what was recorded
                say(NOTHING)
            raise SystemExit(UNSOUND) from None


@asynccontextmanager
async def _arrived(rooms: Rooms, file: Path) -> AsyncIterator[Spooled]:
    """Lend the file, or what standard input brings as one."""
    from service.submitting import spooling
    from service.submitting.spooling import Spooled

    if file != STANDARD_INPUT:
        size = (await asyncio.to_thread(file.stat)).st_size
        yield Spooled(file, file.name, size, b"")
        return
    into, most = rooms.desk.folder, sys.maxsize
    async with spooling.spooled(into, "standard input", _standard_input(), most) as spooled:
        yield spooled


async def _standard_input() -> AsyncIterator[bytes]:
    while part := sys.stdin.buffer.read(1 << 20):
        yield part


async def _import(settings: Settings, rooms: Rooms, wish: Wish, file: Spooled) -> None:
    """Bring a file in, by the way that its form and its length take."""
    from service.intake.batches import MOST_EVENTS
    from service.intake.rows import Asked
    from service.submitting import documents, files, lines

    form = documents.form(file.path)
    latest = files.latest(rooms.desk.now())
    asked = Asked(latest=latest, type=wish.type, organisation=wish.organisation)
    if wish.dry_run:
        await ways.rehearse(rooms, wish, file, asked)
    elif form == "document" and (
        expected := documents.read(file.path, latest, rooms.desk.body_bytes).expected
    ):
        await ways.batch(rooms, wish, file, expected)
    elif (
        form == "lines"
        and not (wish.staged or wish.partial)
        and lines.at_most(file.path, MOST_EVENTS) is None
    ):
        await ways.many_lines(rooms, wish, file)
    else:
        await ways.upload(settings, rooms, wish, file, asked)
