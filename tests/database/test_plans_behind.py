"""How PostgreSQL answers what runs behind the log: by the indexes that each comment names."""

from __future__ import annotations

import asyncpg
import pytest

from service.behind.fresh import PLACING
from service.store import bodies, current, packs, progress, reading
from tests.database.test_plans import PLACES, ROWS, check, plans, seeded, seeds

__all__ = ["seeded", "seeds"]  # the fixtures

PACKS = """
INSERT INTO packs SELECT 'R' || lpad((n % 50)::text, 2, '0'), 'exact', '1', n / 50, n, n + 500,
    convert_to('pack', 'UTF8')
FROM generate_series(0, 4999) AS n
"""


@pytest.mark.parametrize("behind", [1, 100, 1000])
async def test_what_grew_is_read_off_the_end_of_the_log(
    seeded: asyncpg.Connection, behind: int
) -> None:
    """A step of the rows costs what was appended since the last, however long the log is."""
    given = (ROWS - behind, ROWS, list(PLACING))
    for found in await plans(seeded, current.GROWN, given):
        check(found, current.GROWN, sorts=True)


async def test_everybody_is_one_step_into_the_index_each(seeded: asyncpg.Connection) -> None:
    """All organisations of the log are found without reading it."""
    for found in await plans(seeded, current.EVERYBODY, ()):
        used = {node["Index Name"] for node in found if "Index Name" in node}
        assert used == {"events_organisation_position", "mentions_pkey"}
        assert "Seq Scan" not in {node["Node Type"] for node in found}


async def test_the_last_word_on_the_register_is_one_step_into_its_index(
    seeded: asyncpg.Connection,
) -> None:
    """Whether rows say what the log says is asked for each list."""
    for found in await plans(seeded, current.SAID, ()):
        check(found, current.SAID, sorts=False)


@pytest.mark.parametrize("place", PLACES)
async def test_a_rebuild_reads_the_log_in_order(seeded: asyncpg.Connection, place: str) -> None:
    """A page of bodies is read off the log's key, never sorted."""
    for found in await plans(seeded, bodies.BODIES, (PLACES[place], ROWS, 1000)):
        check(found, bodies.BODIES, sorts=False)


async def test_the_audit_looks_things_up_by_key(seeded: asyncpg.Connection) -> None:
    """One pack with the one before it, one row's placing events: no relation is read whole."""
    await seeded.execute(PACKS)
    await seeded.execute("ANALYZE packs")
    for found in await plans(seeded, packs.RUN, ("R07", "exact", "1", 9)):
        assert {node["Index Name"] for node in found if "Index Name" in node} == {"packs_pkey"}
    for found in await plans(seeded, current.PLACED, ("R07", ROWS, list(PLACING))):
        check(found, current.PLACED, sorts=True, every=False)


async def test_progress_and_its_mark_are_looked_up_by_key(seeded: asyncpg.Connection) -> None:
    """Each step asks for its position and the hash there."""
    for found in await plans(seeded, progress.REACHED, ("rows", "1")):
        used = {node["Index Name"] for node in found if "Index Name" in node}
        assert "events_pkey" in used
        assert not [
            n for n in found if n.get("Relation Name") == "events" and "Seq" in n["Node Type"]
        ]


async def test_histories_are_loaded_by_index_in_the_role_that_loads_them(
    seeded: asyncpg.Connection,
) -> None:
    """What confines a statement to one organisation costs it none of its indexes."""
    await seeded.execute(PACKS)
    await seeded.execute("ANALYZE packs")
    await seeded.execute("SET LOCAL ROLE capmap_read")
    for found in await plans(seeded, packs.PACKS, ("R07", "exact", "1", ROWS)):
        assert {node["Index Name"] for node in found if "Index Name" in node} == {"packs_pkey"}
        assert "Seq Scan" not in {node["Node Type"] for node in found}
    for place in PLACES.values():
        for found in await plans(seeded, reading.HISTORY, ("R07", 0, place or 1)):
            check(found, reading.HISTORY, sorts=True, every=False)


async def test_users_of_sql_read_an_organisation_s_events_by_index(
    seeded: asyncpg.Connection,
) -> None:
    """Who asks for one organisation, whatever else is granted, reads its entries alone."""
    await seeded.execute("INSERT INTO bi_grants VALUES (current_user, 'all', 'exact', now())")
    await seeded.execute("INSERT INTO bi_grants VALUES (current_user, 'R07', 'exact', now())")
    asked = "SELECT position FROM bi_events WHERE organisation = $1 AND position > $2"
    for found in await plans(seeded, asked, ("R07", ROWS // 2)):
        used = {name for node in found if (name := node.get("Index Name", "")).startswith("events")}
        assert used == {"events_organisation_position"}
        assert "events" not in {
            n.get("Relation Name") for n in found if n["Node Type"] == "Seq Scan"
        }
