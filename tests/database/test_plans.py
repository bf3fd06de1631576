"""How PostgreSQL answers the hot statements: by the indexes that each one's comment names."""

from __future__ import annotations

import asyncio
import json
import os
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from service.store import appending, disclosed, reading, scoped, verifying
from tests.conftest import at, execute

ROWS = 20_000
ORGANISATIONS = 50
SEED = f"""
INSERT INTO events (position, id, organisation, version, type, type_version, effective, recorded_at,
                    recorded_by, about, body, policy, salt, hash)
SELECT n, lpad(n::text, 32, '0')::uuid, 'R' || lpad((n % {ORGANISATIONS})::text, 2, '0'),
       (n - 1) / {ORGANISATIONS} + 1,
       CASE WHEN n % 20 = 0 THEN 'EventDisputed' WHEN n % 400 = 14 THEN 'EventRetracted'
            WHEN n % 400 = 7 THEN 'TrustMerged' WHEN n % 400 = 13 THEN 'SystemJoinedSystem'
            WHEN n % 2 = 0 THEN 'LeaderLeft' ELSE 'LeaderAppointed' END,
       1, date '2016-04-01' + n % 3650, timestamptz '2026-01-01Z' + n * interval '1 second',
       'local', CASE WHEN n % 20 = 0 OR n % 400 = 14
            THEN lpad((n - 7)::text, 32, '0')::uuid END,
       convert_to(repeat('x', 400), 'UTF8'), 'exact', decode(repeat('00', 16), 'hex'),
       decode(repeat('00', 32), 'hex')
FROM generate_series(1, {ROWS}) AS n
"""
MENTIONED = f"""
INSERT INTO mentions (organisation, position)
SELECT 'R' || lpad((n / 10 % {ORGANISATIONS})::text, 2, '0'), n
FROM generate_series(1, {ROWS}, 10) AS n
"""
PLACES = {"zero": 0, "half way": ROWS // 2, "head": ROWS - 100}
ANYTHING = (None,) * 6
EXACT = ["R07", "R08"]
"""Of whom everything is given."""
DISCLOSED = disclosed.STATEMENTS["people-v1"]


def key(position: int) -> uuid.UUID:
    """Return the id of the event at a position."""
    return uuid.UUID(f"{position:032d}")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every node of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def promised(statement: str) -> set[str]:
    """Return the indexes that the statement's comment names."""
    comment = " ".join(re.findall(r"^--(.*)$", statement, re.MULTILINE))
    return set(re.findall(r"\b(?:events|mentions)_[a-z_]+", comment.partition("Index")[2]))


@pytest.fixture(scope="module")
def seeds(server: str, template: str) -> Iterator[str]:
    """Address of a log of 20,000 events of 50 organisations, known to the planner."""
    name = f"capmap_seeds_{os.getpid()}"
    asyncio.run(execute(server, f"CREATE DATABASE {name} TEMPLATE {template}"))
    asyncio.run(execute(at(server, name), SEED, MENTIONED, "ANALYZE events, mentions"))
    yield at(server, name)
    asyncio.run(execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def seeded(seeds: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect to that log; what a test adds to it is rolled back."""
    connection = await asyncpg.connect(seeds)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


async def plans(
    connection: asyncpg.Connection, statement: str, given: tuple[object, ...]
) -> list[list[dict[str, Any]]]:
    """Return the nodes of both plans: the one for these values, and the one kept for any values."""
    found = []
    for mode in ("force_custom_plan", "force_generic_plan"):
        await connection.execute(f"SET plan_cache_mode = {mode}")
        prepared = await connection.prepare(statement)
        (explained,) = await prepared.explain(*given)
        found.append(list(nodes(explained["Plan"])))
    return found


def check(
    found: list[dict[str, Any]],
    statement: str,
    *,
    sorts: bool,
    every: bool = True,
    also: frozenset[str] = frozenset(),
) -> None:
    """Assert that a plan uses the promised indexes and no other, and sorts only where it may.

    every: all that are promised are used. also: what may be used where it reads nothing.
    """
    shown = json.dumps(found[0], indent=1)
    kinds = {node["Node Type"] for node in found}
    used = {node["Index Name"] for node in found if "Index Name" in node}
    assert used, shown
    assert used <= promised(statement) | also, shown
    assert not every or used == promised(statement), shown
    assert "Seq Scan" not in kinds, shown
    assert sorts or not kinds & {"Sort", "Incremental Sort"}, shown


@pytest.mark.parametrize("place", PLACES)
async def test_pages_cost_the_same_wherever_they_begin(
    seeded: asyncpg.Connection, place: str
) -> None:
    """A page of the log is read off its key in order, never sorted."""
    after = PLACES[place]
    for statement, given in (
        (reading.PAGE, (after, ROWS, 100)),
        (reading.FILTERED, (after, ROWS, 100, *ANYTHING)),
        (DISCLOSED[reading.PAGE], (after, ROWS, 100, EXACT)),
        (DISCLOSED[reading.FILTERED], (after, ROWS, 100, *ANYTHING, EXACT)),
    ):
        for found in await plans(seeded, statement, given):
            check(found, statement, sorts=False)


@pytest.mark.parametrize("place", PLACES)
async def test_an_organisation_s_page_comes_from_its_index(
    seeded: asyncpg.Connection, place: str
) -> None:
    """A page of one organisation reads its entries of the index in order; a rest may be sorted."""
    given = (PLACES[place], ROWS, 100, *ANYTHING, "R07")
    for statement, more in (
        (reading.OF_ORGANISATION, ()),
        (DISCLOSED[reading.OF_ORGANISATION], (EXACT,)),
    ):
        for found in await plans(seeded, statement, (*given, *more)):
            check(found, statement, sorts=place == "head")


@pytest.mark.parametrize("place", PLACES)
async def test_a_scope_s_page_comes_from_the_indexes_of_its_organisations(
    seeded: asyncpg.Connection, place: str
) -> None:
    """Of each organisation no more than a page is read, wherever it begins; then it is sorted."""
    given = (PLACES[place], ROWS, 100, *ANYTHING, ["R07", "R08", "R09"], None)
    many = (scoped.OF_ORGANISATIONS, ()), (DISCLOSED[scoped.OF_ORGANISATIONS], (EXACT,))
    for statement, more in many:
        for found in await plans(seeded, statement, (*given, *more)):
            check(found, statement, sorts=True, every=False)
    for found in await plans(seeded, scoped.NAMED_AT, ([PLACES[place] + 1, PLACES[place] + 11],)):
        check(found, scoped.NAMED_AT, sorts=True)


async def test_what_organisations_are_comes_from_their_entries_of_the_index(
    seeded: asyncpg.Connection,
) -> None:
    """Where partners belong is read off their own entries, however long the log is."""
    for found in await plans(seeded, reading.BELONGING, (0, ROWS)):
        check(found, reading.BELONGING, sorts=True)


@pytest.mark.parametrize("place", PLACES)
async def test_a_history_comes_from_its_indexes(seeded: asyncpg.Connection, place: str) -> None:
    """A history up to any position reads one organisation's entries and mentions, if there are."""
    for statement, more in ((reading.HISTORY, ()), (DISCLOSED[reading.HISTORY], (EXACT,))):
        for found in await plans(seeded, statement, ("R07", 0, PLACES[place] or 1, *more)):
            check(found, statement, sorts=True, every=False)


@pytest.mark.parametrize("place", PLACES)
async def test_what_runs_behind_finds_what_grew_by_index(
    seeded: asyncpg.Connection, place: str
) -> None:
    """Whose histories grew, how long their tails are and who is named reads no whole relation."""
    at = PLACES[place]
    for found in await plans(seeded, reading.TOUCHED, (at, at + 100)):
        check(found, reading.TOUCHED, sorts=True)
    for found in await plans(seeded, reading.TAILS, (["R07", "R08"], [at, at], at + 100)):
        check(found, reading.TAILS, sorts=False, every=False)
    for found in await plans(seeded, reading.MENTIONED, (at + 1, at + 100)):
        check(found, reading.MENTIONED, sorts=True)


@pytest.mark.parametrize("place", PLACES)
async def test_one_event_and_all_about_it_come_by_its_id(
    seeded: asyncpg.Connection, place: str
) -> None:
    """One event, what is about it, and whether ids are known, are looked up by index alone."""
    one = key(PLACES[place] + 13)
    for statement, given in (
        (reading.ONE, (one,)),
        (reading.ABOUT, (one,)),
        (DISCLOSED[reading.ONE], (one, EXACT)),
        (DISCLOSED[reading.ABOUT], (one, EXACT)),
        (appending.SEEN, ([key(PLACES[place] + n) for n in range(1, 33)],)),
    ):
        for found in await plans(seeded, statement, given):
            check(found, statement, sorts=statement in {reading.ABOUT, DISCLOSED[reading.ABOUT]})


async def test_versions_of_streams_come_from_both_ends_of_the_index(
    seeded: asyncpg.Connection,
) -> None:
    """The newest and the oldest event of a stream are one step into the index, without a sort."""
    for found in await plans(seeded, appending.STREAMS, (["R07", "R08", "R99"],)):
        check(found, appending.STREAMS, sorts=False)
        assert sum(node["Node Type"] == "Limit" for node in found) == 2


@pytest.mark.parametrize("place", PLACES)
async def test_what_events_refer_to_comes_by_id_with_who_was_named(
    seeded: asyncpg.Connection, place: str
) -> None:
    """Of some targets, all about them and the codes that each named: no scan of either table."""
    given = ([key(PLACES[place] + n) for n in (1, 13, 21, 33)],)
    for found in await plans(seeded, appending.REFERRED, given):
        check(found, appending.REFERRED, sorts=False)
    rows = await seeded.fetch(appending.REFERRED, *given)
    assert len(rows) > len(given[0])
    assert any(row["codes"] for row in rows)


async def test_links_come_from_the_few_events_that_make_them(seeded: asyncpg.Connection) -> None:
    """Mergers, memberships of systems and what is about them are read off indexes alone."""
    for found in await plans(seeded, appending.LINKED, ()):
        check(found, appending.LINKED, sorts=False)
    kinds = [row["type"] for row in await seeded.fetch(appending.LINKED)]
    assert sorted(set(kinds)) == ["EventRetracted", "SystemJoinedSystem", "TrustMerged"]


@pytest.mark.parametrize("place", PLACES)
async def test_verifying_reads_mentions_by_position(seeded: asyncpg.Connection, place: str) -> None:
    """A page's mentions, and those beyond the last event, come from the index by position."""
    given = (PLACES[place], PLACES[place] + 100)
    for found in await plans(seeded, verifying.NAMED, given):
        check(found, verifying.NAMED, sorts=True)
    for found in await plans(seeded, verifying.STRAY, (ROWS,)):
        check(found, verifying.STRAY, sorts=True)
