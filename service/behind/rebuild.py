"""Everything behind the log made anew, beside the live ones: packs, then rows from those packs.

Readers find the old or the new, never none; the service may go on meanwhile. What differed is told.
The log is read once, in order; rows of many organisations are made by as many processes as there
are processors, which start while the packs are made.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import multiprocessing
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from multiprocessing.util import Finalize
from typing import Final

import msgspec
from msgspec import Struct

from service.behind import fresh, memory, rows, running, sealer
from service.behind.fresh import AtHand
from service.behind.histories import Histories
from service.behind.latest import Latest
from service.behind.registers import Registers
from service.domain import dates
from service.domain.acts import Act
from service.domain.caller import LOCAL
from service.domain.model import first_model
from service.projections.version import FOLD
from service.store import acts, current, mismatches, packs, progress
from service.store.appending import Connection
from service.store.current import Row
from service.store.pool import Pool, lent

AT_HAND: Final = 60_000
"""Entries kept decoded meanwhile, some 500 bytes each, in each process."""
SHARE: Final = 10
"""Organisations whose rows are made at once by one process."""
WORTH: Final = 100
"""Organisations from which on it is worth starting processes, which takes a second each."""
MOST_PROCESSES: Final = 4
Report = Callable[[str, int, int], None]
"""Told how far it is: what is made (packs, rows), how many of how many."""


class Rebuilt(Struct, frozen=True):
    """What a rebuild did. differed: packs and rows that were not as the log says."""

    position: int
    rows: int
    differed: tuple[str, ...]


class Share(Struct, frozen=True):
    """Rows to be made: of whom, up to which position, on which day; and where the log is."""

    dsn: str
    codes: tuple[str, ...]
    up_to: int
    day: dt.date


class AtWork(Struct, frozen=True):
    """What a process keeps from share to share: its loop, its connections, what it has read."""

    runner: asyncio.Runner
    connections: Pool
    source: AtHand


async def rebuild(dsn: str, report: Report) -> Rebuilt:
    """Make all packs and rows anew up to where the log ends when it begins.

    Raises what the database raises; what was made until then stays, and is right.
    """
    memory.settle()
    async with running.pool(dsn) as connections, lent(connections) as connection:
        head = (await Latest(connections).head()).position
        codes = await current.everybody(connection)
        with _processes(dsn, len(codes)) as processes:
            async with lent(connections) as beside:
                replaced = await sealer.rebuild(
                    connection, beside, head, lambda at: report("packs", at, head)
                )
            now = running.now()
            await progress.reset(connection, sealer.WORKER, FOLD, head, now)
            shares = _shares(dsn, codes, head, dates.today(now))
            wrong: list[str] = []
            async for made, found in _made(shares, processes):
                wrong += found
                report("rows", made, len(codes))
        wrong += await _without_history(connection, codes)
        await progress.reset(connection, rows.WORKER, FOLD, head, now)
        differed = len(replaced) + len(wrong)
        told = f"{differed} were not as the log says"
        done = Act("rebuilt", now, LOCAL.id, str(head), detail=told)
        async with connection.transaction():
            await mismatches.forget(connection)
            await acts.note(connection, done)
    named = tuple(f"pack {pack.organisation} {pack.number}" for pack in replaced)
    return Rebuilt(head, len(codes), (*named, *(f"row {code}" for code in sorted(wrong))))


async def prune(dsn: str) -> None:
    """Remove the packs, rows and progress of every other fold version."""
    async with running.pool(dsn) as connections, lent(connections) as connection:
        await packs.prune(connection, FOLD)
        await current.prune(connection, FOLD)
        await progress.prune(connection, FOLD)


@contextmanager
def _processes(dsn: str, organisations: int) -> Iterator[ProcessPoolExecutor | None]:
    """Start processes if there is enough for them to do; they get ready while packs are made."""
    number = min(MOST_PROCESSES, os.cpu_count() or 1)
    if organisations < WORTH or number == 1:
        yield None
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(number, spawn, initializer=memory.settle) as made:
        for _ in range(number):
            made.submit(_ready, dsn)
        yield made


def _shares(dsn: str, codes: Sequence[str], up_to: int, day: dt.date) -> list[Share]:
    return [
        Share(dsn, tuple(codes[at : at + SHARE]), up_to, day) for at in range(0, len(codes), SHARE)
    ]


async def _made(
    shares: Sequence[Share], processes: ProcessPoolExecutor | None
) -> AsyncIterator[tuple[int, list[str]]]:
    """Make all shares; yield how many rows there are, and which of a share were wrong."""
    done = 0
    if processes is None:
        for share in shares:
            found = await remade(share)
            done += len(share.codes)
            yield done, found
        return
    loop = asyncio.get_running_loop()
    tasks = [loop.run_in_executor(processes, _remade, share) for share in shares]
    for share, task in zip(shares, tasks, strict=True):
        found = await task
        done += len(share.codes)
        yield done, found


def _ready(dsn: str) -> None:
    """Do what takes a process long the first time; what fails here fails again with a share."""
    _at_work(dsn)


def _remade(share: Share) -> list[str]:
    held = _at_work(share.dsn)
    return held.runner.run(_rows(held.connections, held.source, share))


@functools.cache
def _at_work(dsn: str) -> AtWork:
    runner, stack = asyncio.Runner(), AsyncExitStack()
    connections = runner.run(stack.enter_async_context(running.pool(dsn)))
    # A child process runs no `atexit`; without this the database would log lost connections.
    Finalize(None, lambda: runner.run(stack.aclose()), exitpriority=1)
    return AtWork(runner, connections, runner.run(_source(connections)))


async def _source(connections: Pool) -> AtHand:
    latest, registers = Latest(connections), Registers(connections)
    await registers.follow((await latest.head()).position)
    return AtHand(Histories(connections, latest, AT_HAND), registers)


async def remade(share: Share) -> list[str]:
    """Make a share of the rows anew; return whose were not as the log said they should be."""
    async with running.pool(share.dsn) as connections:
        return await _rows(connections, await _source(connections), share)


async def _rows(connections: Pool, source: AtHand, share: Share) -> list[str]:
    """Make rows, each written while the next is made; return which were wrong."""
    wrong: list[str] = []
    writing: asyncio.Task[None] | None = None
    async with lent(connections) as connection, lent(connections) as beside:
        try:
            for code in share.codes:
                made = await fresh.row(source, code, share.up_to, share.day)
                if await _differs(connection, source, made):
                    wrong.append(code)
                if writing is not None:
                    await writing
                writing = asyncio.create_task(_replace(beside, made))
                await asyncio.sleep(0)  # it is sent before the next is made
        finally:
            if writing is not None:
                await writing
    return wrong


async def _replace(connection: Connection, made: Row) -> None:
    """Put a row in the place of whatever stands there, but for one that knows more."""
    model = first_model().full_name
    async with connection.transaction():
        await current.remove_up_to(connection, made.organisation, FOLD, model, made.position)
        await current.write(connection, FOLD, model, [made])


async def _differs(connection: Connection, source: AtHand, made: Row) -> bool:
    """Tell whether the row that stands is not what the log said at its position, on its day."""
    row = await current.one(connection, made.organisation, FOLD, first_model().full_name)
    if row is None or row.fault is not None or row.position > made.position:
        return False
    if (row.last_position, row.on_date) == (made.last_position, made.on_date):
        return msgspec.structs.replace(made, position=row.position) != row
    then = await fresh.row(source, row.organisation, row.position, row.on_date)
    return msgspec.structs.replace(then, position=row.position) != row


async def _without_history(connection: Connection, codes: Sequence[str]) -> list[str]:
    """Remove the rows of organisations of whom the log knows nothing; return whose they were."""
    model = first_model().full_name
    held = set(await current.held(connection, FOLD, model))
    unknown = sorted(held - set(codes) - set(await current.everybody(connection)))
    await current.remove(connection, unknown, FOLD, model)
    return unknown


__all__ = ["Rebuilt", "prune", "rebuild", "remade"]
