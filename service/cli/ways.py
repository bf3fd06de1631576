"""The ways of a file into the log: rehearsed, as a batch, as many lines, as an upload."""

from __future__ import annotations

import hashlib
import tempfile
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import msgspec
from msgspec import Struct

from service.cli import receipts
from service.cli.bar import bar
from service.cli.process import UNSOUND, say

if TYPE_CHECKING:
    from service.api.rooms import Rooms
    from service.domain.roles import Organisations
    from service.intake.rows import Asked
    from service.settings import Settings
    from service.submitting.exchange import LineFault
    from service.submitting.receipts import RowError, UploadReceipt
    from service.submitting.spooling import Spooled

NOTHING: Final = "Nothing was recorded: mend the file and import it again."


class Wish(Struct, frozen=True):
    """How a file is to be brought in, as the options of `events import` say."""

    file: Path
    type: str | None
    organisation: str | None
    dry_run: bool
    partial: bool
    staged: bool
    errors: Path | None


async def rehearse(rooms: Rooms, wish: Wish, file: Spooled, asked: Asked) -> None:
    """Say what a file would bring, and keep nothing."""
    from service.api import models, sensed
    from service.behind.scope import EVERYTHING
    from service.domain import dates
    from service.domain.caller import LOCAL
    from service.domain.reader import ANYTHING
    from service.submitting import documents, receiving, trials
    from service.submitting.receipts import rehearsed

    desk = rooms.desk
    with documents.rows(file, asked, desk.limits, desk.body_bytes) as reading:
        found = await receiving.rehearse(desk, reading, LOCAL)
    told = rehearsed(file.name, found, "dry_run")
    if found.laid is not None:
        today, model = dates.today(desk.now()), models.chosen(None)
        warnings = await sensed.laid(rooms, found.laid, ANYTHING)
        changes = await trials.compared(
            rooms.pictures, found.laid, today, model, EVERYTHING, ANYTHING
        )
        told = msgspec.structs.replace(told, warnings=warnings, changes=changes)
    _say_notes(told)
    receipts.rehearsal(told)
    if found.wrong:
        _list_errors(wish, told.errors)
        raise SystemExit(UNSOUND)


def _say_notes(found: UploadReceipt) -> None:
    for note in found.notes:
        say(note)


async def batch(rooms: Rooms, wish: Wish, file: Spooled, expected: Mapping[str, int]) -> None:
    """Record a batch that expects versions, which only hold at once: whole or not at all."""
    from service.domain.admission import Batch
    from service.domain.caller import LOCAL
    from service.intake.rows import Item
    from service.submitting import documents, files
    from service.submitting.receipts import messages

    latest = files.latest(rooms.desk.now())
    entries = list(documents.read(file.path, latest, rooms.desk.body_bytes).entries)
    wrong = [one for entry in entries if not isinstance(entry, Item) for one in messages(entry)]
    if wrong:
        _refuse(wish, wrong)
    events = tuple(entry.submitted for entry in entries if isinstance(entry, Item))
    codes = frozenset(one.event.organisation for one in events)
    outcomes = await rooms.writer.append(Batch(events, expected, LOCAL))
    await _noted(rooms, file, codes, len(events))
    new = sum(one.outcome == "recorded" for one in outcomes)
    receipts.done(new, len(outcomes) - new)


async def many_lines(rooms: Rooms, wish: Wish, file: Spooled) -> None:
    """Record lines at the log's own rate: held against it whole, and nothing staged."""
    from service.domain.caller import LOCAL
    from service.domain.roles import ALL
    from service.store.pool import snapshot
    from service.submitting import documents, importing

    with tempfile.TemporaryFile(dir=rooms.desk.folder) as beside:
        with documents.opened(file.path) as lines, bar(file.size, "Reading") as shown:
            held = importing.read(lines, file.size, beside, shown.advance)
        if held.faults:
            _refuse(wish, _errors(held.faults))
        async with snapshot(rooms.pool) as connection:
            with bar(held.events, "Checking") as shown:
                refused = await importing.foresee(held, connection, LOCAL, shown.advance)
        if refused:
            _refuse(wish, _errors(refused))
        await _noted(rooms, file, ALL, held.events)
        with bar(held.events, "Recording") as shown:
            done = await importing.record(held, rooms.writer, LOCAL, shown.advance)
    if done.problem is not None:  # others recorded something since it was checked
        receipts.errors(_errors(done.faults))
        receipts.problem(done.problem)
        receipts.done(done.recorded, done.known)
        say("What was recorded stands: importing the mended file again is safe.")
        raise SystemExit(UNSOUND)
    receipts.done(done.recorded, done.known)


async def _noted(rooms: Rooms, file: Spooled, concerned: Organisations, events: int) -> None:
    """Write down that a file without a receipt is brought in; of many lines: before they are."""
    from service.domain.acts import Act
    from service.domain.caller import LOCAL
    from service.store import acts
    from service.store.pool import lent

    digest = f"sha256:{_digest(file.path).hex()}"
    made = Act("file_imported", rooms.desk.now(), LOCAL.id, digest, concerned, f"{events} events")
    async with lent(rooms.desk.pool) as connection:
        await acts.note(connection, made)


def _errors(found: tuple[LineFault, ...]) -> list[RowError]:
    from service.intake.rows import Wrong
    from service.submitting.receipts import messages

    return [
        one
        for line in found
        for one in messages(tuple(Wrong("", line.line, None, None, said) for said in line.faults))
    ]


def _refuse(wish: Wish, found: list[RowError]) -> NoReturn:
    """Say what is wrong with a file of which nothing was recorded, and end."""
    receipts.errors(found)
    _list_errors(wish, found)
    say(NOTHING)
    raise SystemExit(UNSOUND)


def _list_errors(wish: Wish, found: Iterable[RowError]) -> None:
    from service.submitting import giving_back

    if wish.errors is not None:
        with wish.errors.open("wb") as to:
            giving_back.listed(found, to)
        say(f"What is wrong is listed in {wish.errors}.")


async def upload(settings: Settings, rooms: Rooms, wish: Wish, file: Spooled, asked: Asked) -> None:
    """Hand a file over as the API does, and wait until it is recorded."""
    from service.api import sensed
    from service.app import recording_uploads
    from service.domain.caller import LOCAL
    from service.domain.reader import ANYTHING
    from service.submitting import documents, receiving
    from service.submitting.receiving import Handed
    from service.submitting.recording import Terms

    desk = rooms.desk
    kept = file.path if documents.form(file.path) == "table" else None
    handed = Handed(file.name, file.size, _digest(file.path), kept)
    terms = Terms(LOCAL, asked.type, wish.partial)
    async with recording_uploads(settings, rooms):
        with documents.rows(file, asked, desk.limits, desk.body_bytes) as reading:
            made = await receiving.receive(desk, handed, reading, terms)
        found = await sensed.upload(rooms, await finished(rooms, made), ANYTHING)
    _say_notes(found)
    if wish.errors is not None and found.rows.wrong:
        await _give_back(rooms, wish.errors, made, table=kept is not None)
    if found.state == "refused":
        receipts.errors(found.errors, more=found.more_errors)
        say(NOTHING)
        raise SystemExit(UNSOUND)
    receipts.receipt(found)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


async def finished(rooms: Rooms, upload: uuid.UUID) -> UploadReceipt:
    """Return the receipt of an upload once all of it is recorded, by whichever process."""
    from service.submitting.receipts import follow

    last: UploadReceipt | None = None
    with bar(1, "Recording") as shown:
        async for found in follow(rooms.pool, upload):
            if last is None and found.state == "recording":
                say("It is valid and put down: if this is stopped, whatever starts next goes on.")
            shown.reach_of(found.rows.total - found.rows.waiting, found.rows.total)
            last = found
    assert last is not None  # noqa: S101 - it was put down before
    return last


async def _give_back(rooms: Rooms, to: Path, upload: uuid.UUID, *, table: bool) -> None:
    """Write the file down with a column of messages, or what is wrong with its events."""
    from service.store import uploads
    from service.store.pool import snapshot
    from service.submitting import giving_back
    from service.submitting.receipts import wrong_rows

    async with snapshot(rooms.pool) as connection:
        held = await uploads.one(connection, upload)
        assert held is not None  # noqa: S101 - it was put down before
        if not table:
            errors = [one async for row in wrong_rows(connection, held) for one in row.errors]
    with to.open("wb") as file:
        if table:
            found = await giving_back.given_back(rooms.pool, rooms.desk, held)
            async for piece in found.pieces:
                file.write(piece)
        else:
            giving_back.listed(errors, file)
    say(f"What is wrong is told in {to}.")
