"""How PostgreSQL answers what the trace asks: by the indexes that each comment names."""

from __future__ import annotations

import datetime as dt
import re

import asyncpg
import pytest

from service.store import acts, reads
from tests.database.test_plans import plans

ROWS = 20_000
READS = f"""
INSERT INTO reads SELECT 'R0' || n % 5, timestamptz '2026-01-01Z' + n / 50 * interval '1 hour',
    'key-' || n / 5 % 10, 'picture', 'lead:QXU', 1, n
FROM generate_series(0, {ROWS - 1}) AS n
"""
ACTS = f"""
INSERT INTO acts (at, by, act, object, detail, organisations)
SELECT now(), 'local', 'key_made', 'key-' || n, '', ARRAY['R' || lpad((n % 50)::text, 2, '0')]
FROM generate_series(1, {ROWS}) AS n
"""
CONCERNED = """
INSERT INTO act_concerns SELECT CASE WHEN number % 100 = 0 THEN 'all' ELSE organisations[1] END,
    number FROM acts
"""
HALF = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=200)
EVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
ASKED = (
    (reads.PAGE, ("R02", EVER, HALF, "key-7", "picture", "lead:QXU", 1, 100), False),
    (reads.PAGE, ("R02", HALF, HALF + dt.timedelta(days=9), "", "", "", 0, 100), False),
    (reads.FORGET, (HALF - dt.timedelta(hours=199),), True),
    (acts.PAGE, (2**63 - 1, 100), False),
    (acts.PAGE_OF, (2**63 - 1, 100, "R07"), True),
    (acts.PAGE_OF, (ROWS // 2, 100, "R07"), True),
)
"""Each statement, what it is asked with, and whether the rows of its page may be sorted."""


@pytest.fixture
async def grown(connection: asyncpg.Connection) -> asyncpg.Connection:
    """A database with many reads and acts, known to the planner."""
    for statement in (READS, ACTS, CONCERNED, "ANALYZE reads, acts, act_concerns"):
        await connection.execute(statement)
    return connection


async def test_it_is_found_by_its_index(grown):
    """However long the trace is, no relation is read whole, and a page comes in its order."""
    for statement, given, sorts in ASKED:
        promised = set(re.findall(r"\b(?:reads|acts|act_concerns)_\w+", statement))
        for found in await plans(grown, statement, given):
            used = {node["Index Name"] for node in found if "Index Name" in node}
            kinds = {node["Node Type"] for node in found}
            assert used == promised or (statement == reads.FORGET and used and used < promised), (
                used
            )
            assert "Seq Scan" not in kinds, statement
            assert sorts or not kinds & {"Sort", "Incremental Sort"}, statement
