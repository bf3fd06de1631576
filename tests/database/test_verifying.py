"""Verifying: whatever is changed behind the log's back is found at its first position."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from service.cli.moving import receipt_held
from service.domain import chain
from service.domain.envelope import Stamp
from service.store import verifying
from service.store.verifying import Verdict
from tests.strategies import corrected, income, made, renamed, send, trust, writing


@pytest.fixture
async def log(dsn: str, connection: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection to a log of ten events, its triggers disabled by a superuser."""
    change = renamed(name="Wrong")
    join = made("TrustJoinedSystem", "RTP", {"system": "QXU", "role": "host"})
    async with writing(dsn) as writer:
        await send(writer, trust("RTP"), trust("RYR"), change, join)
        await send(writer, corrected(change, name="Right"), *(income("RYR", n) for n in range(5)))
    for table in ("events", "mentions"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    return connection


async def verdict(connection: asyncpg.Connection, size: int = 3) -> Verdict:
    """Verify with small pages, so that their edges are crossed."""
    return await verifying.verify(connection, progress=lambda at, head: None, size=size)


@pytest.mark.parametrize("size", [1, 3, 10, 2000])
async def test_a_sound_log(log, size):
    """Sound to its head, with the head's hash, whatever the size of a page."""
    head = await log.fetchrow("SELECT position, hash FROM log_head")
    assert await verdict(log, size) == Verdict(head["position"], head["hash"].hex())


async def test_an_empty_log_is_sound(connection):
    """Position 0, the hash before the first event."""
    assert await verdict(connection) == Verdict(0, chain.GENESIS.hex())


async def test_a_changed_body(log):
    """One figure changed: its hash no longer fits."""
    await log.execute(
        "UPDATE events SET body = convert_to(replace(convert_from(body, 'UTF8'),"
        " '\"pence\":2', '\"pence\":7'), 'UTF8') WHERE position = 8"
    )
    found = await verdict(log)
    assert (found.position, found.bad) == (7, 8)
    assert "hash" in found.reason


@pytest.mark.parametrize(
    ("change", "position"),
    [
        ("id = gen_random_uuid()", 4),
        ("organisation = 'RXX'", 4),
        ("version = 9", 4),
        ("type = 'TrustLeftSystem'", 4),
        ("type_version = 2", 4),
        ("effective = '2020-01-01'", 4),
        ("recorded_at = recorded_at + interval '1 microsecond'", 4),
        ("recorded_by = 'somebody'", 4),
        ("about = gen_random_uuid()", 5),
        ("about = NULL", 5),
        ("target = NULL", 5),
        ("target = convert_to('x', 'UTF8')", 5),
        ("policy = 'none'", 4),
        ("salt = decode(repeat('00', 16), 'hex')", 4),
        ("hash = decode(repeat('00', 32), 'hex')", 4),
        ("body = convert_to('x', 'UTF8')", 4),
        ("disclosed = convert_to('{}', 'UTF8')", 4),
    ],
)
async def test_a_changed_column(log, change, position):
    """Every column is derived again: any that differs is found where it is."""
    await log.execute(f"UPDATE events SET {change} WHERE position = $1", position)
    assert (await verdict(log)).bad == position


@pytest.mark.parametrize("position", [1, 5, 10])
async def test_a_missing_row(log, position):
    """A gap, or a cut tail, is named by the position that is not there."""
    await log.execute("DELETE FROM events WHERE position = $1", position)
    found = await verdict(log)
    assert (found.position, found.bad) == (position - 1, position)


async def test_a_cut_tail(log):
    """The head remembers where the log ended."""
    await log.execute("DELETE FROM events WHERE position > 7")
    found = await verdict(log)
    assert found.bad == 8
    assert "tail" in found.reason


async def test_an_emptied_log(log):
    """Nothing left at all: position 1 is missing."""
    await log.execute("DELETE FROM events")
    assert (await verdict(log)).bad == 1


async def test_a_head_moved_back(log):
    """Events that the head does not own up to are no part of a sound log."""
    await log.execute(
        "UPDATE log_head SET position = 8, hash = (SELECT hash FROM events WHERE position = 8)"
    )
    assert (await verdict(log)).bad == 9


async def test_two_rows_that_changed_places(log):
    """Order is part of the chain."""
    await log.execute("UPDATE events SET position = -position WHERE position IN (8, 9)")
    await log.execute("UPDATE events SET position = 17 + position WHERE position < 0")
    assert (await verdict(log)).bad == 8


async def rewrite(connection: asyncpg.Connection, start: int) -> None:
    """Change a figure and every hash from there on, as somebody who knows the chain would."""
    rows = await connection.fetch(
        "SELECT * FROM events WHERE position >= $1 ORDER BY position", start
    )
    previous = await connection.fetchval("SELECT hash FROM events WHERE position = $1", start - 1)
    for row in rows:
        body = row["body"]
        if row["position"] == start:
            body = body.replace(b'"pence":0', b'"pence":999')
            assert body != row["body"]
        stamp = Stamp(
            row["position"], row["version"], row["recorded_at"], row["recorded_by"],
            row["type_version"], None,
        )  # fmt: skip
        previous = chain.link(previous, row["salt"], chain.stored(body, stamp, row["target"]))
        await connection.execute(
            "UPDATE events SET body = $2, hash = $3 WHERE position = $1",
            row["position"], body, previous,
        )  # fmt: skip
    await connection.execute("UPDATE log_head SET hash = $1", previous)


async def test_a_rewritten_tail_is_exposed_by_a_receipt(log):
    """A tail with good hashes is sound in itself, but holds no receipt given before."""
    row = await log.fetchrow("SELECT position, hash FROM events WHERE position = 8")
    receipt = f"{row['position']}:{row['hash'].hex()}"
    early = await log.fetchrow("SELECT position, hash FROM events WHERE position = 5")
    assert await receipt_held(log, receipt)
    await rewrite(log, 6)
    assert json.loads(await log.fetchval("SELECT body FROM events WHERE position = 6"))["data"][
        "pence"
    ] == 999  # fmt: skip
    assert (await verdict(log)).bad is None
    assert not await receipt_held(log, receipt)
    assert await receipt_held(log, f"5:{early['hash'].hex()}")
    assert not await receipt_held(log, f"11:{receipt[2:]}")
