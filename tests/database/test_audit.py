"""The running audit: what was changed behind the service's back is named, and what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import asyncpg
import pytest

from service.behind import sealer
from service.behind.audit import Audit
from service.behind.histories import Histories
from service.behind.latest import Latest
from service.behind.registers import Registers
from service.behind.rows import Rows, Sources
from service.behind.tally import Tally
from service.projections.packing import SIZE
from service.store import mismatches, reading
from tests.strategies import made, renamed, send, system, trust, writing


def now() -> dt.datetime:
    """Return the time that all are told."""
    return dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.fixture
async def log(dsn: str, connection: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """A log of a long and two short histories and a system, with its packs and rows made."""
    async with writing(dsn) as writer:
        await send(writer, trust("RTP"), trust("RXX"), system("QXU"))
        await send(writer, *(renamed("RTP", name=f"Name {at}") for at in range(2 * SIZE + 40)))
        await send(writer, made("TrustJoinedSystem", "RTP", {"system": "QXU", "role": "host"}))
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        latest = Latest(pool)
        async with pool.acquire() as beside:
            await sealer.step(connection, beside, now)
        await Rows(Sources(latest, Histories(pool, latest), Registers(pool), now)).step(connection)
        yield connection


async def whole_round(connection: asyncpg.Connection) -> tuple[list[str], Tally]:
    """Go round once; return what stands as wrong, and what was counted."""
    tally = Tally()
    audit = Audit(now, tally)
    assert await audit.step(connection)
    while audit._waiting:
        assert await audit.step(connection)
    found = await mismatches.found(connection)
    return [f"{m.what} {m.organisation} {m.number}: {m.reason}" for m in found], tally


async def test_packs_and_rows_that_are_as_the_log_says_pass(log):
    """Nothing is named; every row and pack was looked at."""
    found, tally = await whole_round(log)
    assert found == []
    assert tally.audited == {"row": 3, "pack": 2 + 3}
    assert tally.mismatches == {}


CHANGES = {
    "UPDATE current_pictures SET picture = (picture::jsonb || '{\"host\": \"QXX\"}')::json"
    " WHERE organisation = 'RTP'": "row RTP 0: differs in picture",
    "UPDATE current_pictures SET name = 'Other', rests_on = '{}' WHERE organisation = 'RXX'":
        "row RXX 0: differs in name, rests_on",
    "DELETE FROM current_pictures WHERE organisation = 'QXU'": "row QXU 0: missing",
    "UPDATE packs SET body = set_byte(body, 40, get_byte(body, 40) # 1) WHERE number = 1":
        "pack RTP 1: differs in its bytes or positions",
    "UPDATE packs SET first_position = 2 WHERE number = 0":
        "pack RTP 0: differs in its bytes or positions",
    "UPDATE packs SET last_position = last_position - 1 WHERE number = 1":
        f"pack RTP 1: spans {SIZE - 1} entries instead of {SIZE}",
    "DELETE FROM packs WHERE number = 0": "pack RTP 0: missing",
    "DELETE FROM packs WHERE number = 1": "pack RTP 1: missing",
}  # fmt: skip


@pytest.mark.parametrize("statement", CHANGES)
async def test_what_was_changed_behind_the_services_back_is_named(log, statement):
    """A row or pack that was changed, cut or removed is named with what is wrong, and counted."""
    await log.execute(statement)
    found, tally = await whole_round(log)
    assert CHANGES[statement] in found
    assert sum(tally.mismatches.values()) == len(found)
    again, _ = await whole_round(log)
    assert again == found


async def test_what_rows_missed_is_found_although_nothing_lags(log, dsn):
    """Progress that claims more than rows hold, with a good mark: the rows themselves tell."""
    async with writing(dsn) as writer:
        await send(writer, renamed("RXX", name="Missed"))
    head = await reading.head(log)
    await log.execute("UPDATE behind SET position = $1, mark = $2", head.position, head.hash)
    found, _ = await whole_round(log)
    assert len(found) == 1
    assert found[0].startswith("row RXX 0: differs in last_position, name, summary, picture")


async def test_a_mismatch_stands_until_what_it_names_is_as_the_log_says(log):
    """The first finding stays with its time; a mended row is cleared by the next round."""
    before = await log.fetchval("SELECT name FROM current_pictures WHERE organisation = 'RXX'")
    await log.execute("UPDATE current_pictures SET name = 'Other' WHERE organisation = 'RXX'")
    assert len((await whole_round(log))[0]) == 1
    await log.execute("UPDATE current_pictures SET name = $1 WHERE organisation = 'RXX'", before)
    assert (await whole_round(log))[0] == []


async def test_a_row_that_could_not_be_made_is_made_when_it_can_be(log):
    """What was parked by a fault that is mended comes back without a hand."""
    await log.execute(
        "UPDATE current_pictures SET kind = 'parked', fault = 'old' WHERE organisation = 'RXX'"
    )
    assert (await whole_round(log))[0] == []
    row = await log.fetchrow("SELECT * FROM current_pictures WHERE organisation = 'RXX'")
    assert (row["kind"], row["fault"]) == ("trust", None)
    assert (await whole_round(log))[0] == []
