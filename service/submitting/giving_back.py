"""A file that had faults, given back as its sender wrote it, with a column of messages."""

from __future__ import annotations

import asyncio
import csv
import io
import tempfile
import zlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import IO, BinaryIO, Final

from msgspec import Struct

from service.domain.problems import Problem, Refused
from service.intake import formats, sheets_out
from service.intake.sheets_out import Message
from service.store import staged
from service.store.pool import Pool, snapshot
from service.store.uploads import Upload
from service.submitting import files, receipts
from service.submitting.desk import Desk

PIECE: Final = 256 * 1024
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class GivenBack(Struct, frozen=True):
    """A file with its messages. suffix: ".csv" or ".xlsx"; pieces: to be read once."""

    suffix: str
    media_type: str
    pieces: AsyncIterator[bytes]


async def given_back(pool: Pool, desk: Desk, upload: Upload) -> GivenBack:
    """Return an upload's file with its messages; raises Refused where it is not kept (any more)."""
    original = Path(await asyncio.to_thread(_new_file, desk.folder))
    try:
        messages: dict[tuple[str, int], tuple[Message, ...]] = {}
        async with snapshot(pool) as connection:
            kept = False
            async for piece in staged.pieces(connection, upload.id):
                await asyncio.to_thread(_append, original, piece)
                kept = True
            if not kept:
                detail = "no file is kept: it had no faults, or came more than 30 days ago"
                raise Refused(Problem("not_found", detail))
            async for row in receipts.wrong_rows(connection, upload):
                messages[row.sheet, row.row] = tuple(map(_message, row.errors))
        return await asyncio.to_thread(_written, desk, original, upload.name, messages)
    finally:
        await asyncio.to_thread(original.unlink)


def listed(errors: Iterable[receipts.RowError], to: BinaryIO) -> None:
    """Write what is wrong with rows that have no columns as CSV, a fault a row."""
    text = io.TextIOWrapper(to, "utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(("Row", "Member", "Value", "Message"))
    for one in errors:
        shown = (one.pointer, one.value or "", one.message)
        writer.writerow((one.row, *map(sheets_out.escaped, shown)))
    text.flush()
    text.detach()


def _new_file(folder: Path) -> str:
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as made:
        return made.name


def _append(file: Path, piece: bytes) -> None:
    with file.open("ab") as opened:
        opened.write(zlib.decompress(piece))


def _message(error: receipts.RowError) -> Message:
    return Message(None if error.column is None else _index(error.column), receipts.beside(error))


def _index(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _written(desk: Desk, original: Path, name: str, messages: sheets_out.Messages) -> GivenBack:
    with original.open("rb") as file:
        as_lines = file.read(files.HEAD).lstrip().startswith(b"{")
    if as_lines:
        raise Refused(Problem("not_found", "lines of events are not given back; see the rows"))
    opened = formats.opened(original, name, desk.limits, files.known())
    if isinstance(opened, Problem):
        raise Refused(opened)
    to = tempfile.TemporaryFile(dir=desk.folder)  # noqa: SIM115 - closed where it was read
    with opened:
        if opened.noted.format == "csv":
            sheets_out.csv(next(opened.sheets()), messages, to)
            to.seek(0)
            return GivenBack(".csv", "text/csv; charset=utf-8", _pieces(to))
        sheets_out.workbook(opened.sheets(), messages, to)
        to.seek(0)
        return GivenBack(".xlsx", XLSX, _pieces(to))


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


__all__ = ["GivenBack", "given_back", "listed"]
