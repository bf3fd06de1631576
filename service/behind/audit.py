"""The running audit: packs and rows, one after the other for ever, held against the log.

Lag alone can look like zero while something is missing (DESIGN.md, invariant 6). So each row is
compared, byte for byte, with a fresh one from the log alone at the position that rows claim to
have taken in, and each pack with the run of entries that it stands for; what ought to be there and
is not is a mismatch too. A mismatch is named, counted and logged; it is mended by `capmap rebuild`.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable
from typing import Final, Literal

import msgspec
import structlog
from msgspec import Struct

from service.behind import fresh, rows, sealer
from service.behind.entries import entries
from service.behind.fresh import FromLog
from service.behind.tally import Tally, count
from service.domain.model import first_model
from service.projections.history import block
from service.projections.packing import SIZE, pack
from service.projections.version import FOLD
from service.store import current, mismatches, packs, progress, reading
from service.store.appending import Connection
from service.store.mismatches import Mismatch

WORKER: Final = "audit"
_log = structlog.get_logger("audit")


class Item(Struct, frozen=True):
    """What is looked at in one step. number: of a pack, or at which the packs should end."""

    what: Literal["row", "pack", "end"]
    organisation: str
    number: int = 0


class Audit:
    """Goes round all organisations; a step looks at one row, at one pack, or where packs end."""

    def __init__(self, now: Callable[[], dt.datetime], tally: Tally) -> None:
        self._now = now
        self._tally = tally
        self._waiting: deque[Item] = deque()
        self._head = 0

    async def step(self, connection: Connection) -> bool:
        """Look at the next thing; return True: there is always more."""
        if not self._waiting:
            await self._round(connection)
        if self._waiting:
            await self._look(connection, self._waiting.popleft())
        return True

    async def _round(self, connection: Connection) -> None:
        """Begin a round over all that the log holds or that has a row."""
        if self._head:
            await progress.reach(connection, WORKER, FOLD, self._head, self._now())
        self._head = (await reading.head(connection)).position
        codes = set(await current.everybody(connection))
        codes.update(await current.held(connection, FOLD, first_model().full_name))
        ends = await packs.ends(connection, sorted(codes), FOLD)
        for code in sorted(codes):
            last = ends[code].number if code in ends else -1
            self._waiting.append(Item("row", code))
            self._waiting.extend(Item("pack", code, number) for number in range(last + 1))
            self._waiting.append(Item("end", code, last + 1))

    async def _look(self, connection: Connection, item: Item) -> None:
        looks = {"row": self._row, "pack": _pack, "end": _end}
        reason, position = await looks[item.what](connection, item)
        what = "row" if item.what == "row" else "pack"
        count(self._tally.audited, what)
        if not reason:
            await mismatches.clear(connection, what, item.organisation, item.number, FOLD)
            return
        count(self._tally.mismatches, what)
        found = Mismatch(what, item.organisation, item.number, FOLD, position, reason, self._now())
        _log.error("mismatch", **msgspec.to_builtins(found))
        await mismatches.note(connection, found)

    async def _row(self, connection: Connection, item: Item) -> tuple[str, int]:
        """Return what is wrong with a row; one that could not be made is made if it now can."""
        model = first_model().full_name
        async with connection.transaction(isolation="repeatable_read"):
            reached = await _reached(connection, rows.WORKER)
            row = await current.one(connection, item.organisation, FOLD, model)
        if row is None:
            whole = await FromLog(connection).load(item.organisation, reached)
            return ("missing" if whole.last_position else ""), reached
        at = max(row.position, reached)
        made = await fresh.row(FromLog(connection), item.organisation, at, row.on_date)
        if row.fault is not None or made.fault is not None:
            await current.write(connection, FOLD, model, [made])
            return "", at
        made = msgspec.structs.replace(made, position=row.position)
        return _difference(row, made), at


def _difference(row: current.Row, made: current.Row) -> str:
    """Return which columns of a row are not what the log says."""
    pairs = zip(row.__struct_fields__, msgspec.structs.astuple(row),
                msgspec.structs.astuple(made), strict=True)  # fmt: skip
    wrong = [name for name, is_so, should_be in pairs if is_so != should_be]
    return f"differs in {', '.join(wrong)}" if wrong else ""


async def _pack(connection: Connection, item: Item) -> tuple[str, int]:
    """Return what is wrong with a pack."""
    run = await packs.run(connection, item.organisation, item.number, FOLD)
    if run is None:
        return "missing", 0
    last = run.pack.last_position
    if run.after is None:
        return "the pack before it is missing", last
    found = await entries(connection, item.organisation, run.after, last)
    if len(found) != SIZE:
        return f"spans {len(found)} entries instead of {SIZE}", last
    same = (run.pack.first_position, last) == (found[0].position, found[-1].position)
    if same and pack(block(found)) == run.pack.body:
        return "", last
    return "differs in its bytes or positions", last


async def _end(connection: Connection, item: Item) -> tuple[str, int]:
    """Return whether a pack is missing where a history's packs end."""
    reached = await _reached(connection, sealer.WORKER)
    ends = await packs.ends(connection, [item.organisation], FOLD)
    after = ends.get(item.organisation, packs.End()).last_position
    tails = await reading.tails(connection, {item.organisation: after}, reached)
    left = tails.get(item.organisation, 0)
    return ("missing" if left >= SIZE else ""), reached


async def _reached(connection: Connection, worker: str) -> int:
    """Return where a worker is; 0 where that was changed by hand, of which it tells itself."""
    try:
        return await progress.reached(connection, worker, FOLD)
    except progress.MovedError:
        return 0


__all__ = ["WORKER", "Audit"]
