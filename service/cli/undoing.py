"""The command that takes back what a file brought in: events undo."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import click

from service.cli import process, receipts, ways
from service.cli.process import UNSOUND

if TYPE_CHECKING:
    from service.settings import Settings


@click.command()
@click.argument("upload", type=click.UUID)
@click.option("--restore", is_flag=True, help="Bring back what was taken back.")
def undo(upload: uuid.UUID, restore: bool) -> None:
    """Take back all that UPLOAD recorded: its events are retracted, none is removed.

    UPLOAD is what `events import` or the API gave as its id. Doing it twice changes nothing.
    """
    settings = process.settings()
    with process.database(settings) as dsn:
        process.run(_undo(settings, dsn, upload, restore=restore))


async def _undo(settings: Settings, dsn: str, upload: uuid.UUID, *, restore: bool) -> None:
    from service.app import opened, recording_uploads
    from service.domain.caller import LOCAL
    from service.domain.problems import Refused
    from service.submitting import undoing

    await process.prepare(dsn)
    take = undoing.restore if restore else undoing.retract
    async with (
        opened(settings, dsn) as rooms,
        rooms.waking.telling(),
        recording_uploads(settings, rooms),
    ):
        try:
            made = await take(rooms.desk, upload, LOCAL)
        except Refused as refused:
            receipts.problem(refused.problem)
            raise SystemExit(UNSOUND) from None
        found = await ways.finished(rooms, made)
        click.echo(f"Events {'brought back' if restore else 'taken back'}: {found.rows.total}.")
