"""Packs behind the log: sealed alike by anybody, replaced when changed, never needed."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import asyncpg
import pytest

from service.behind import sealer
from service.behind.entries import entries
from service.behind.histories import Histories
from service.behind.latest import Latest
from service.projections.history import block, facts
from service.projections.packing import SIZE, pack
from service.projections.version import FOLD
from service.store import packs, progress, reading
from tests.strategies import corrected, made, renamed, retracted, send, trust, writing

LONG = 2 * SIZE + 40


def now() -> dt.datetime:
    """Return the time that the sealer is told."""
    return dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.fixture
async def log(dsn: str, connection: asyncpg.Connection) -> asyncpg.Connection:
    """A log with one long history, one that mentions it, and one short."""
    async with writing(dsn) as writer:
        await send(writer, trust("RTP"), trust("RXX"), trust("RA2"))
        changes = [renamed("RTP", name=f"Name {at}") for at in range(LONG)]
        await send(writer, *changes)
        wrong = corrected(changes[3], name="Right", trust_type="acute")
        await send(writer, wrong, retracted(changes[7]))
        merged = made("TrustMerged", "RXX", {"into": "RTP", "kind": "acquisition"})
        await send(writer, merged, renamed("RA2"))
    return connection


@pytest.fixture
async def beside(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a second connection."""
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def every(connection: asyncpg.Connection) -> list[tuple]:
    """Return all packs."""
    rows = await connection.fetch("SELECT * FROM packs ORDER BY organisation, number")
    return [tuple(row) for row in rows]


@pytest.fixture
async def reader(dsn: str) -> AsyncIterator[tuple[Latest, Histories]]:
    """Histories at hand of a process that has just started."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        latest = Latest(pool)
        yield latest, Histories(pool, latest)


async def from_log(connection: asyncpg.Connection, code: str, up_to: int):
    """Return a history folded from the log alone."""
    return facts(await entries(connection, code, 0, up_to))


async def test_a_long_history_is_sealed_and_the_rest_is_left(log, beside):
    """Packs of exactly SIZE entries, corrections among them; a short tail stays in the log."""
    assert await sealer.step(log, beside, now) is False
    found = await packs.packs(log, "RTP", FOLD, 10**9)
    assert [(p.number, p.first_position) for p in found] == [(0, 1), (1, 3 + SIZE)]
    assert {row[0] for row in await every(log)} == {"RTP"}
    (told,) = await progress.progress(log)
    assert (told.worker, told.position, told.head) == ("sealer", told.head, told.head)


async def test_sealing_again_and_rebuilding_change_nothing(log, beside):
    """However packs come to be, tail by tail or from the whole log, they are the same bytes."""
    await sealer.step(log, beside, now)
    before = await every(log)
    head = (await reading.head(log)).position
    await sealer.seal(log, ["RTP", "RXX", "RA2"], head)
    assert await sealer.rebuild(log, beside, head, lambda _: None) == []
    assert await every(log) == before
    await log.execute("DELETE FROM packs")
    await sealer.rebuild(log, beside, head, lambda _: None)
    assert await every(log) == before


async def test_a_pack_that_somebody_changed_is_named_and_replaced_by_a_rebuild(log, beside):
    """A pack cannot change, so one that differs was changed behind the service's back."""
    await sealer.step(log, beside, now)
    before = await every(log)
    await log.execute("UPDATE packs SET body = body || '\\x00' WHERE number = 1")
    head = (await reading.head(log)).position
    (bad,) = await sealer.rebuild(log, beside, head, lambda _: None)
    assert (bad.organisation, bad.number) == ("RTP", 1)
    assert await every(log) == before


@pytest.mark.parametrize("sealed", [True, False], ids=["packs", "log alone"])
async def test_a_history_at_hand_is_the_one_that_the_log_gives(log, beside, reader, sealed):
    """At every kind of position: in the first pack, at its edge, in the tail, at the head."""
    latest, histories = reader
    if sealed:
        await sealer.step(log, beside, now)
    head = (await latest.head()).position
    for up_to in (head, 0, 1, 5, SIZE, SIZE + 2, SIZE + 3, LONG, head - 3, head - 1, head):
        for code in ("RTP", "RXX", "RA2"):
            assert await histories.load(code, up_to) == await from_log(log, code, up_to)


async def test_what_is_appended_is_in_the_next_read(dsn, log, reader):
    """A history that is kept grows by its tail as soon as the head is asked for again."""
    latest, histories = reader
    await histories.load("RTP", (await latest.head()).position)
    async with writing(dsn) as writer:
        await send(writer, renamed("RTP", name="Newest"))
        head = await latest.head()
        found = await histories.load("RTP", head.position)
        assert found.last_position == head.position
        assert found.by_type["TrustChanged"][-1].data.name == "Newest"
        await send(writer, renamed("RA2", name="Other"))
    head = await latest.head()
    assert latest.last("RTP") == head.position - 1
    assert await histories.load("RTP", head.position) == found


async def test_a_damaged_pack_is_passed_over(log, beside, reader):
    """Bytes that are no pack end the row of packs: the log is read from there on."""
    latest, histories = reader
    await sealer.step(log, beside, now)
    await log.execute("UPDATE packs SET body = substr(body, 1, 100) WHERE number = 0")
    head = (await latest.head()).position
    assert await histories.load("RTP", head) == await from_log(log, "RTP", head)


async def test_what_is_kept_has_a_bound(log, dsn):
    """The histories that were asked for longest ago go first; the newest stays."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        latest = Latest(pool)
        histories = Histories(pool, latest, most_entries=10)
        head = (await latest.head()).position
        for code in ("RTP", "RXX", "RA2", "RTP"):
            assert await histories.load(code, head) == await from_log(log, code, head)
        assert list(histories._kept) == ["RTP"]


async def test_packs_of_another_fold_version_are_not_read_and_can_be_pruned(log, beside, reader):
    """A new fold version needs no switch: it reads the log until its own packs are sealed."""
    latest, histories = reader
    await sealer.step(log, beside, now)
    await log.execute("UPDATE packs SET fold = 'older', body = 'no pack'")
    head = (await latest.head()).position
    assert await histories.load("RTP", head) == await from_log(log, "RTP", head)
    await packs.prune(log, FOLD)
    assert await every(log) == []


async def test_a_step_looks_at_a_window_and_says_whether_there_is_more(log, beside, monkeypatch):
    """A log that is far ahead is taken in window by window; what it sealed is the same."""
    await sealer.step(log, beside, now)
    whole = await every(log)
    await log.execute("DELETE FROM packs")
    await log.execute("UPDATE behind SET position = 1, mark = NULL")
    monkeypatch.setattr(sealer, "WINDOW", 300)
    steps = 1
    while await sealer.step(log, beside, now):
        steps += 1
    assert steps == -(-((await reading.head(log)).position - 1) // 300)
    assert await every(log) == whole


def test_the_pack_of_nothing_is_small():
    """A pack says nothing that its events do not."""
    assert len(pack(block([]))) < 16
