"""Verifying: whatever is changed behind the log's back is found at its first position."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from service.cli.moving import receipt_held
from service.domain import chain
from service.domain.caller import LOCAL
from service.domain.catalogue.context import maturity_assessed
from service.domain.envelope import Stamp
from service.store import verifying
from service.store.verifying import Verdict
from service.submitting import exchange
from tests.strategies import (
    about,
    corrected,
    income,
    made,
    renamed,
    retracted,
    send,
    system,
    trust,
    writing,
)


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


async def sound(connection: asyncpg.Connection) -> Verdict:
    """Return the verdict on a log that is sound up to its head."""
    head = await connection.fetchrow("SELECT position, hash FROM log_head")
    return Verdict(head["position"], head["hash"].hex())


@pytest.mark.parametrize("size", [1, 3, 10, 2000])
async def test_a_sound_log(log, size):
    """Sound to its head, with the head's hash, whatever the size of a page."""
    assert await verdict(log, size) == await sound(log)


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


@pytest.fixture
async def naming(dsn: str, connection: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection to a log in which much is about other events, its triggers disabled.

    Position 4 names QAA, 5 corrects it to QBB, 6 disputes 4, 7 retracts 5, 8 settles 6.
    """
    join = made("TrustJoinedSystem", "RTP", {"system": "QAA", "role": "host"})
    correction = corrected(join, system="QBB", role="host")
    dispute = about("EventDisputed", join, "QAA", ground="not_ours")
    settled = made("DisputeSettled", "QAA", {"dispute_event": dispute["id"], "outcome": "upheld"})
    async with writing(dsn) as writer:
        await send(writer, trust(), system("QAA"), renamed(), join, correction, dispute)
        await send(writer, retracted(correction), settled)
    for table in ("events", "mentions"):
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    return connection


@pytest.mark.parametrize("size", [1, 3, 2000])
@pytest.mark.parametrize(
    ("change", "position"),
    [
        ("SELECT 1", None),
        ("DELETE FROM mentions WHERE position = 4", 4),
        ("DELETE FROM mentions WHERE position = 5 AND organisation = 'QAA'", 5),
        ("DELETE FROM mentions WHERE position = 7 AND organisation = 'QAA'", 7),
        ("DELETE FROM mentions WHERE position = 8", 8),
        ("INSERT INTO mentions VALUES ('QCC', 1)", 1),
        ("INSERT INTO mentions VALUES ('RTP', 4)", 4),
        ("INSERT INTO mentions VALUES ('QCC', 8)", 8),
        ("INSERT INTO mentions VALUES ('QCC', 9)", 9),
        ("INSERT INTO mentions VALUES ('QCC', 0)", 0),
        ("UPDATE mentions SET organisation = 'QCC' WHERE position = 4", 4),
        ("UPDATE mentions SET position = 3 WHERE position = 6", 3),
    ],
)
async def test_changed_mentions(naming, size, change, position):
    """A mention taken away, added or changed is found where it stands, whatever a page's size."""
    await naming.execute(change)
    found = await verdict(naming, size)
    assert found.bad == position
    assert position is None or "mention" in found.reason


async def test_mentions_of_what_this_release_cannot_read(naming):
    """They are taken as they stand, and what is about such an event is held against them."""
    await naming.execute("UPDATE events SET type = 'Newer', body = convert_to(replace("
                         "convert_from(body, 'UTF8'), 'TrustJoinedSystem', 'Newer'), 'UTF8')"
                         " WHERE position = 4")  # fmt: skip
    await naming.execute("UPDATE events SET target = convert_to(replace(convert_from(target,"
                         " 'UTF8'), 'TrustJoinedSystem', 'Newer'), 'UTF8')")  # fmt: skip
    await rewrite(naming, 2)
    assert await verdict(naming) == await sound(naming)
    await naming.execute("UPDATE mentions SET organisation = 'QCC' WHERE position = 4")
    found = await verdict(naming)
    assert (found.bad, found.reason[:12]) == (6, "its mentions")


async def test_what_only_refers_passes_no_names_on_in_one_batch_as_in_many(dsn, connection):
    """Whom a sharing or its correction names, no later sharing does, however they were sent."""
    sample = maturity_assessed.TYPE.sample
    first = made("MaturityAssessed", "RTP", sample)

    def shared(code: str) -> dict:
        data = {"assessment_event": first["id"], "with": code, "as": "named"}
        return made("MaturityShared", "RTP", data)

    share = shared("QAA")
    changed = share["data"] | {"with": "QBB"}
    events = [first, share, corrected(share, **changed), shared("QCC")]
    again = json.loads(json.dumps(events))
    for old, new in ((event["id"], str(uuid.uuid4())) for event in events):
        again = json.loads(json.dumps(again).replace(old, new))
    async with writing(dsn) as writer:
        await send(writer, trust(), *events)
        for event in again:
            await send(writer, event)
    assert await verdict(connection) == await sound(connection)
    rows = await connection.fetch("SELECT position, organisation FROM mentions")
    named = {n: {r["organisation"] for r in rows if r["position"] == n} for n in (5, 9)}
    assert named == {5: {"QCC"}, 9: {"QCC"}}


async def test_an_event_that_refers_to_two(dsn, connection):
    """A match names the organisations of its offer and its request, and verify finds both again."""
    offer = made("OfferMade", "RTP", {"topic": "huddles", "capacity": 2, "until": "2027-03-31"})
    request = made("HelpRequested", "RYR", {"topic": "huddles", "until": "2027-03-31"})
    match = made("MatchAgreed", "RXX", {"offer_event": offer["id"], "request_event": request["id"]})
    async with writing(dsn) as writer:
        await send(writer, *map(trust, ("RTP", "RYR", "RXX")), offer, request)
        await send(writer, match)
    assert await verdict(connection) == await sound(connection)
    await connection.execute("ALTER TABLE mentions DISABLE TRIGGER ALL")
    await connection.execute("DELETE FROM mentions WHERE organisation = 'RYR'")
    found = await verdict(connection)
    assert (found.bad, found.reason) == (6, "its mentions are RTP, its bytes give RTP, RYR")


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


async def test_a_correction_in_another_writing(dsn, connection):
    """The log is sound, and its own export finds every event known, also one of 0.1.0's form."""
    join = made("TrustJoinedSystem", "RTP", {"system": "QXU", "role": "host"})
    correction = corrected(join, system="qyy", role="host")
    out = io.BytesIO()
    async with writing(dsn) as writer:
        await send(writer, trust(), join, correction)
        assert await verdict(connection) == await sound(connection)
        await exchange.export(connection, out, lambda _: None)
        earlier = out.getvalue().replace(b'"QYY"', b'"qyy"')
        for text in (out.getvalue(), earlier):
            done = await exchange.load(io.BytesIO(text), writer, LOCAL, lambda _: None)
            assert (done.recorded, done.known) == (0, 3)


async def rewrite(connection: asyncpg.Connection, start: int) -> None:
    """Change a figure and every hash from there on, as somebody who knows the chain would."""
    rows = await connection.fetch(
        "SELECT * FROM events WHERE position >= $1 ORDER BY position", start
    )
    previous = await connection.fetchval("SELECT hash FROM events WHERE position = $1", start - 1)
    for row in rows:
        body = row["body"]
        if row["position"] == start and b'"pence":0' in body:
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
