"""Logins that read SQL directly: whom each sees is what its grants say at the time of asking."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from service.behind.histories import Histories
from service.behind.latest import Latest
from service.behind.registers import Registers
from service.behind.rows import Rows, Sources
from service.store import bi
from tests.conftest import Run
from tests.strategies import corrected, made, send, system, trust, writing

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LOGINS = ("reader", "board", "nation", "nobody")
TRAINED = {"course": "in_house", "tier": "introductory", "participant_group": "staff",
           "completions": 37, "by": [{"division": "med", "completions": 37}]}  # fmt: skip
ASSESSED = {"framework": "nhs_impact", "framework_version": "2023",
            "component": "leadership_behaviours", "stage": 3, "by": "executive",
            "participants": 14}  # fmt: skip
Logins = dict[str, asyncpg.Connection]


def named(login: str) -> str:
    """Return a login's name on the server under test."""
    return f"capmap_{login}_{os.getpid()}"


@pytest.fixture(scope="module", autouse=True)
def _logins(run: Run, template: str) -> Iterator[None]:
    """Make the logins, members of the group and of nothing else."""
    for login in LOGINS:
        run(f"CREATE ROLE {named(login)} LOGIN PASSWORD '{named(login)}' IN ROLE capmap_bi")
    yield
    for login in LOGINS:
        run(f"DROP ROLE {named(login)}")


def hosted(code: str, board: str, on: str = "2026-04-01") -> dict[str, Any]:
    """Return that a trust is hosted by a board from a day on."""
    return made("TrustJoinedSystem", code, {"system": board, "role": "host"}, effective=on)


@pytest.fixture
async def owner(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A log of two boards and three trusts, one of them with counts of people, and its rows."""
    trained = made("StaffTrained", "RTP", TRAINED)
    events = (
        system("QXU"), system("QNQ"), trust("RTP"), trust("RYR"), trust("RA2"),
        hosted("RTP", "QXU"), hosted("RYR", "QNQ"), trained,
        made("StaffTrained", "RYR", TRAINED | {"completions": 41, "by": []}),
        made("MaturityAssessed", "RTP", ASSESSED),
        corrected(trained, **TRAINED | {"completions": 38}),
    )  # fmt: skip
    async with writing(dsn) as writer:
        await send(writer, *events)
    connection = await asyncpg.connect(dsn)
    await refresh(dsn, connection)
    for login, code, disclosure in (
        ("reader", "RTP", "people-v1"), ("board", "QXU", "exact"), ("nation", "all", "people-v1"),
    ):  # fmt: skip
        await bi.grant(connection, bi.Given(named(login), code, disclosure, NOON))
    yield connection
    await connection.close()


async def refresh(dsn: str, connection: asyncpg.Connection) -> None:
    """Bring current rows up to the head of the log."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        latest = Latest(pool)
        sources = Sources(latest, Histories(pool, latest), Registers(pool), lambda: NOON)
        while await Rows(sources).step(connection):
            pass


@pytest.fixture
async def logins(dsn: str, owner: asyncpg.Connection) -> AsyncIterator[Logins]:
    """Connect as each login."""
    found = {
        login: await asyncpg.connect(dsn, user=named(login), password=named(login))
        for login in LOGINS
    }
    yield found
    for connection in found.values():
        await connection.close()


async def seen(connection: asyncpg.Connection, relation: str) -> set[str]:
    """Return the organisations of a relation's rows."""
    rows = await connection.fetch(f"SELECT organisation FROM {relation}")
    return {row["organisation"] for row in rows}


async def test_each_login_sees_whom_it_was_granted(logins: Logins) -> None:
    """A board's grant covers the trusts that it hosts; without a grant nothing is there."""
    expected = {
        "reader": {"RTP"}, "board": {"QXU", "RTP"},
        "nation": {"QXU", "QNQ", "RTP", "RYR", "RA2"}, "nobody": set(),
    }  # fmt: skip
    for login, codes in expected.items():
        assert await seen(logins[login], "bi_organisations") == codes
        assert await seen(logins[login], "bi_events") == codes


async def test_pictures_are_for_grants_of_exact_counts(logins: Logins) -> None:
    """Rows that hold exact counts are the board's, and nobody's whose grant does not say exact."""
    views = ("current_pictures", "current_rows", "current_levels", "current_measures")
    for view in views:
        assert (await seen(logins["board"], view)) - {"QXU"} == {"RTP"}
        for login in ("reader", "nation", "nobody"):
            assert await seen(logins[login], view) == set()


async def test_counts_are_disclosed_as_granted(owner: asyncpg.Connection, logins: Logins) -> None:
    """Rounded readers get the payload that was made for them, without parts; others as recorded."""
    asked = "SELECT type, data, disclosure FROM bi_events WHERE organisation = 'RTP' AND type = $1"
    trained, correction = "StaffTrained", "EventCorrected"
    exact = json.loads((await logins["board"].fetchrow(asked, trained))["data"])
    assert (exact["completions"], exact["by"]) == (37, TRAINED["by"])
    for login in ("reader", "nation"):
        row = await logins[login].fetchrow(asked, trained)
        given = json.loads(row["data"])
        hidden = await owner.fetchval("SELECT disclosed FROM events WHERE type = $1", trained)
        assert (row["disclosure"], given) == ("people-v1", json.loads(hidden))
        assert given["completions"] % 5 == 0
        assert "by" not in given
        put = json.loads((await logins[login].fetchrow(asked, correction))["data"])
        assert put["data"]["completions"] % 5 == 0
        assert "event" not in put  # an id may follow from what the row counted


async def test_nothing_else_can_be_read_nor_anything_changed(logins: Logins) -> None:
    """Keys, secrets, files, bytes, salts, ids and other logins' grants are out of reach."""
    refused = (
        "SELECT hash FROM keys", "SELECT * FROM events", "SELECT * FROM mentions",
        "SELECT secret FROM log_secret", "SELECT * FROM log_head", "SELECT * FROM uploads",
        "SELECT * FROM upload_files", "SELECT * FROM upload_staged", "SELECT * FROM trial_events",
        "SELECT * FROM return_drafts", "SELECT * FROM packs", "SELECT * FROM history_events",
        "SELECT error FROM behind", "INSERT INTO bi_grants VALUES ('x', 'all', 'exact', now())",
        "UPDATE bi_grants SET disclosure = 'exact'", "DELETE FROM bi_grants",
        "UPDATE current_pictures SET host = 'QXU'", "CREATE TABLE mine (n integer)",
        "SET ROLE capmap_serve", "SET ROLE capmap_read", "SELECT pg_read_file('PG_VERSION')",
        "COPY bi_events TO PROGRAM 'cat'", "CREATE OR REPLACE VIEW bi_reach AS SELECT 'RTP', true",
        "ALTER TABLE current_pictures DISABLE ROW LEVEL SECURITY",
    )  # fmt: skip
    for statement in refused:
        try:
            await logins["nation"].execute(statement)
        except asyncpg.InsufficientPrivilegeError:
            pass
        else:
            pytest.fail(f"was done: {statement}")
    own = await logins["reader"].fetch("SELECT login FROM bi_grants")
    assert [row["login"] for row in own] == [named("reader")]
    columns = await logins["reader"].fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'bi_events'::regclass"
    )
    assert {row["attname"] for row in columns}.isdisjoint({"id", "salt", "hash", "recorded_by"})


async def test_self_assessments_are_not_among_the_events(logins: Logins) -> None:
    """What a body thinks of itself is others' only once it is shared, which SQL does not judge."""
    for login in LOGINS:
        rows = await logins[login].fetch("SELECT type FROM bi_events")
        assert not [row for row in rows if row["type"].startswith("Maturity")]


@pytest.mark.parametrize("relation", ["bi_events", "bi_organisations", "current_rows"])
async def test_a_condition_that_tells_what_it_looks_at_is_told_no_more(
    logins: Logins, relation: str
) -> None:
    """A cheap function in a condition is not run on rows of others before they are left out."""
    heard: list[str] = []
    login = logins["board"]
    login.add_log_listener(lambda _, message: heard.append(message.message))
    await login.execute(
        "CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS"
        " $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"
    )
    await login.fetch(f"SELECT 1 FROM {relation} WHERE pg_temp.tell(organisation)")
    assert set(heard) == {"QXU", "RTP"}


async def test_a_former_host_sees_a_trust_no_longer(
    dsn: str, owner: asyncpg.Connection, logins: Logins
) -> None:
    """The host is today's: once the trust has another, the grant covers it no more."""
    async with writing(dsn) as writer:
        await send(writer, hosted("RTP", "QNQ", "2026-06-01"))
    await refresh(dsn, owner)
    for relation in ("bi_organisations", "bi_events", "current_rows"):
        assert await seen(logins["board"], relation) == {"QXU"}


async def test_a_grant_that_was_taken_is_over_at_once(
    owner: asyncpg.Connection, logins: Logins
) -> None:
    """The next statement of a session that is open sees nothing."""
    assert await seen(logins["reader"], "bi_events") == {"RTP"}
    assert await bi.revoke(owner, named("reader"), None) == ["RTP"]
    assert await seen(logins["reader"], "bi_events") == set()


async def test_whoever_takes_the_group_s_own_role_sees_nothing(logins: Logins) -> None:
    """Grants are a login's own: as the group itself nobody has one."""
    await logins["board"].execute("SET ROLE capmap_bi")
    for relation in ("bi_organisations", "bi_events", "current_pictures"):
        assert await seen(logins["board"], relation) == set()
