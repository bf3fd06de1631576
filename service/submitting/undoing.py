"""Undo: all that an upload recorded is retracted, by an upload of its own; and taken back likewise.

A retraction is an upload whose rows are the EventRetracted of what the other recorded, so it is
staged, recorded, resumed and told in the same way. Retracting it brings back what it took away.
Ids follow from what is retracted: asking twice does no more than asking once.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from msgspec import Struct

from service.domain import codec, dates
from service.domain.acts import Act, Name
from service.domain.caller import Caller
from service.domain.catalogue.record.event_retracted import EventRetracted
from service.domain.codec import Submitted
from service.domain.envelope import Source
from service.domain.problems import Problem, Refused
from service.domain.register import ENVELOPES
from service.intake.rows import Item
from service.store import acts, staged, uploads
from service.store.appending import Connection
from service.store.pool import lent
from service.store.staged import Recorded
from service.store.uploads import Upload
from service.submitting import recording, telling
from service.submitting.blocks import Entry
from service.submitting.desk import Desk
from service.submitting.recording import Terms
from service.submitting.staging import Staging

NAME: Final = "retraction"
_EVENT: Final = ENVELOPES["EventRetracted"]


class Chain(Struct, frozen=True):
    """An upload and what followed: its retraction, the retraction of that, and so on."""

    links: tuple[Upload, ...]

    @property
    def last(self) -> Upload:
        """Return the newest of them."""
        return self.links[-1]

    @property
    def retracted(self) -> bool:
        """Tell whether what the upload recorded is taken back at present."""
        return len(self.links) % 2 == 0


async def chain(connection: Connection, upload: uuid.UUID) -> Chain | None:
    """Return an upload with all that took it back, and that back, in order; None: not known."""
    found = await uploads.one(connection, upload)
    links: list[Upload] = []
    while found is not None:
        links.append(found)
        found = await uploads.retraction(connection, found.id)
    return Chain(tuple(links)) if links else None


async def retract(desk: Desk, upload: uuid.UUID, caller: Caller) -> uuid.UUID:
    """Take back what an upload recorded; return the upload that does. Again: the same one."""
    return await _follow(desk, upload, caller, retracted=True)


async def restore(desk: Desk, upload: uuid.UUID, caller: Caller) -> uuid.UUID:
    """Bring back what a retraction of an upload took away; return the upload that does."""
    return await _follow(desk, upload, caller, retracted=False)


async def _follow(desk: Desk, upload: uuid.UUID, caller: Caller, *, retracted: bool) -> uuid.UUID:
    async with lent(desk.pool) as connection:
        found = await chain(connection, upload)
        if found is None:
            raise Refused(Problem("not_found", f"there is no upload {upload}"))
        if found.retracted is retracted:
            if found.last.state == "refused":
                raise Refused(Problem("not_retractable", "nothing of it was recorded"))
            return found.last.id
        made = await _take_back(connection, desk, found, caller)
    await recording.settle(desk, made)
    return made


async def _take_back(connection: Connection, desk: Desk, found: Chain, caller: Caller) -> uuid.UUID:
    upload = found.last
    if upload.state == "recording":
        raise Refused(Problem("not_retractable", "it is still being recorded"))
    made = uuid.uuid5(upload.id, NAME)
    # What others refer to takes longer to look up: only what fits a chunk is one batch.
    sizes = msgspec.structs.replace(desk.sizes, whole=desk.sizes.chunk)
    staging = Staging(connection, made, sizes)
    async with connection.transaction():
        # Whoever takes back the same at the same time waits here, and then finds it done.
        if not await uploads.put(connection, _new(desk, upload, caller, staging)):
            return made
        today = dates.today(desk.now())
        await staging.read(_retractions(connection, upload.id, made, today))
        await staging.foresee(caller, telling.anywhere)
        if staging.first:
            fault = staging.first[0].fault
            raise Refused(Problem("not_retractable", f"event {staging.first[0].row}: {fault.rule}"))
        await uploads.complete(connection, made, staging.form, staging.rows, staging.chunks)
        if caller.operator:
            await acts.note(connection, _taken_back(found, staging, desk, caller))
    return made


def _taken_back(found: Chain, staging: Staging, desk: Desk, caller: Caller) -> Act:
    codes, key = frozenset(staging.organisations), str(found.links[0].id)
    name: Name = "upload_restored" if found.retracted else "upload_retracted"
    return Act(name, desk.now(), caller.id, key, codes, f"{staging.rows} events")


async def _retractions(
    connection: Connection, upload: uuid.UUID, made: uuid.UUID, today: dt.date
) -> AsyncIterator[list[Entry]]:
    """Yield the retractions of what an upload recorded; a row each, counted from 1."""
    row = 0
    async for found in staged.recorded_by(connection, upload):
        yield [Item("", row + at, _retraction(one, made, today)) for at, one in enumerate(found, 1)]
        row += len(found)
    if not row:
        raise Refused(Problem("not_retractable", "nothing of it was recorded"))


def _retraction(one: Recorded, made: uuid.UUID, today: dt.date) -> Submitted:
    event = _EVENT(
        id=uuid.uuid5(made, str(one.position)),
        organisation=one.organisation,
        effective=today,
        data=EventRetracted(event=one.id, reason="other"),
        source=Source(kind="own", reference=f"undo of upload {made}"),
        assurance="self_declared",
    )
    return Submitted(event, codec.encode(event))


def _new(desk: Desk, upload: Upload, caller: Caller, staging: Staging) -> uploads.New:
    return uploads.New(
        id=staging.upload,
        kind=NAME,
        of=upload.id,
        state="recording",
        form=staging.form,
        received_at=desk.now(),
        received_by=caller.id,
        name=upload.name,
        size=0,
        digest=b"",
        asked=msgspec.msgpack.encode(Terms(caller)),
        notes=msgspec.msgpack.encode([]),
        rows=0,
        wrong=0,
        chunks=0,
    )


__all__ = ["Chain", "chain", "restore", "retract"]
