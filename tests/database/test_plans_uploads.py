"""The plans of what uploads ask: by index, on tables that have grown and were never looked at."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from service.store import appending, receipts, staged

CHUNKS = 3000


@pytest.fixture
async def grown(connection) -> Any:
    """A database with an upload of many chunks, and a log of many events, both analysed."""
    await connection.execute(
        "INSERT INTO upload_outcomes SELECT '00000000-0000-0000-0000-000000000001', number, 1, 0,"
        " 0, ARRAY[number], '' FROM generate_series(0, $1::integer) AS number", CHUNKS,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO upload_staged SELECT '00000000-0000-0000-0000-000000000001', number, '{}', ''"
        " FROM generate_series(0, $1::integer) AS number", CHUNKS,
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO events SELECT number, gen_random_uuid(), 'RTP', number, 'X', 1, now(), now(),"
        " 'x', NULL, '', NULL, NULL, 'p', '', '' FROM generate_series(1, 20000) AS number"
    )
    await connection.execute("ANALYZE")
    return connection


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a plan's nodes."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


UPLOAD = uuid.UUID(int=1)
ASKED = (
    (receipts.SETTLED, ([UPLOAD] * 2, [5, 6]), "upload_outcomes_pkey"),
    (receipts.OUTCOMES, (UPLOAD, 5, 6), "upload_outcomes_pkey"),
    (staged.PENDING, (UPLOAD, 2900, 16), "upload_staged_pkey"),
    (staged.RECORDED, (list(range(1, 1001)),), "events_pkey"),
    (appending.SEEN, ([uuid.uuid4() for _ in range(1000)],), "events_id"),
)


@pytest.mark.parametrize(("statement", "values", "index"), ASKED)
async def test_it_is_found_by_its_index(grown, statement, values, index):
    """However many are asked for, no relation is read whole."""
    found = await grown.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *values)
    plan = list(nodes(json.loads(found)[0]["Plan"]))
    assert index in {node.get("Index Name") for node in plan}
    assert [node["Relation Name"] for node in plan if node["Node Type"] == "Seq Scan"] == []
