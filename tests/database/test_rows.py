"""Current rows: made once for all that grew, the same as fresh ones, overwritten by newer only."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from service.behind import fresh
from service.behind.histories import Histories
from service.behind.latest import Latest
from service.behind.registers import Registers
from service.behind.rows import Rows, Sources
from service.domain.model import first_model
from service.projections import closure, system_picture, trust_picture
from service.projections.history import History
from service.projections.version import FOLD
from service.store import current, progress, reading
from tests.strategies import STORY, made, renamed, retracted, send, system, trust, writing

MODEL = first_model().full_name
DAY = dt.date(2026, 11, 24)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        """Return the time that was set."""
        return self.time


@pytest.fixture
async def clock() -> Clock:
    """A clock at noon."""
    return Clock()


@pytest.fixture
async def sources(dsn: str, clock: Clock) -> AsyncIterator[Sources]:
    """What rows are made from, of a process that has just started."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        latest = Latest(pool)
        yield Sources(latest, Histories(pool, latest), Registers(pool), clock)


@pytest.fixture
async def story(dsn: str, connection: asyncpg.Connection) -> asyncpg.Connection:
    """A log that holds the story of Surrey and Sussex."""
    async with writing(dsn) as writer:
        await send(writer, *(json.loads(line) for line in STORY.read_bytes().splitlines()))
    return connection


async def every(connection: asyncpg.Connection) -> dict[str, current.Row]:
    """Return all rows by organisation."""
    codes = await current.held(connection, FOLD, MODEL)
    found = [await current.one(connection, code, FOLD, MODEL) for code in codes]
    return {row.organisation: row for row in found if row is not None}


async def again(sources: Sources, row: current.Row) -> current.Row:
    """Return a row made anew with nothing at hand."""
    pool = sources.latest._pool
    cold = fresh.AtHand(Histories(pool, sources.latest), Registers(pool))
    return await fresh.row(cold, row.organisation, row.position, row.on_date)


async def test_every_organisation_has_a_row_that_equals_a_fresh_one(story, sources):
    """Trusts, systems, closed ones: one row each, byte for byte what the log gives."""
    assert await Rows(sources).step(story) is False
    rows = await every(story)
    assert sorted(rows) == await current.everybody(story)
    assert {row.kind for row in rows.values()} == {"trust", "system", "unregistered"}
    for row in rows.values():
        assert row == await again(sources, row)
        assert row.fault is None
    (told,) = await progress.progress(story)
    assert (told.worker, told.position, told.waiting_since) == ("rows", told.head, None)


async def test_a_trusts_row_holds_the_picture_that_the_api_answers(story, sources):
    """What rows read less of the others changes nothing in a trust's picture."""
    await Rows(sources).step(story)
    head = (await reading.head(story)).position
    for row in (await every(story)).values():
        histories = {}
        while wanted := closure.missing(row.organisation, histories):
            for code in wanted:
                histories[code] = await sources.histories.load(code, head)
        if row.kind == "trust":
            picture = trust_picture.picture(row.organisation, histories, DAY)
            assert row.picture == fresh._ENCODER.encode(picture).decode()
        if row.kind != "system":
            continue
        whole = system_picture.picture(row.organisation, histories, DAY)
        light = json.loads(row.picture)
        assert [m["code"] for m in light["hosts"]] == [m.code for m in whole.hosts]
        assert light["moves"] == json.loads(fresh._ENCODER.encode(whole.moves))


async def test_only_what_rests_on_a_history_that_grew_is_made_anew(story, sources, dsn):
    """A trust's own event: its row and its successor's. A move: also those of its systems."""
    rows = Rows(sources)
    await rows.step(story)
    before = await every(story)
    (successor,) = {row.organisation for row in before.values() if "RXH" in row.rests_on} - {"RXH"}
    async with writing(dsn) as writer:
        plain = made("IncomeReported", "RXH", {"financial_year": "2019/20", "pence": 5})
        await send(writer, plain)
        await rows.step(story)
        after = await every(story)
        assert changed(before, after) == {"RXH", successor}
        await send(writer, renamed("RTP", name="Anew"))
        await rows.step(story)
    moved = changed(after, await every(story))
    resting = {r.organisation for r in after.values() if "RTP" in r.rests_on + r.placed_by}
    assert moved == resting
    assert {"trust", "system"} <= {after[code].kind for code in moved}


def changed(before: dict[str, current.Row], after: dict[str, current.Row]) -> set[str]:
    """Return whose rows were made anew."""
    return {code for code, row in after.items() if row != before.get(code)}


async def test_however_the_log_is_cut_into_steps_the_rows_are_the_same(dsn, connection, sources):
    """Step by step after each event, or at once at the end: picture by picture the same bytes."""
    rows = Rows(sources)
    async with writing(dsn) as writer:
        for line in STORY.read_bytes().splitlines():
            await send(writer, json.loads(line))
            await rows.step(connection)
    one_by_one = await every(connection)
    await connection.execute("DELETE FROM current_pictures")
    await connection.execute("DELETE FROM behind")
    await Rows(sources).step(connection)
    at_once = await every(connection)
    assert {c: r.picture for c, r in one_by_one.items()} == {
        c: r.picture for c, r in at_once.items()
    }
    assert {c: r.rests_on for c, r in one_by_one.items()} == {
        c: r.rests_on for c, r in at_once.items()
    }


async def test_a_row_is_never_overwritten_by_one_that_knew_less(story, sources):
    """A slow process cannot put back what another has taken further."""
    await Rows(sources).step(story)
    before = await every(story)
    head = before["RTP"].position
    older = await fresh.row(
        fresh.AtHand(sources.histories, sources.registers), "RTP", head - 30, DAY
    )
    yesterday = await fresh.row(
        fresh.AtHand(sources.histories, sources.registers), "RTP", head, DAY - dt.timedelta(1)
    )
    for late in (older, yesterday):
        await current.write(story, FOLD, MODEL, [late])
        assert await every(story) == before


async def test_at_midnight_in_london_all_rows_become_those_of_the_day(story, sources, clock):
    """The day changes without an event: rows of the day before are made anew, in bounded steps."""
    rows = Rows(sources)
    await rows.step(story)
    clock.time = dt.datetime(2026, 11, 25, 0, 0, 1, tzinfo=dt.UTC)
    while await rows.step(story):
        pass
    assert {row.on_date for row in (await every(story)).values()} == {dt.date(2026, 11, 25)}
    clock.time = dt.datetime(2027, 7, 1, 22, 59, tzinfo=dt.UTC)  # 23:59 of summer time
    await rows.step(story)
    clock.time = dt.datetime(2027, 7, 1, 23, 1, tzinfo=dt.UTC)
    await rows.step(story)
    assert {row.on_date for row in (await every(story)).values()} == {dt.date(2027, 7, 2)}


async def test_one_picture_that_cannot_be_made_parks_that_row_alone(
    story, sources, monkeypatch, clock
):
    """It is marked with its fault, all others are made; it is tried again on the next day."""
    whole = trust_picture.picture

    def broken(code, *given):
        if code == "RTP":
            raise ZeroDivisionError("no picture")
        return whole(code, *given)

    monkeypatch.setattr(fresh.trust_picture, "picture", broken)
    rows = Rows(sources)
    await rows.step(story)
    found = await every(story)
    assert found["RTP"].fault == "ZeroDivisionError"
    assert [r.organisation for r in found.values() if r.fault] == ["RTP"]
    assert len(found) == len(await current.everybody(story))
    monkeypatch.setattr(fresh.trust_picture, "picture", whole)
    clock.time += dt.timedelta(days=1)
    while await rows.step(story):
        pass
    assert (await every(story))["RTP"] == await again(sources, (await every(story))["RTP"])


async def test_rows_of_another_fold_version_are_beside_and_not_mixed_in(story, sources):
    """A new release makes its own; users of SQL see those that are worked on, lists their own."""
    await story.execute(
        "INSERT INTO behind (worker, fold, position, progressed_at) VALUES ('rows', '0', 9, $1)",
        sources.now() - dt.timedelta(days=1),
    )
    await story.execute(
        "INSERT INTO current_pictures (organisation, fold, model, on_date, position, last_position,"
        " kind, name, status, rests_on, placed_by, summary)"
        " VALUES ('RTP', '0', $1, $2, 10000, 9, 'trust', 'Old', 'open', '{RTP}', '{}', '{}')",
        MODEL, DAY,
    )  # fmt: skip
    seen = "SELECT name FROM current_rows WHERE organisation = 'RTP'"
    assert [row["name"] for row in await story.fetch(seen)] == ["Old"]
    await Rows(sources).step(story)
    (row,) = await story.fetch(seen)
    assert row["name"] == (await every(story))["RTP"].name != "Old"


async def test_a_poison_event_marks_its_dimension_in_the_row(story, sources):
    """What cannot be read is a value in the picture; the row is made, and so are all others."""
    await story.execute(
        """
        INSERT INTO events SELECT position + 1, gen_random_uuid(), 'RTP', 9999, 'CultureSurveyed',
            1, effective, recorded_at, recorded_by, NULL, '{"data":7}', NULL, NULL, policy, salt,
            hash
        FROM events ORDER BY position DESC LIMIT 1
        """
    )
    await story.execute("UPDATE log_head SET position = position + 1")
    await Rows(sources).step(story)
    rows = await every(story)
    head = (await reading.head(story)).position
    assert json.loads(rows["RTP"].picture)["unreadable"] == {"culture": [head]}
    assert [r.organisation for r in rows.values() if r.fault] == []


async def test_an_organisation_whose_registration_is_retracted_is_listed_no_more(
    dsn, connection, sources
):
    """Its row stays, as of one that is neither trust nor system."""
    rows = Rows(sources)
    async with writing(dsn) as writer:
        wrong = trust("RXX")
        await send(writer, trust("RTP"), system("QXU"), wrong)
        await rows.step(connection)
        await send(writer, retracted(wrong, "RXX"))
        await rows.step(connection)
    kinds = {code: row.kind for code, row in (await every(connection)).items()}
    assert kinds == {"RTP": "trust", "QXU": "system", "RXX": "unregistered"}
    listed = await current.listed(connection, FOLD, MODEL, ["trust"])
    assert [row.organisation for row in listed] == ["RTP"]


async def test_users_of_sql_find_levels_and_figures(story, sources):
    """One line an organisation and dimension, and one a figure, as the pictures say them."""
    await Rows(sources).step(story)
    rows = await every(story)
    lines = await story.fetch("SELECT * FROM current_levels")
    told = {(line["organisation"], line["dimension"]): line for line in lines}
    for row in rows.values():
        if row.kind == "trust":
            for dimension, answer in json.loads(row.picture)["levels"].items():
                line = told.pop((row.organisation, dimension))
                assert (line["level"], line["settled"]) == (answer["level"], answer["settled"])
                assert line["freshness"] == answer["evidence_age"]["state"]
    assert told == {}
    figures = await story.fetch("SELECT * FROM current_measures WHERE organisation = 'RTP'")
    names = {(line["dimension"], line["measure"]) for line in figures}
    assert len(names) == len(figures) > 3


async def test_the_documented_statement_counts_as_a_systems_picture_does(story, sources):
    """Users of SQL get a system's counts by joining what its row does not hold."""
    await Rows(sources).step(story)
    text = (Path(__file__).parents[2] / "docs" / "behind.md").read_text(encoding="utf-8")
    (statement,) = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    counted: dict[str, dict[str, dict[str, int]]] = {}
    for line in await story.fetch(statement):
        levels = counted.setdefault(line["host"], {}).setdefault(line["dimension"], {})
        levels[line["level"]] = line["trusts"]
    head = (await reading.head(story)).position
    histories: dict[str, History] = {}
    while wanted := closure.missing("S9B9J", histories):
        for code in wanted:
            histories[code] = await sources.histories.load(code, head)
    whole = system_picture.picture("S9B9J", histories, DAY)
    assert whole.counts
    for dimension, count in whole.counts.items():
        there = {level: number for level, number in count.levels.items() if number}
        assert counted["S9B9J"].get(dimension, {}) == there


@pytest.mark.parametrize("position", [1, 10**6], ids=["set back", "beyond the end"])
async def test_a_position_that_was_changed_by_hand_is_a_loud_fault(story, sources, position):
    """Nothing is made from there; the text says the way out."""
    rows = Rows(sources)
    await rows.step(story)
    await story.execute("UPDATE behind SET position = $1", position)
    with pytest.raises(progress.MovedError, match="capmap rebuild"):
        await rows.step(story)
