"""Administrative acts: written down with what they do, never changed, told to whom they concern."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import uuid
from pathlib import Path

import asyncpg
import httpx
import pytest
from click.testing import CliRunner

from service.api.rooms import MEMBER
from service.behind import rebuild
from service.cli import main, process
from service.domain import acts as domain
from service.domain.acts import Act
from service.domain.caller import LOCAL
from service.settings import load
from service.store import acts, reads
from service.store.reads import Read
from tests.database.test_access import OTHER, OWN, SIBLING, SYSTEM, app, asking, key
from tests.database.test_trace import uploaded
from tests.strategies import trust

__all__ = ["app"]  # the fixture

AT = dt.datetime(2026, 4, 1, 10, 30, tzinfo=dt.UTC)


async def told(client: httpx.AsyncClient, path: str = "acts") -> list[dict]:
    """Return acts as the API lists them, the newest first, page by page."""
    items, href = [], f"/api/v1/{path}?limit=2"
    while href:
        answer = await client.get(href)
        assert answer.status_code == 200, answer.text
        items, href = items + answer.json()["items"], answer.json()["next"]
    return items


async def test_a_key_is_made_and_revoked_with_its_acts(app):
    """Who made it, for whom; by the caller that the trace names, never by the operator's name."""
    async with asking(app, await key(app, "operator")) as operator:
        asked = {"name": "Ms Example", "roles": [f"lead:{SYSTEM}", f"viewer:{OWN}"]}
        made = (await operator.post("/api/v1/keys", json=asked)).json()["key"]
        for _ in range(2):
            await operator.post(f"/api/v1/keys/{made['id']}/revocation")
        found = [one for one in await told(operator) if one["object"] == f"key-{made['id']}"]
        assert [one["act"] for one in found] == ["key_revoked", "key_made"]
        for one in found:
            assert one["organisations"] == sorted([OWN, SYSTEM])
            assert one["detail"] == f"lead:{SYSTEM} viewer:{OWN}"
            assert one["by"].startswith("key-")
            assert "Ms Example" not in str(one)


async def test_an_organisation_sees_what_concerns_it_or_everybody(app):
    """A viewer of it sees neither others' acts nor of others whom an act concerns besides."""
    secret = await key(app, f"viewer:{OWN},{SIBLING}")
    await key(app, f"viewer:{OTHER}")
    await key(app, "analyst:all", f"viewer:{OTHER}")
    async with asking(app, secret) as viewer:
        found = await told(viewer, f"organisations/{OWN}/acts")
        assert [one["detail"] for one in found] == [
            "analyst:all", f"viewer:{OWN}", "operator",
        ]  # fmt: skip
        assert [one["everybody"] for one in found] == [True, False, True]
        assert found[1]["organisations"] == [OWN]
        refused = await viewer.get(f"/api/v1/organisations/{OTHER}/acts")
        assert refused.json()["type"] == "/problems/out_of_scope"
        assert (await viewer.get("/api/v1/acts")).json()["type"] == "/problems/not_allowed"
        wrong = await viewer.get(f"/api/v1/organisations/{OWN}/acts?cursor=LTE=")
        assert wrong.status_code == 422
    async with asking(app, await key(app, f"lead:{SYSTEM}")) as lead:
        assert (await lead.get(f"/api/v1/organisations/{OWN}/acts")).status_code == 403


async def test_what_an_operator_does_with_files_is_written_down(app):
    """Handed over, taken back, brought back; a submitter's own files are none of it."""
    async with asking(app, await key(app, f"submitter:{OWN}")) as owner:
        upload = await uploaded(owner)
    async with asking(app, await key(app, "operator")) as operator:
        before = len(await told(operator))
        rows = "id,type,organisation,effective,data.name,source.kind,source.reference,assurance"
        row = f"{uuid.uuid4()},TrustChanged,{OTHER},2026-03-01,Other,public,Register,public_record"
        files = {"file": ("rows.csv", f"{rows}\r\n{row}".encode())}
        sent = await operator.post("/api/v1/uploads", files=files)
        assert sent.status_code == 201, sent.text
        place = sent.headers["location"]
        for act in ("retraction", "retraction", "restoration"):
            answer = await operator.post(f"{place}/{act}")
            assert answer.status_code in {200, 201}, answer.text
        found = (await told(operator))[:-before]
        key_of_file = place.rpartition("/")[2]
        assert [(one["act"], one["object"], one["organisations"]) for one in found] == [
            ("upload_restored", key_of_file, [OTHER]), ("upload_retracted", key_of_file, [OTHER]),
            ("file_imported", key_of_file, [OTHER]),
        ]  # fmt: skip
        assert upload not in {one["object"] for one in found}


async def test_a_settled_dispute_is_written_down_however_it_came(app):
    """It concerns both sides; sent again it is one act."""
    dispute, settled = str(uuid.uuid4()), str(uuid.uuid4())
    async with (
        asking(app, await key(app, f"submitter:{OTHER}")) as owner,
        asking(app, await key(app, "operator")) as operator,
    ):
        listed = await owner.get(f"/api/v1/events?organisation={OTHER}")
        target = listed.json()["items"][0]["id"]
        answer = await owner.post(
            f"/api/v1/events/{target}/dispute",
            json={"id": dispute, "ground": "wrong_date", "organisation": OTHER},
        )
        assert answer.status_code == 201, answer.text
        for _ in range(2):
            answer = await operator.post(
                f"/api/v1/events/{dispute}/settlement",
                json={"id": settled, "outcome": "rejected"},
            )
            assert answer.status_code in {200, 201}, answer.text
        (found,) = [one for one in await told(operator) if one["act"] == "dispute_settled"]
    assert OTHER in found["organisations"]
    assert found["object"] == dispute


async def test_no_act_without_its_note(app, connection):
    """Where the act cannot be written down, what it would do is not done."""
    await connection.execute("ALTER TABLE acts RENAME TO elsewhere")
    room = app.state[MEMBER]
    before = await room.keyring.listed()
    with pytest.raises(asyncpg.UndefinedTableError):
        await key(app, "operator")
    with pytest.raises(asyncpg.UndefinedTableError):
        await room.keyring.revoke(before[0].id, LOCAL.id)
    assert await room.keyring.listed() == before


@pytest.mark.parametrize("table", ["acts", "act_concerns"])
@pytest.mark.parametrize("role", ["origin", "replica"])
async def test_the_database_refuses_to_change_acts(connection, table, role):
    """UPDATE, DELETE and TRUNCATE fail even for a superuser who plays a replica."""
    made = Act("key_made", AT, LOCAL.id, "key-1", frozenset({OWN}))
    await acts.note(connection, made)
    await connection.execute(f"SET session_replication_role = {role}")
    for statement in (
        f"UPDATE {table} SET number = DEFAULT" if table == "acts" else
        f"UPDATE {table} SET organisation = 'RYR'",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):  # fmt: skip
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
            await connection.execute(statement)
    assert [one.act for one in await acts.page_of(connection, OWN, 2**62, 10)] == [made]


def test_serving_without_access_is_an_act(dsn):
    """Whoever reaches the service is its operator then: everybody is told; with keys nobody is."""

    async def served(access: str) -> list[Act]:
        await process.prepare_to_serve(load({"CAPMAP_ACCESS": access}), dsn)
        connection = await asyncpg.connect(dsn)
        found = await acts.page_of(connection, OWN, 2**62, 10)
        await connection.close()
        return [one.act for one in found]

    assert asyncio.run(served("keys")) == []
    (act,) = asyncio.run(served("off"))
    assert (act.name, act.object) == ("served_without_access", "127.0.0.1:8000")


def test_a_file_without_a_receipt_is_an_act_by_its_digest(dsn, monkeypatch, tmp_path):
    """A batch that expects versions is recorded at once: no upload tells of it."""
    body = json.dumps({"events": [trust(OWN)], "expected_versions": {OWN: 0}}).encode()
    (tmp_path / "batch.json").write_bytes(body)
    monkeypatch.setenv("DATABASE_URL", dsn)
    done = CliRunner().invoke(main, ["events", "import", str(tmp_path / "batch.json")])
    assert done.exit_code == 0, done.output
    told = CliRunner().invoke(main, ["acts", "--organisation", OWN]).output.strip().split("  ")
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert told[1:] == ["local", "file_imported", digest, OWN, "1 events"]


def test_every_act_of_the_list_is_written_somewhere():
    """What the list promises is done by some module, under its name."""
    written = "".join(
        path.read_text(encoding="utf-8")
        for path in Path(domain.__file__).parents[1].rglob("*.py")
        if path != Path(domain.__file__)
    )
    assert [name for name in domain.NAMES if f'"{name}"' not in written] == []


def test_commands_tell_acts_and_reads(dsn, monkeypatch):
    """What was rebuilt is an act; `capmap acts` and `capmap reads` print a line each."""

    async def before() -> None:
        await rebuild.rebuild(dsn, lambda *_: None)
        connection = await asyncpg.connect(dsn)
        await acts.note(connection, Act("key_made", AT, LOCAL.id, "key-1", frozenset({OWN}), "x"))
        hour = AT.replace(minute=0)
        await reads.add(connection, [Read(OWN, hour, "key-1", "events", f"lead:{SYSTEM}", 1, 7)])
        await connection.close()

    def said(*asked: str) -> list[list[str]]:
        done = CliRunner().invoke(main, asked)
        assert done.exit_code == 0, done.output
        return [line.split("  ") for line in done.output.splitlines()]

    asyncio.run(before())
    monkeypatch.setenv("DATABASE_URL", dsn)
    key_made = ["2026-04-01 10:30Z", "local", "key_made", "key-1", OWN, "x"]
    every = said("acts")
    assert (every[0], every[1][2]) == (key_made, "rebuilt")
    assert said("acts", "--organisation", OWN.lower()) == [key_made]
    row = ["2026-04-01 10:00Z", "key-1", f"lead:{SYSTEM}", "events", "7"]
    assert said("reads", OWN.lower(), "--from", "2026-04-01", "--to", "2026-04-01") == [row]
    assert said("reads", OWN, "--to", "2026-03-31") == []
