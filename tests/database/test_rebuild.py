"""Everything behind the log made anew, and how it is told that it is well."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import asyncpg
import pytest
from click.testing import CliRunner

from service.behind import audit, rebuild, report, rows, running, sealer
from service.behind.histories import Histories
from service.behind.latest import Latest
from service.behind.registers import Registers
from service.behind.tally import Tally
from service.cli import main
from service.projections.packing import SIZE
from service.projections.version import FOLD
from service.store import mismatches, packs, progress
from tests.strategies import made, renamed, send, system, trust, writing


def unheard(_what: str, _done: int, _of: int) -> None:
    """Hear nothing of the progress."""


@pytest.fixture
async def log(dsn: str, connection: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """A log whose packs and rows were made step by step while it grew."""
    async with writing(dsn) as writer, asyncpg.create_pool(dsn, min_size=1, max_size=3) as pool:
        latest = Latest(pool)
        working = rows.Rows(
            rows.Sources(latest, Histories(pool, latest), Registers(pool), running.now)
        )
        await send(writer, trust("RTP"), trust("RXX"), system("QXU"))
        for part in range(3):
            changes = (renamed("RTP", name=f"Name {part} {at}") for at in range(SIZE))
            await send(writer, *changes, renamed("RXX", name=f"Name {part}"))
            if part == 1:
                joined = {"system": "QXU", "role": "host"}
                await send(writer, made("TrustJoinedSystem", "RTP", joined))
            async with pool.acquire() as beside:
                await sealer.step(connection, beside, running.now)
            await working.step(connection)
        yield connection


async def every(connection: asyncpg.Connection) -> dict[str, list[tuple]]:
    """Return all packs, and all rows but for the position at which each was made."""
    made_at = "position"
    found = {}
    for table in ("packs", "current_pictures"):
        lines = await connection.fetch(f"SELECT * FROM {table} ORDER BY organisation, fold")
        kept = [{k: v for k, v in row.items() if k != made_at} for row in lines]
        found[table] = sorted(tuple(map(str, line.values())) for line in kept)
    return found


@pytest.mark.parametrize("worth", [1, 1000], ids=["processes", "this process alone"])
async def test_a_rebuild_gives_what_was_made_step_by_step(log, dsn, monkeypatch, worth):
    """Packs and rows are the same bytes; nothing differed; from nothing it is the same again."""
    monkeypatch.setattr(rebuild, "WORTH", worth)
    before = await every(log)
    done = await rebuild.rebuild(dsn, unheard)
    assert (done.differed, done.rows) == ((), 3)
    assert await every(log) == before
    await log.execute("TRUNCATE packs, current_pictures, behind")
    told: list[tuple[str, int, int]] = []
    assert (await rebuild.rebuild(dsn, lambda *at: told.append(at))).differed == ()
    assert await every(log) == before
    assert [at for at in told if at[0] == "rows"][-1] == ("rows", 3, 3)
    assert told[0][0] == "packs"
    for lag in (await report.report(log, running.now())).lags:
        assert lag.worker == "audit" or lag.events == 0


async def test_a_rebuild_says_what_differed_and_mends_it(log, dsn):
    """Whatever was changed, removed or added behind the service's back is as the log says again."""
    before = await every(log)
    await log.execute("UPDATE current_pictures SET name = 'Wrong' WHERE organisation = 'RTP'")
    await log.execute("DELETE FROM current_pictures WHERE organisation = 'RXX'")
    await log.execute(
        "INSERT INTO current_pictures SELECT 'RZZ', fold, model, on_date, position, last_position,"
        " kind, name, NULL, NULL, NULL, status, '{}', '{}', summary, picture"
        " FROM current_pictures WHERE organisation = 'QXU'"
    )
    await log.execute("UPDATE packs SET body = 'x' WHERE number = 1")
    await log.execute("UPDATE behind SET position = 10")
    await mismatches.note(
        log, mismatches.Mismatch("row", "RTP", 0, FOLD, 1, "differs", running.now())
    )
    done = await rebuild.rebuild(dsn, unheard)
    assert done.differed == ("pack RTP 1", "row RTP", "row RZZ")
    assert await every(log) == before
    assert (await report.report(log, running.now())).faults() == ()
    assert await progress.reached(log, "rows", FOLD) == done.position


async def test_a_row_of_the_day_before_that_was_right_then_did_not_differ(log, dsn):
    """The day has changed since: the row is made anew without being called wrong."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        latest = Latest(pool)

        def earlier() -> dt.datetime:
            return running.now() - dt.timedelta(days=3)

        await log.execute("DELETE FROM current_pictures")
        await log.execute("DELETE FROM behind")
        await rows.Rows(
            rows.Sources(latest, Histories(pool, latest), Registers(pool), earlier)
        ).step(log)
    assert (await rebuild.rebuild(dsn, unheard)).differed == ()
    days = await log.fetchval("SELECT count(DISTINCT on_date) FROM current_pictures")
    assert days == 1


async def test_pruning_removes_what_other_fold_versions_made(log, dsn):
    """Packs, rows and progress of another version go; those in force stay."""
    before = await every(log)
    await log.execute("INSERT INTO packs SELECT organisation, disclosure, 'old', number,"
                      " first_position, last_position, body FROM packs")  # fmt: skip
    await progress.reach(log, "rows", "old", 3, running.now())
    await rebuild.prune(dsn)
    assert await every(log) == before
    assert {p.fold for p in await progress.progress(log)} == {FOLD}
    assert await packs.ends(log, ["RTP"], FOLD)


async def test_what_is_well_is_told_as_well_and_what_is_not_by_name(log):
    """Failures, long lags and mismatches are faults; the audit's own round is no lag."""
    now = running.now()
    assert (await report.report(log, now)).faults() == ()
    later = now + dt.timedelta(seconds=report.MOST_SECONDS + 5)
    await log.execute("UPDATE behind SET position = position - 1, mark = NULL")
    assert (await report.report(log, later)).faults() == (
        "sealer lags by more than 60 s",
        "rows lags by more than 60 s",
    )
    await progress.fail(log, "rows", FOLD, "ValueError: broken", now)
    await log.execute("UPDATE current_pictures SET name = 'Wrong' WHERE organisation = 'RXX'")
    looking = audit.Audit(running.now, Tally())
    await looking.step(log)
    while looking._waiting:
        await looking.step(log)
    failed, wrong = (await report.report(log, now)).faults()
    assert failed == "rows failed: ValueError: broken"
    assert wrong.startswith("row RXX is not what the log says up to")


async def test_a_position_changed_by_hand_is_told(log):
    """Ahead, back or beyond: the mark does not fit."""
    await log.execute("UPDATE behind SET position = position - 1 WHERE worker = 'rows'")
    (fault,) = (await report.report(log, running.now())).faults()
    assert "behind the service's back" in fault


def test_the_commands_say_what_is_wrong_and_mend_it(dsn, monkeypatch):
    """`behind` ends with 1 after a failure; `rebuild` makes all anew; then it ends with 0."""
    import asyncio

    async def fill() -> None:
        async with writing(dsn) as writer:
            await send(writer, trust("RTP"))
        connection = await asyncpg.connect(dsn)
        await progress.fail(connection, "rows", FOLD, "OSError: gone", running.now())
        await connection.close()

    asyncio.run(fill())
    monkeypatch.setenv("DATABASE_URL", dsn)
    told = CliRunner().invoke(main, ["behind"])
    assert told.exit_code == 1, told.output
    assert "rows failed: OSError" in told.output
    assert CliRunner().invoke(main, ["rebuild", "--prune"]).exit_code == 0
    told = CliRunner().invoke(main, ["behind"])
    assert told.exit_code == 0, told.output
    assert "The log ends at 1." in told.output
