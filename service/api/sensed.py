"""What warns, beside receipts: looked for after the commit, in whole histories."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from service.api.rooms import Rooms
from service.behind import sensing
from service.behind.sensing import EventWarnings, Known
from service.domain import dates
from service.domain.reader import Reader
from service.store import pool, staged
from service.submitting.receipts import UploadReceipt
from service.submitting.trials import Laid

MOST_EVENTS: Final = 10_000
"""Of an upload's first so many events the warnings are told; the record's completeness has all."""


async def known_now(room: Rooms, reader: Reader) -> Known:
    """Return what is known now, on the day that it is in London."""
    head = await room.latest.head()
    return Known(room.disclosed, room.registers, head.position, _today(), reader)


async def upload(room: Rooms, receipt: UploadReceipt, reader: Reader) -> UploadReceipt:
    """Return a receipt with the open warnings about what it recorded, once all of it is."""
    if receipt.id is None or receipt.state == "recording" or not receipt.rows.recorded:
        return receipt
    positions: set[int] = set()
    codes: set[str] = set()
    async with pool.lent(room.pool) as connection:
        async for part in staged.recorded_by(connection, receipt.id):
            positions |= {one.position for one in part}
            codes |= {one.organisation for one in part}
            if len(positions) >= MOST_EVENTS:
                break
    found = await sensing.about(await known_now(room, reader), codes, positions)
    return msgspec.structs.replace(receipt, warnings=found)


async def laid(room: Rooms, found: Laid, reader: Reader) -> EventWarnings:
    """Return the warnings that would be open about events that are laid over the log."""
    await room.latest.head()  # what is read of histories reaches the head that was laid over
    known = Known(room.disclosed, room.registers, found.head, _today(), reader, found.overlay)
    return await sensing.about(known, found.organisations, range(found.head + 1, found.last + 1))


def _today() -> dt.date:
    return dates.today(dt.datetime.now(dt.UTC))


__all__ = ["known_now", "laid", "upload"]
