"""Receipts: how an upload stands, and what became of each of its rows. Kept for ever."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from service.behind.sensing import EventWarnings
from service.domain.faults import Fault
from service.domain.problems import MOST_ERRORS
from service.intake.rows import Wrong
from service.store import receipts, staged
from service.store.appending import Connection
from service.store.pool import Pool, snapshot
from service.store.receipts import ChunkOutcome
from service.store.staged import Chunk
from service.store.uploads import Upload
from service.submitting import blocks, recording, telling, undoing
from service.submitting.blocks import Kept
from service.submitting.receiving import Foretold
from service.submitting.trials import Compared

LOOK: Final = 0.25
"""Seconds between two looks of a follower."""
_NOTES: Final = msgspec.msgpack.Decoder(tuple[str, ...])
RowOutcome = Literal["recorded", "already_recorded", "refused", "wrong", "waiting", "not_recorded"]


class RowCounts(Struct, frozen=True):
    """The rows of an upload by what became of them; waiting: to be recorded."""

    total: int
    wrong: int
    recorded: int
    already_recorded: int
    refused: int
    waiting: int


class RowError(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with a row; message: as a sentence that names the place."""

    row: int
    pointer: str
    code: str
    rule: str
    message: str
    sheet: str = ""
    column: str | None = None
    heading: str | None = None
    value: str | None = None
    allowed: tuple[str, ...] | None = None
    nearest: str | None = None


class UploadReceipt(Struct, frozen=True):
    """How an upload stands.

    state: recording, recorded, partly_recorded, refused; of a rehearsal dry_run, of a trial tried,
    and then it has no id. kind: file, or retraction of the upload `of`.
    retracted_by: the upload that took it back. taken_back: whether what it recorded is taken back
    at present. errors: the first 100.
    changes: of a rehearsal, what its events would change today; not of a file of many rows.
    warnings: open about what it recorded, or would; where the receipt is asked for by itself.
    """

    id: uuid.UUID | None
    kind: str
    state: str
    name: str
    rows: RowCounts
    notes: tuple[str, ...]
    errors: tuple[RowError, ...]
    more_errors: bool
    partial: bool
    type: str | None
    received_at: dt.datetime | None
    received_by: str
    finished_at: dt.datetime | None
    of: uuid.UUID | None
    retracted_by: uuid.UUID | None
    taken_back: bool
    links: Mapping[str, str]
    changes: Compared | UnsetType = UNSET
    warnings: EventWarnings | UnsetType = UNSET


class UploadRow(Struct, frozen=True, omit_defaults=True):
    """What became of one row. id, position, hash: of its event, where there is one."""

    sheet: str
    row: int
    outcome: RowOutcome
    id: uuid.UUID | UnsetType = UNSET
    position: int | UnsetType = UNSET
    hash: str | UnsetType = UNSET
    errors: tuple[RowError, ...] = ()


class Place(Struct, frozen=True):
    """Where a list of rows goes on: chunk, and row within it, both from 0."""

    chunk: int
    index: int


async def receipt(connection: Connection, upload: uuid.UUID) -> UploadReceipt | None:
    """Return how an upload stands; None: not known."""
    found = await undoing.chain(connection, upload)
    if found is None:
        return None
    this = found.links[0]
    counted = await receipts.counted(connection, this.id)
    errors, more = await _first_errors(connection, this)
    asked = recording.terms(this)
    return UploadReceipt(
        id=this.id,
        kind=this.kind,
        state=this.state,
        name=this.name,
        rows=_counts(this, counted),
        notes=_NOTES.decode(this.notes),
        errors=errors,
        more_errors=more,
        partial=asked.partial,
        type=asked.type,
        received_at=this.received_at,
        received_by=this.received_by,
        finished_at=this.finished_at,
        of=this.of,
        retracted_by=found.links[1].id if len(found.links) > 1 else None,
        taken_back=found.retracted,
        links=_links(this),
    )


def _counts(upload: Upload, counted: receipts.Counted) -> RowCounts:
    done = counted.recorded + counted.known + counted.refused
    left = upload.rows - upload.wrong - done if upload.state == "recording" else 0
    return RowCounts(
        upload.rows, upload.wrong, counted.recorded, counted.known, counted.refused, left
    )


def _links(upload: Upload) -> dict[str, str]:
    base = f"/api/v1/uploads/{upload.id}"
    links = {"self": base, "rows": f"{base}/rows", "events": f"{base}/events"}
    if upload.kind == "file" and upload.wrong:
        links["errors"] = f"{base}/errors"
    return links | {"retraction": f"{base}/retraction", "restoration": f"{base}/restoration"}


async def _first_errors(
    connection: Connection, upload: Upload
) -> tuple[tuple[RowError, ...], bool]:
    found: list[RowError] = []
    async for row in wrong_rows(connection, upload):
        found += row.errors
        if len(found) > MOST_ERRORS:
            break
    return tuple(found[:MOST_ERRORS]), len(found) > MOST_ERRORS


async def wrong_rows(connection: Connection, upload: Upload) -> AsyncIterator[UploadRow]:
    """Yield the rows with errors, in order."""
    chunk = 0
    while held := await staged.wrong_chunks(connection, upload.id, chunk, 1):
        for row in await _rows_of(connection, upload, held):
            if row.errors:
                yield row
        chunk = held[0].chunk + 1


async def rows(
    connection: Connection, upload: Upload, place: Place, limit: int
) -> tuple[list[UploadRow], Place | None]:
    """Return rows in their order from a place on, and where the list goes on."""
    held = await staged.chunks(connection, upload.id, place.chunk, 1 + limit // 1000)
    found = await _rows_of(connection, upload, held)
    page = found[place.index : place.index + limit]
    at = place.index + len(page)
    for chunk in held:
        if at < chunk.rows:
            return page, Place(chunk.chunk, at)
        at -= chunk.rows
    last = held[-1].chunk if held else upload.chunks
    return page, Place(last + 1, 0) if last + 1 < upload.chunks else None


async def _rows_of(connection: Connection, upload: Upload, held: list[Chunk]) -> list[UploadRow]:
    """Return the rows of some chunks, in order."""
    if not held:
        return []
    first, last = held[0].chunk, held[-1].chunk
    done = await receipts.outcomes(connection, upload.id, first, last)
    waiting = await staged.waiting_ids(connection, upload.id, first, last)
    places = [abs(place) for one in done.values() for place in one.positions if place]
    recorded = await staged.recorded(connection, places)
    found: list[UploadRow] = []
    for chunk in held:
        kept = blocks.unpack_places(chunk.places)
        good = blocks.good(kept, chunk.rows)
        by_index = dict(enumerate(_wrong_rows(kept, chunk.rows)))
        if chunk.chunk in done:
            told = _done_rows(kept, good, done[chunk.chunk], recorded)
        else:
            told = _waiting_rows(kept, good, waiting.get(chunk.chunk, ()))
        by_index |= dict(zip(good, told, strict=True))
        found += [row for index in range(chunk.rows) if (row := by_index[index]) is not None]
    return found


def _wrong_rows(kept: Kept, count: int) -> Iterator[UploadRow | None]:
    for index in range(count):
        place, said = kept.place(index), kept.wrong.get(index)
        yield UploadRow(place.sheet, place.row, "wrong", errors=messages(said)) if said else None


def _done_rows(
    kept: Kept,
    good: list[int],
    outcome: ChunkOutcome,
    recorded: Mapping[int, tuple[uuid.UUID, bytes]],
) -> Iterator[UploadRow]:
    refusals = _refusals(kept, good, outcome)
    for at, position in enumerate(outcome.positions):
        place = kept.place(good[at])
        if position:
            key, digest = recorded[abs(position)]
            told: RowOutcome = "recorded" if position > 0 else "already_recorded"
            yield UploadRow(place.sheet, place.row, told, key, abs(position), digest.hex())
        else:
            said = refusals.get(at, ())
            yield UploadRow(
                place.sheet, place.row, "refused" if said else "not_recorded", errors=said
            )


def _refusals(
    kept: Kept, good: list[int], outcome: ChunkOutcome
) -> dict[int, tuple[RowError, ...]]:
    """Return what the log said of the events that it refused, by their place."""
    found = {}
    for refusal in outcome.refusals:
        at = refusal.place if refusal.place is not None else telling.culprit(refusal.problem) or 0
        place = kept.place(good[at])
        said = telling.faults(refusal.problem)
        found[at] = messages(
            tuple([Wrong(place.sheet, place.row, None, None, fault) for fault in said])
        )
    return found


def _waiting_rows(kept: Kept, good: list[int], ids: tuple[uuid.UUID, ...]) -> Iterator[UploadRow]:
    for at, index in enumerate(good):
        place = kept.place(index)
        if ids:
            yield UploadRow(place.sheet, place.row, "waiting", ids[at])
        else:
            yield UploadRow(place.sheet, place.row, "not_recorded")


def messages(said: tuple[Wrong, ...]) -> tuple[RowError, ...]:
    """Return the faults of a row as they are told."""
    return tuple(
        [
            RowError(
                row=one.row,
                pointer=one.fault.pointer,
                code=one.fault.code,
                rule=one.fault.rule,
                message=sentence(one),
                sheet=one.sheet,
                column=one.column,
                heading=one.heading,
                value=one.fault.value,
                allowed=one.fault.allowed,
                nearest=one.fault.nearest,
            )
            for one in said
        ]
    )


def sentence(one: Wrong) -> str:
    """Return a fault as a sentence for who lives in spreadsheets."""
    fault: Fault = one.fault
    sheet = f"Sheet “{one.sheet}”, row" if one.sheet else "Row"
    place = _place(one.column, one.heading, fault.pointer)
    where = f"{sheet} {one.row}, {place}" if place else f"{sheet} {one.row}"
    return f"{where}: {_what(fault.value, fault.rule, fault.nearest)}"


def beside(error: RowError) -> str:
    """Return a fault as it is said beside its row, which need not be named there."""
    place = _place(error.column, error.heading, error.pointer)
    what = _what(error.value, error.rule, error.nearest)
    return f"{place[0].upper()}{place[1:]}: {what}" if place else what


def _place(column: str | None, heading: str | None, pointer: str) -> str:
    """Return where in a row a fault is; "" where it is about the whole row."""
    named = f"“{heading}”" if heading else ""
    if column is not None:
        return f"column {column} {named}".rstrip()
    return named or pointer.removeprefix("/").replace("/", ".")


def _what(value: str | None, rule: str, nearest: str | None) -> str:
    seen = f"“{value.strip(chr(34))}” " if value is not None else ""
    near = f"; the nearest is {nearest}" if nearest else ""
    return f"{seen}{rule}{near}"


def rehearsed(
    name: str,
    found: Foretold,
    state: Literal["dry_run", "tried", "refused"],
) -> UploadReceipt:
    """Return what a dry run found, as the receipt that the upload would begin with."""
    good = found.rows - found.wrong
    return UploadReceipt(
        id=None,
        kind="file",
        state=state,
        name=name,
        rows=RowCounts(found.rows, found.wrong, 0, found.known, 0, good - found.known),
        notes=found.notes,
        errors=_in_order(messages(found.first))[:MOST_ERRORS],
        more_errors=found.wrong > len({(one.sheet, one.row) for one in found.first}),
        partial=False,
        type=None,
        received_at=None,
        received_by="",
        finished_at=None,
        of=None,
        retracted_by=None,
        taken_back=False,
        links={},
    )


def _in_order(errors: tuple[RowError, ...]) -> tuple[RowError, ...]:
    """Return errors as a person meets them, by row: what the log refuses is found last."""
    sheets = {one.sheet: place for place, one in reversed([*enumerate(errors)])}
    return tuple(sorted(errors, key=lambda one: (sheets[one.sheet], one.row)))


async def follow(pool: Pool, upload: uuid.UUID) -> AsyncIterator[UploadReceipt]:
    """Yield the receipt whenever it has changed, until it is final."""
    last: UploadReceipt | None = None
    while last is None or last.state == "recording":
        async with snapshot(pool) as connection:
            found = await receipt(connection, upload)
        if found is None:
            return
        if found != last:
            yield found
        last = found
        if found.state == "recording":
            await asyncio.sleep(LOOK)


__all__ = [
    "Place", "RowCounts", "RowError", "UploadReceipt", "UploadRow", "beside", "follow", "messages",
    "receipt", "rehearsed", "rows", "sentence",
]  # fmt: skip
