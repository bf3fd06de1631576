"""Taking a file in: checked whole, staged, and recorded – at once, or by whoever comes to it.

Nothing of it is there before its transaction commits, and from then on it is recorded to the end.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from service.domain.acts import Act
from service.domain.caller import Caller
from service.domain.codec import Submitted
from service.domain.problems import Problem, Refused
from service.intake.rows import Wrong
from service.store import acts, staged, uploads
from service.store.appending import Connection
from service.store.pool import lent
from service.submitting import recording, telling, trials
from service.submitting.blocks import Entry
from service.submitting.desk import KEYS_KEPT, Desk
from service.submitting.recording import Terms
from service.submitting.staging import Staging, slices
from service.submitting.telling import Locate
from service.submitting.trials import Laid

PIECE: Final = 1024 * 1024
"""Bytes of a file that are kept at once."""


class Handed(Struct, frozen=True):
    """A file as it was handed over. path: None where it is not given back.

    digest: SHA-256 of its bytes. key: the Idempotency-Key that came with it.
    """

    name: str
    size: int
    digest: bytes
    path: Path | None = None
    key: str | None = None


class Reading(Struct, frozen=True):
    """The rows of a file. notes: what was understood of its form; complete once they are read."""

    entries: Iterator[Entry]
    notes: list[str]
    locate: Locate = telling.anywhere


class Foretold(Struct, frozen=True):
    """What a dry run found; nothing of it is kept.

    known: rows that are in the log already. events: of the rows without faults, and laid, the same
    over the log, from which the pictures with them are made; None of a file too long for that.
    """

    rows: int
    wrong: int
    known: int
    first: tuple[Wrong, ...]
    notes: tuple[str, ...]
    events: tuple[Submitted, ...]
    laid: Laid | None


class _Known(Exception):  # noqa: N818 - an answer, not a fault
    """The key was used for this very file: the upload that it was used for."""

    def __init__(self, upload: uuid.UUID) -> None:
        super().__init__()
        self.upload = upload


async def receive(desk: Desk, handed: Handed, reading: Reading, terms: Terms) -> uuid.UUID:
    """Take a file in and return its upload: recorded, refused, or being recorded.

    Raises Refused where the file has no rows that can be told apart, or its key was used otherwise.
    """
    upload = uuid.uuid4()
    try:
        async with lent(desk.pool) as connection, connection.transaction():
            await _take_key(connection, desk, handed, terms, upload)
            staging = await _checked(connection, desk, upload, reading, terms.caller)
            new = _new(desk, handed, reading, terms, staging)
            await _put(connection, new, staging, handed.path)
            if terms.caller.operator and new.state == "recording":
                await acts.note(connection, _imported(new, staging))
    except _Known as known:
        return known.upload
    await recording.settle(desk, upload)
    return upload


async def rehearse(desk: Desk, reading: Reading, caller: Caller) -> Foretold:
    """Check a file as `receive` does, and keep nothing: neither events nor an upload."""
    async with lent(desk.pool) as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            staging = await _checked(connection, desk, uuid.uuid4(), reading, caller)
            events = await _events(staging)
            laid = await trials.laid(connection, events, caller) if events else None
        finally:
            await transaction.rollback()
    return Foretold(
        staging.rows,
        staging.wrong,
        staging.known,
        tuple(staging.first),
        tuple(reading.notes),
        tuple(events),
        laid,
    )


async def _events(staging: Staging) -> list[Submitted]:
    """Return a file's events, but for one that is too long to hold at once."""
    if staging.rows > trials.MOST_EVENTS:
        return []
    return [one async for part in staging.events() for one in part]


async def _checked(
    connection: Connection, desk: Desk, upload: uuid.UUID, reading: Reading, caller: Caller
) -> Staging:
    staging = Staging(connection, upload, desk.sizes)
    await staging.read(slices(reading.entries))
    await staging.foresee(caller, reading.locate)
    if staging.cut_short:
        reading.notes.append("So many rows are wrong that the file was not read to its end.")
    return staging


async def _take_key(
    connection: Connection, desk: Desk, handed: Handed, terms: Terms, upload: uuid.UUID
) -> None:
    """Take the key for this upload; raises when it was used within the last day."""
    if handed.key is None:
        return
    asked = msgspec.msgpack.encode((terms.type, terms.partial))
    key = uploads.Key(hashlib.sha256(handed.digest + asked).digest(), upload)
    owner = (terms.caller.id, handed.key)
    used = await uploads.take_key(connection, owner, key, desk.now(), KEYS_KEPT)
    if used is not None and used.digest != key.digest:
        detail = f"the key {handed.key} came with another file, or with other parameters"
        raise Refused(Problem("key_reused", detail))
    if used is not None:
        raise _Known(used.upload)


def _new(
    desk: Desk, handed: Handed, reading: Reading, terms: Terms, staging: Staging
) -> uploads.New:
    taken = staging.rows > staging.wrong and (terms.partial or not staging.wrong)
    return uploads.New(
        id=staging.upload,
        kind="file",
        of=None,
        state="recording" if taken else "refused",
        form=staging.form,
        received_at=desk.now(),
        received_by=terms.caller.id,
        name=handed.name,
        size=handed.size,
        digest=handed.digest,
        asked=msgspec.msgpack.encode(terms),
        notes=msgspec.msgpack.encode(reading.notes),
        rows=staging.rows,
        wrong=staging.wrong,
        chunks=staging.chunks,
    )


def _imported(new: uploads.New, staging: Staging) -> Act:
    codes = frozenset(staging.organisations)
    rows = f"{new.rows - new.wrong} rows"
    return Act("file_imported", new.received_at, new.received_by, str(new.id), codes, rows)


async def _put(
    connection: Connection, new: uploads.New, staging: Staging, path: Path | None
) -> None:
    """Put the upload down; what is refused is not recorded later, what is wrong is given back."""
    await uploads.put(connection, new)
    if new.state == "refused":
        await uploads.unstage(connection, new.id)
    if staging.wrong and path is not None:
        await _keep_file(connection, new, path)


async def _keep_file(connection: Connection, new: uploads.New, path: Path) -> None:
    with path.open("rb") as file:
        pieces = iter(lambda: file.read(PIECE), b"")
        for number, piece in enumerate(pieces):
            body = await asyncio.to_thread(zlib.compress, piece, 1)
            await staged.put_piece(connection, new.id, number, body, new.received_at)


__all__ = ["Foretold", "Handed", "Reading", "receive", "rehearse"]
