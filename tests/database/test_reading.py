"""Reading the log: pages, filters, moments, what cannot be read, and NDJSON out and in."""

from __future__ import annotations

import datetime as dt
import io
import json
import uuid
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from service.domain.caller import LOCAL
from service.domain.codec import Unread
from service.store import reading
from service.store.reading import EVERYTHING, Filter
from service.store.writer import Writer
from service.submitting import exchange
from tests.strategies import (
    STORY,
    corrected,
    income,
    made,
    renamed,
    retracted,
    send,
    system,
    trust,
    writing,
)  # fmt: skip


@pytest.fixture
async def writer(dsn: str) -> AsyncIterator[Writer]:
    """Give a writer on a fresh database."""
    async with writing(dsn) as made_:
        yield made_


async def found(connection: asyncpg.Connection, wanted: Filter, **more: int) -> list[int]:
    """Return the positions of a page."""
    given = {"after": 0, "up_to": 1000, "limit": 1000} | more
    return [e.position for e in await reading.page(connection, wanted, **given)]


async def test_filters(writer, connection):
    """By organisation, types and effective days with both ends, each alone and together."""
    days = ["2026-01-01", "2026-02-01", "2026-03-01"]
    await send(writer, trust("RTP", effective=days[0]), trust("RYR", effective=days[0]))
    for day in days:
        await send(writer, income("RTP", 1, effective=day), renamed("RYR", effective=day))
    assert await found(connection, EVERYTHING) == list(range(1, 9))
    assert await found(connection, Filter(organisation="RTP")) == [1, 3, 5, 7]
    assert await found(connection, Filter(types=("TrustChanged",))) == [4, 6, 8]
    assert await found(connection, Filter(types=())) == []
    second = dt.date(2026, 2, 1)
    assert await found(connection, Filter(effective_from=second, effective_to=second)) == [5, 6]
    both = Filter(organisation="RTP", types=("IncomeReported",), effective_from=second)
    assert await found(connection, both) == [5, 7]
    assert await found(connection, both, up_to=6) == [5]
    assert await found(connection, Filter(organisation="RXX")) == []


async def test_recorded_ranges_and_the_position_before_an_instant(writer, connection):
    """`from` is inclusive, `before` is not; halving agrees with counting at every boundary."""
    await send(writer, trust())
    for n in range(6):
        await send(writer, income("RTP", n), income("RTP", 100 + n))
    head = (await reading.head(connection)).position
    rows = await connection.fetch("SELECT position, recorded_at FROM events ORDER BY position")
    for row in rows:
        for moment in (row["recorded_at"], row["recorded_at"] + dt.timedelta(microseconds=1)):
            expected = max((r["position"] for r in rows if r["recorded_at"] < moment), default=0)
            assert await reading.position_before(connection, moment, head) == expected
            before = await found(connection, Filter(recorded_before=moment))
            after = await found(connection, Filter(recorded_from=moment))
            assert before + after == [r["position"] for r in rows]
            assert before == list(range(1, expected + 1))
    early = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    late = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    assert await reading.position_before(connection, early, head) == 0
    assert await reading.position_before(connection, late, head) == head
    assert await reading.position_before(connection, late, 4) == 4


@pytest.mark.parametrize("size", [1, 3, 7, 20])
async def test_pages_are_the_log_once_and_in_order(writer, connection, size):
    """Whatever the size of a page, also one that divides the log; up to a position."""
    await send(writer, trust(), *(income("RTP", n) for n in range(20)))
    seen = [
        e.position
        async for page in reading.pages(connection, EVERYTHING, 2, 20, size)
        for e in page
    ]
    assert seen == list(range(3, 21))


async def test_a_reader_who_stops_leaves_the_connection_usable(writer, connection):
    """The page under way is waited for."""
    await send(writer, trust(), *(income("RTP", n) for n in range(20)))
    pages = reading.pages(connection, EVERYTHING, 0, 21, 2)
    assert len(await anext(pages)) == 2
    await pages.aclose()
    assert (await reading.head(connection)).position == 21


async def test_a_history_holds_mentions_up_to_a_position(writer, connection):
    """An organisation's own events and those that name it, once each, in order."""
    join = made("TrustJoinedSystem", "RTP", {"system": "QXU", "role": "host"})
    await send(writer, trust(), system(), join, renamed(), retracted(join))
    for up_to, expected in ((5, [2, 3, 5]), (4, [2, 3]), (2, [2])):
        history = await reading.history(connection, "QXU", 0, up_to)
        assert [e.position for e in history] == expected
    assert [e.position for e in await reading.history(connection, "RTP", 0, 5)] == [1, 3, 4, 5]


async def test_one_event_and_all_about_it(writer, connection):
    """By its id, and step by step what corrects and retracts it; nothing for an unknown id."""
    change = renamed(name="Wrong")
    correction = corrected(change, name="Right")
    await send(writer, trust(), change, correction, retracted(correction), renamed())
    stored = await reading.one(connection, uuid.UUID(change["id"]))
    assert stored is not None
    assert (stored.position, stored.version, stored.recorded_by) == (2, 2, "local")
    about = await reading.about(connection, uuid.UUID(change["id"]))
    assert [e.position for e in about] == [3, 4]
    assert await reading.one(connection, uuid.uuid4()) is None
    line = json.loads(about[0].line())
    assert line["target"] == {"position": 2, "type": "TrustChanged", "organisation": "RTP"}
    assert line["hash"] == about[0].hash.hex()
    register = await reading.register(connection, 5)
    assert [e.position for e in register] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("name", "version", "body", "reason"),
    [
        ("FutureThing", 1, '{"type":"FutureThing","organisation":"RTP"}', "unknown_type"),
        ("TrustChanged", 99, '{"type":"TrustChanged"}', "unknown_version"),
        ("TrustChanged", 1, '{"type":"TrustChanged","data":7}', "unreadable"),
    ],
)
async def test_what_cannot_be_read_is_fed_all_the_same(  # noqa: PLR0917 - a case's columns
    writer, connection, name, version, body, reason
):
    """Unknown types and versions and poison are Unread values; feed and appends go on."""
    await send(writer, trust())
    await connection.execute(
        "INSERT INTO events (position, id, organisation, version, type, type_version, effective,"
        " recorded_at, recorded_by, body, policy, salt, hash)"
        " VALUES (2, $1, 'RTP', 2, $2, $3, '2026-04-01', now(), 'local', $4, 'people-v1', '', '')",
        uuid.uuid4(), name, version, body.encode(),
    )  # fmt: skip
    await connection.execute("UPDATE log_head SET position = 2, hash = ''")
    (after,) = await send(writer, renamed())
    assert after.position == 3
    events = await reading.page(connection, EVERYTHING, 0, 3, 10)
    assert events[1].event() == Unread(name, "RTP", reason)
    assert json.loads(events[1].line())["position"] == 2
    assert not isinstance(events[2].event(), Unread)
    out = io.BytesIO()
    assert await exchange.export(connection, out, lambda _: None) == 3


async def test_importing_a_file_twice_changes_nothing(writer, connection):
    """The second import finds every event known; the head stays where it was."""
    text = STORY.read_bytes()
    lines = sum(1 for line in text.splitlines() if line.strip())
    first = await exchange.load(io.BytesIO(text), writer, LOCAL, lambda _: None)
    assert (first.read, first.recorded, first.known) == (lines, lines, 0)
    before = await reading.head(connection)
    second = await exchange.load(io.BytesIO(text), writer, LOCAL, lambda _: None)
    assert (second.recorded, second.known) == (0, lines)
    assert await reading.head(connection) == before


async def bodies(connection: asyncpg.Connection) -> list[bytes]:
    """Return the canonical bytes of the whole log."""
    return [r[0] for r in await connection.fetch("SELECT body FROM events ORDER BY position")]


async def test_an_export_imported_elsewhere_gives_the_same_events(
    writer, connection, server, template
):
    """Export into a fresh database: the same bodies in the same order, corrections too."""
    await exchange.load(io.BytesIO(STORY.read_bytes()), writer, LOCAL, lambda _: None)
    change = renamed("RTP", name="Wrong")
    correction = corrected(change, name='Right: "so" é', trust_type="acute")
    await send(writer, change, correction, retracted(correction))
    out = io.BytesIO()
    written = await exchange.export(connection, out, lambda _: None)
    name = f"capmap_other_{uuid.uuid4().hex[:8]}"
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        dsn = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        other = await asyncpg.connect(dsn)
        try:
            out.seek(0)
            async with writing(dsn) as second:
                done = await exchange.load(out, second, LOCAL, lambda _: None)
            assert done.recorded == written
            assert await bodies(other) == await bodies(connection)
        finally:
            await other.close()
    finally:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def test_what_the_log_refuses_is_told_by_its_line_and_nothing_of_a_short_file_is_recorded(
    writer, connection
):
    """A code that nobody registered is found by the log only: the whole file is taken back."""
    first, lost = json.dumps(trust()).encode(), json.dumps(renamed("RA2")).encode()
    text = first + b"\n\n" + lost + b"\n"
    done = await exchange.load(io.BytesIO(text), writer, LOCAL, lambda _: None)
    assert done.problem is not None
    assert [(f.line, f.faults[0].pointer) for f in done.faults] == [(3, "/organisation")]
    assert (done.recorded, (await reading.head(connection)).position) == (0, 0)


async def test_of_a_long_file_the_chunks_before_the_refused_one_stand(
    writer, connection, monkeypatch
):
    """What was recorded is counted, every answer is waited for, and mending and sending is safe."""
    monkeypatch.setattr(exchange, "CHUNK", 2)
    events = [trust(), renamed(), renamed("RA2"), *(renamed() for _ in range(80))]
    text = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    done = await exchange.load(io.BytesIO(text), writer, LOCAL, lambda _: None)
    assert [f.line for f in done.faults] == [3]
    assert done.recorded >= 2
    assert (await reading.head(connection)).position == done.recorded
    mended = b"".join(json.dumps(e).encode() + b"\n" for e in events if e is not events[2])
    again = await exchange.load(io.BytesIO(mended), writer, LOCAL, lambda _: None)
    assert (again.problem, again.known) == (None, done.recorded)
    assert (await reading.head(connection)).position == len(events) - 1
