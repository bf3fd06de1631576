"""Access by keys: every route, every role, every kind of organisation; who is nobody is told so."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from litestar import Litestar, get

from service.api import access
from service.api.rooms import MEMBER
from service.app import build, opened
from service.domain.caller import LOCAL, Caller
from service.domain.envelope import OPERATOR_ASSURANCE
from service.domain.problems import Problem
from service.domain.register import BY_NAME
from service.domain.roles import GIVES, PERMISSIONS
from service.domain.samples import sample
from service.door.granting import NewKey, wanted
from service.door.keyring import KEPT, Keyring, hashed
from service.settings import load
from service.store.uploads import Upload
from service.submitting import recording
from tests.strategies import trust

SYSTEM, REGION = "QZA", "ZRG"
"""A board, and a system of systems that it is a member of."""
OWN, SIBLING, PARTNER, OTHER, CLOSED, ABSORBED, FORMER = (
    "TAA", "TBB", "TPP", "TXX", "TCC", "TDD", "TFF",
)  # fmt: skip
TRUSTS = (OWN, SIBLING, PARTNER, OTHER, CLOSED, ABSORBED, FORMER)


def event(kind: str, organisation: str, data: dict, on: str = "2020-04-01") -> dict:
    """Return an event that the operator records."""
    return {
        "id": str(uuid.uuid4()), "type": kind, "organisation": organisation, "effective": on,
        "data": data, "source": {"kind": "public", "reference": "Register"},
        "assurance": "public_record",
    }  # fmt: skip


def system(code: str, kind: str) -> dict:
    """Return the registration of a system."""
    return event("SystemEstablished", code, {"name": f"System {code}", "kind": kind}, "2016-04-01")


def joined(code: str, role: str, board: str = SYSTEM) -> dict:
    """Return that a trust joined a board."""
    return event("TrustJoinedSystem", code, {"system": board, "role": role})


def world() -> list[dict]:
    """Return the log of the matrix: a board with every kind of neighbour, as it is today."""
    return [
        system(SYSTEM, "ics"), system("QZB", "ics"), system(REGION, "region"),
        *map(trust, TRUSTS),
        event("SystemJoinedSystem", SYSTEM, {"system": REGION}),
        *(joined(code, "host") for code in (OWN, SIBLING, CLOSED, ABSORBED, FORMER)),
        joined(PARTNER, "partner"), joined(OTHER, "host", "QZB"),
        event("TrustClosed", CLOSED, {}, "2022-04-01"),
        event("TrustMerged", ABSORBED, {"into": OWN, "kind": "merger"}, "2022-04-01"),
        event("TrustLeftSystem", FORMER, {"system": SYSTEM},
              "2023-04-01"),
    ]  # fmt: skip


SEEN = {
    f"submitter:{OWN}": {OWN, ABSORBED},
    f"viewer:{OWN}": {OWN, ABSORBED},
    f"viewer:{ABSORBED}": {ABSORBED},
    f"viewer:{CLOSED}": {CLOSED},
    f"lead:{SYSTEM}": {SYSTEM, OWN, SIBLING, ABSORBED},
    f"lead:{REGION}": {REGION, OWN, SIBLING, ABSORBED},
    f"analyst:{SYSTEM}": {SYSTEM, OWN, SIBLING, ABSORBED},
    "analyst:all": {*TRUSTS, SYSTEM, "QZB", REGION},
    "operator": {*TRUSTS, SYSTEM, "QZB", REGION},
}
"""Whom each role sees today."""
EVERYBODY = sorted({*TRUSTS, SYSTEM, "QZB", REGION})


@pytest.fixture
async def app(dsn: str) -> AsyncIterator[Litestar]:
    """The application with access by keys, whose log holds the matrix's world."""
    settings = load({"CAPMAP_ACCESS": "keys", "CAPMAP_FAILURES_PER_MINUTE": "100000"})
    made = build(settings, dsn)
    async with opened(settings, dsn) as made.state[MEMBER]:
        async with asking(made, await key(made, "operator")) as operator:
            answer = await operator.post("/api/v1/events", json=world())
            assert answer.status_code == 201, answer.text
        yield made


async def key(app: Litestar, *roles: str) -> str:
    """Return the secret of a new key."""
    room = app.state[MEMBER]
    made = await room.keyring.make(wanted(NewKey("test", list(roles)), room.desk.now()), LOCAL.id)
    return made.secret


def asking(app: Litestar, secret: str | None) -> httpx.AsyncClient:
    """Return a client that brings a key, or none."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)


def routes(app: Litestar) -> list[tuple[str, str, str]]:
    """Return method, path and permission of every route that is served."""
    return sorted(
        (method, route.path, handler.opt["permission"])
        for route in app.routes
        for handler in route.route_handlers
        for method in handler.http_methods
        if method in {"GET", "POST", "DELETE", "PUT", "PATCH"}
    )


def filled(path: str, code: str) -> str:
    """Return a route's path about an organisation, or about something that nobody has."""
    values = {"code": code, "event_id": str(uuid.uuid4()), "upload_id": str(uuid.uuid4()),
              "key_id": str(uuid.uuid4())}  # fmt: skip
    return "/".join(
        values.get(part[1:].split(":")[0], "nothing") if part.startswith("{") else part
        for part in path.split("/")
    )


async def test_who_brings_no_key_is_let_in_nowhere_but_where_all_are(app):
    """401 with WWW-Authenticate on every route that is not public; so for what is no key."""
    for secret in (None, "capmap_short", "capmap_" + "A" * 43):
        async with asking(app, secret) as nobody:
            for method, path, permission in routes(app):
                answer = await nobody.request(method, filled(path, OWN))
                told = (answer.status_code == 401, "www-authenticate" in answer.headers)
                assert told == ((permission != "public"),) * 2, (method, path, answer.text)


@pytest.mark.parametrize("role", SEEN)
async def test_every_route_for_every_role_and_organisation(app, role):
    """403 for what the role does not give, and for whom it does not reach, before it is looked."""
    gives = GIVES[role.partition(":")[0]] | {"public"}
    async with asking(app, await key(app, role)) as client:
        for method, path, permission in routes(app):
            codes = EVERYBODY if "{code:str}" in path else [OWN]
            for code in codes:
                answer = await client.request(method, filled(path, code))
                refused = answer.json().get("type") if answer.status_code == 403 else None
                if permission not in gives:
                    assert refused == "/problems/not_allowed", (method, path)
                elif permission != "public" and "{code:str}" in path and method == "GET":
                    beyond = code not in SEEN[role]
                    assert (refused == "/problems/out_of_scope") is beyond, (path, code)
                assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("role", SEEN)
async def test_lists_hold_what_is_within_reach(app, role):
    """Organisations of the scope; events of it, or that name one of it, alike page by page."""
    seen = SEEN[role]
    async with asking(app, await key(app, role)) as client:
        listed = (await client.get("/api/v1/organisations")).json()["items"]
        assert {one["code"] for one in listed} == seen
        items, href = [], "/api/v1/events?limit=2"
        while href:
            page = (await client.get(href)).json()
            items, href = items + page["items"], page["next"]
        expected = [
            one["id"] for one in world_of(app)
            if {one["organisation"], one["data"].get("system"), one["data"].get("into")} & seen
        ]  # fmt: skip
        assert [one["id"] for one in items] == expected
        for one in world_of(app):
            answer = await client.get(f"/api/v1/events/{one['id']}")
            assert answer.status_code == (200 if one["id"] in expected else 404), one


def world_of(app: Litestar) -> list[dict]:
    """Return what the log of the application holds, in order."""
    return app.state["told"]


@pytest.fixture(autouse=True)
async def _told(app: Litestar) -> None:
    async with asking(app, await key(app, "operator")) as operator:
        app.state["told"] = (await operator.get("/api/v1/events?limit=1000")).json()["items"]


async def test_no_type_is_recorded_by_a_stranger_or_a_reader(app):
    """Whatever the type: 403 for who does not record for the organisation, or does not record."""
    stranger = asking(app, await key(app, f"submitter:{OWN}", f"viewer:{OTHER}"))
    reader = asking(app, await key(app, f"lead:{SYSTEM}"))
    async with stranger, reader:
        for kind in BY_NAME.values():
            made = json.loads(json.dumps(sample(kind))) | {"organisation": OTHER}
            answer = await stranger.post("/api/v1/events", json=made)
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/not_yours")
            answer = await reader.post("/api/v1/events", json=made)
            assert answer.json()["type"] == "/problems/not_allowed"


async def test_what_the_operator_records_is_not_a_trusts_to_record(app):
    """A trust's own submitter records for itself, but none of the types that are the operator's."""
    async with asking(app, await key(app, f"submitter:{OWN}")) as client:
        for kind in BY_NAME.values():
            made = json.loads(json.dumps(sample(kind))) | {
                "organisation": OWN,
                "id": str(uuid.uuid4()),
            }
            answer = await client.post("/api/v1/events", json=made)
            theirs = kind.recorder == "operator" or made["assurance"] in OPERATOR_ASSURANCE
            assert (answer.status_code == 403) is theirs, (kind.name, answer.text)


async def test_a_trust_cannot_rate_itself_nor_undo_what_the_operator_recorded(app):
    """What only the operator may record is theirs to retract, by whatever detour."""
    mine, told = await key(app, f"submitter:{OWN}"), world_of(app)
    target = next(o for o in told if o["organisation"] == OWN and o["type"] == "TrustRegistered")
    undo = {"id": str(uuid.uuid4()), "reason": "other"}
    path = f"/api/v1/events/{target['id']}/retraction"
    async with asking(app, mine) as trust_itself:
        assert (await trust_itself.post(path, json=undo)).status_code == 403
        again = {name: target[name] for name in world()[0]}
        other = next(o for o in told if o["organisation"] == OTHER)
        known = {name: other[name] for name in world()[0]}
        assert (await trust_itself.post("/api/v1/events", json=again)).status_code == 200
        assert (await trust_itself.post("/api/v1/events", json=known)).status_code == 403
        asks = {"events": [again], "expected_versions": {OTHER: 7}}
        asks["events"] = [again | {"id": str(uuid.uuid4())}]
        answer = await trust_itself.post("/api/v1/events", json=asks)
        assert answer.json()["detail"] == f"the caller does not record for {OTHER}"


async def test_a_revoked_key_stops_at_once_and_an_expired_one_on_its_day(app, connection):
    """Made by the API, shown once, hashed at rest; its use is noted."""
    async with asking(app, await key(app, "operator")) as operator:
        asked = {"name": "Board secretary", "roles": [f"viewer:{OWN}"], "expires": "2099-04-01"}
        made = (await operator.post("/api/v1/keys", json=asked)).json()
        async with asking(app, made["secret"]) as client:
            path = f"/api/v1/organisations/{OWN}"
            assert (await client.get(path)).status_code == 200
            await app.state[MEMBER].keyring.close()
            listed = (await operator.get("/api/v1/keys")).text
            assert made["secret"] not in listed
            kept = {one["id"]: one for one in json.loads(listed)["items"]}[made["key"]["id"]]
            assert kept["last_used_at"] is not None
            revocation = f"/api/v1/keys/{made['key']['id']}/revocation"
            assert (await operator.post(revocation)).status_code == 201
            assert (await client.get(path)).status_code == 401
    stored = await connection.fetchval("SELECT string_agg(keys::text, '') FROM keys")
    assert made["secret"].removeprefix("capmap_") not in stored


@pytest.mark.parametrize(
    ("roles", "expires", "pointer"),
    [
        (["owner:RTP"], None, "/roles/0"), (["viewer:RTP", "lead:all"], None, "/roles/1"),
        (["submitter"], None, "/roles/0"), (["operator:RTP"], None, "/roles/0"),
        (["operator"], "2020-01-01", "/expires"),
    ],
)  # fmt: skip
async def test_a_key_for_what_is_no_role_is_refused_by_name(app, roles, expires, pointer):
    """422 with a pointer to the value; nothing is made."""
    async with asking(app, await key(app, "operator")) as operator:
        asked = {"name": "x", "roles": roles} | ({"expires": expires} if expires else {})
        answer = await operator.post("/api/v1/keys", json=asked)
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_a_handler_that_declares_no_permission_is_not_served():
    """The application does not start, and says which handler it is."""

    @get("/open", sync_to_thread=False)
    def open_door() -> None:
        """Declare nothing."""

    with pytest.raises(TypeError, match="open_door"):
        access.require(Litestar([open_door], openapi_config=None))
    assert set().union(*GIVES.values()) == PERMISSIONS


async def test_another_process_takes_a_revoked_key_for_thirty_seconds_at_most(app, connection):
    """What it looked up ends; its clock is what says when."""
    room, seconds = app.state[MEMBER], [0.0]
    elsewhere = Keyring(room.pool, room.desk.pool, room.desk.now, lambda: seconds[0])
    secret = await key(app, "operator")
    assert isinstance(await elsewhere.caller(secret), Caller)
    (made,) = [one for one in await room.keyring.listed() if one.hash == hashed(secret)]
    await room.keyring.revoke(made.id, LOCAL.id)
    assert isinstance(await room.keyring.caller(secret), Problem)
    seconds[0] = KEPT - 0.1
    assert isinstance(await elsewhere.caller(secret), Caller)
    seconds[0] = KEPT
    assert isinstance(await elsewhere.caller(secret), Problem)
    await elsewhere.close()


async def test_a_key_ends_on_its_day(app):
    """On its last day it opens, from the first instant of the day it names it does not."""
    room, instant = app.state[MEMBER], [dt.datetime(2026, 3, 31, 22, 59, 59, tzinfo=dt.UTC)]
    seconds = [0.0]
    ring = Keyring(room.pool, room.desk.pool, lambda: instant[0], lambda: seconds[0])
    new = NewKey("x", ["operator"], dt.date(2026, 4, 1))
    made = await ring.make(wanted(new, instant[0]), LOCAL.id)
    assert isinstance(await ring.caller(made.secret), Caller)
    seconds[0] += 1
    instant[0] += dt.timedelta(seconds=1)  # midnight in London, where it is summer already
    assert isinstance(await ring.caller(made.secret), Problem)
    await ring.close()


async def test_scope_follows_the_register_at_once(app):
    """Whoever hosts a trust today sees all its history; from the next answer on the former none."""
    async with (
        asking(app, await key(app, "operator")) as operator,
        asking(app, await key(app, f"lead:{SYSTEM}")) as former,
        asking(app, await key(app, "lead:QZB")) as new,
    ):
        path = f"/api/v1/trusts/{SIBLING}/picture"
        assert [(await one.get(path)).status_code for one in (former, new)] == [200, 403]
        moved = joined(SIBLING, "host", "QZB") | {"effective": "2025-04-01"}
        assert (await operator.post("/api/v1/events", json=moved)).status_code == 201
        assert [(await one.get(path)).status_code for one in (former, new)] == [403, 200]


async def test_uploads_and_trials_are_their_owners(app):
    """Another key of the same trust finds neither; the operator finds uploads."""
    one, other = await key(app, f"submitter:{OWN}"), await key(app, f"submitter:{OWN}")
    made = json.loads(json.dumps(sample(BY_NAME["StaffTrained"])))
    made |= {"organisation": OWN, "id": str(uuid.uuid4()), "assurance": "self_declared"}
    async with asking(app, one) as owner, asking(app, other) as stranger:
        tried = await owner.post("/api/v1/events?trial=mine", json=made)
        assert tried.status_code == 201, tried.text
        assert (await owner.get("/api/v1/trials/mine")).status_code == 200
        assert (await stranger.get("/api/v1/trials/mine")).status_code == 404
        place = await uploaded(owner)
        assert (await owner.get(place)).status_code == 200
        assert (await stranger.get(place)).status_code == 404
        assert (await stranger.post(f"{place}/retraction")).status_code == 404
        assert (await stranger.get("/api/v1/uploads")).json()["items"] == []
        async with asking(app, await key(app, "operator")) as operator:
            assert (await operator.get(place)).status_code == 200


async def uploaded(client: httpx.AsyncClient) -> str:
    """Hand a template over as it is filled in, and return where its receipt is."""
    columns = {
        "organisation": OWN, "effective": "2026-03-01", "data.strategy": "s-1",
        "source.kind": "own", "source.reference": "Board paper", "assurance": "self_declared",
    }  # fmt: skip
    rows = "\r\n".join((",".join(columns), ",".join(columns.values())))
    sent = await client.post(
        "/api/v1/uploads?type=StrategyEnded", files={"file": ("rows.csv", rows.encode())}
    )
    assert sent.status_code == 201, sent.text
    return sent.headers["location"]


async def test_a_retraction_of_a_retraction_is_for_who_recorded_the_first(app):
    """However many steps lie between, what the operator recorded is not a trust's to bring back."""
    rating = json.loads(json.dumps(sample(BY_NAME["RegulatorRated"])))
    rating |= {"organisation": OWN, "id": str(uuid.uuid4())}
    first, second = ({"id": str(uuid.uuid4()), "reason": "other"} for _ in range(2))
    async with (
        asking(app, await key(app, "operator")) as operator,
        asking(app, await key(app, f"submitter:{OWN}")) as trust_itself,
    ):
        assert (await operator.post("/api/v1/events", json=rating)).status_code == 201
        path = f"/api/v1/events/{rating['id']}/retraction"
        assert (await trust_itself.post(path, json=first)).status_code == 403
        assert (await operator.post(path, json=first)).status_code == 201
        path = f"/api/v1/events/{first['id']}/retraction"
        assert (await trust_itself.post(path, json=second)).status_code == 403
        assert (await operator.post(path, json=second)).status_code == 201


async def test_of_anothers_stream_only_what_names_the_caller_is_listed(app):
    """A filter by an organisation that is out of reach widens nothing."""
    async with asking(app, await key(app, f"lead:{SYSTEM}")) as client:
        listed = (await client.get(f"/api/v1/events?organisation={FORMER}")).json()["items"]
        assert [one["type"] for one in listed] == ["TrustJoinedSystem", "TrustLeftSystem"]
        assert (await client.get("/api/v1/events?organisation=ZZZ")).json()["items"] == []


async def test_options_tell_the_methods_of_a_path_to_anybody(app):
    """What the framework answers by itself needs no key and says nothing else."""
    async with asking(app, None) as nobody:
        answer = await nobody.options("/api/v1/keys")
        assert (answer.status_code, answer.content) == (204, b"")


def test_an_upload_taken_in_before_there_were_keys_is_recorded_as_before():
    """Its sender was the person at this machine, whatever the form in which that was kept."""
    kept = msgspec.msgpack.encode([{"id": "local", "operator": True, "covers": None}, "X", True])
    now = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
    upload = Upload(
        uuid.uuid4(), 1, "file", None, "recording", "whole", now, "local", "rows.csv", 1, b"",
        kept, b"", 1, 0, 1, None,
    )  # fmt: skip
    assert recording.terms(upload) == recording.Terms(LOCAL, "X", partial=True)
