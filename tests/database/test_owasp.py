"""What of the OWASP API Security Top 10 (2023) no other test covers; docs/owasp.md lists all."""

from __future__ import annotations

import asyncio
import gzip
import re
import socket
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from service.api.operations import RecordedEvent
from service.api.rooms import MEMBER
from service.app import build, opened
from service.settings import load
from tests.database.test_access import asking, key, routes
from tests.strategies import trust

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "owasp.md").read_text(encoding="utf-8")
SETTINGS = load(
    {
        "CAPMAP_ACCESS": "keys",
        "CAPMAP_BODY_LIMIT_BYTES": "30000",
        "CAPMAP_FILE_LIMIT_BYTES": "40000",
    }
)


@pytest.fixture
async def app(dsn: str) -> AsyncIterator[Litestar]:
    """The application with access by keys and small limits; two trusts are registered."""
    made = build(SETTINGS, dsn)
    async with opened(SETTINGS, dsn) as made.state[MEMBER]:
        async with asking(made, await key(made, "operator")) as operator:
            answer = await operator.post("/api/v1/events", json=[trust("TAA"), trust("TBB")])
            assert answer.status_code == 201, answer.text
        yield made


@pytest.fixture
async def submitter(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the key of one of the trusts."""
    async with asking(app, await key(app, "submitter:TAA")) as made:
        yield made


def event(**changes: Any) -> dict[str, Any]:
    """Return an event that the trust may record."""
    return {
        "id": str(uuid.uuid4()), "type": "HelpRequested", "organisation": "TAA",
        "effective": "2026-04-01", "assurance": "self_declared", "source": {"kind": "own"},
        "data": {"topic": "board_development", "until": "2026-12-31"},
    } | changes  # fmt: skip


async def test_a_key_is_taken_from_its_header_alone(app: Litestar) -> None:
    """API2: not from the address, which is logged, nor a cookie, nor one of two headers."""
    secret = await key(app, "operator")
    bearer = ("Authorization", f"Bearer {secret}")
    ways: list[dict[str, Any]] = [
        {"params": {"key": secret}}, {"params": {"access_token": secret}},
        {"headers": {"Cookie": f"key={secret}"}}, {"headers": {"X-API-Key": secret}},
        {"headers": {"Authorization": f"Basic {secret}"}}, {"headers": {"Authorization": secret}},
        {"headers": [bearer, bearer]},
    ]  # fmt: skip
    async with asking(app, None) as client:
        for way in ways:
            answer = await client.get("/api/v1/codes", **way)
            assert answer.status_code == 401, way
            assert secret not in answer.text
        assert (await client.get("/api/v1/codes", headers=[bearer])).status_code == 200


ADDED = {
    "position": 1, "version": 1, "hash": "0" * 64, "recorded_at": "2026-04-01T00:00:00Z",
    "recorded_by": "local", "type_version": 1, "target": {}, "salt": "00", "disclosed": None,
}  # fmt: skip
OF_A_KEY = {
    "id": str(uuid.uuid4()), "hash": "00", "secret": "capmap_x", "grants": [], "made_by": "local",
    "made_at": "2026-04-01T00:00:00Z", "revoked_at": None, "last_used_at": None,
    "expires_at": "2099-01-01T00:00:00Z",
}  # fmt: skip


async def test_what_the_service_adds_is_taken_from_no_caller(
    app: Litestar, submitter: httpx.AsyncClient
) -> None:
    """API3: each such member is refused by name, in events, in what puts right, and in keys."""
    for name, value in ADDED.items():
        answer = await submitter.post("/api/v1/events", json=event(**{name: value}))
        assert answer.status_code == 422, (name, answer.text)
        assert [one["pointer"] for one in answer.json()["errors"]] == [f"/{name}"]
        own = event()
        assert (await submitter.post("/api/v1/events", json=own)).status_code == 201
        said = {"id": str(uuid.uuid4()), "reason": "other", name: value}
        answer = await submitter.post(f"/api/v1/events/{own['id']}/retraction", json=said)
        assert answer.status_code == 422, (name, answer.text)
    async with asking(app, await key(app, "operator")) as operator:
        for name, value in OF_A_KEY.items():
            asked = {"name": "x", "roles": ["viewer:TAA"], name: value}
            assert (await operator.post("/api/v1/keys", json=asked)).status_code == 422, name


async def test_an_event_is_answered_with_documented_members_and_no_other(
    submitter: httpx.AsyncClient,
) -> None:
    """API3: neither the salt of its leaf, nor the payload that others are shown, nor a key."""
    assert (await submitter.post("/api/v1/events", json=event())).status_code == 201
    for one in (await submitter.get("/api/v1/events")).json()["items"]:
        assert set(one) <= set(RecordedEvent.__struct_fields__)


COSTLY: list[tuple[str, int, dict[str, Any]]] = [
    ("GET /api/v1/events?limit=1001", 422, {}),
    ("GET /api/v1/organisations?limit=1001", 422, {}),
    (f"GET /api/v1/events?positions={','.join(['1'] * 101)}", 422, {}),
    (f"GET /api/v1/events?cursor={'x' * 65}", 422, {}),
    (f"GET /api/v1/organisations?q={'x' * 2000}", 422, {}),
    ("POST /api/v1/events", 413, {"content": b" " * 30_001}),
    ("POST /api/v1/events", 413, {"json": [{}] * 10_001}),
    ("POST /api/v1/events", 400, {"content": b"[" * 15_000 + b"]" * 15_000}),
    ("POST /api/v1/events", 415, {"content": gzip.compress(b"[]"),
                                  "headers": {"Content-Encoding": "gzip"}}),
    ("POST /api/v1/trusts/TAA/return", 413, {"content": b" " * 30_001}),
    ("POST /api/v1/uploads?type=HelpRequested", 413,
     {"files": {"file": ("big.csv", b"a,b\n" + b"1,2\n" * 10_001)}}),
]  # fmt: skip


async def test_what_would_cost_too_much_is_refused(submitter: httpx.AsyncClient) -> None:
    """API4: pages, lists, depth, size of bodies and files have limits; nothing is unpacked."""
    for asked, status, sent in COSTLY:
        method, path = asked.split(" ", 1)
        headers = {"Content-Type": "application/json"} if "files" not in sent else {}
        given = {**sent, "headers": headers | sent.get("headers", {})}
        answer = await submitter.request(method, path, **given)
        assert answer.status_code == status, (asked, answer.text)
        assert answer.json()["way_out"]


async def test_no_address_that_a_caller_names_is_opened(
    submitter: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API7: sources, CloudEvents and files may name addresses; nobody looks there, ever."""
    sought: list[Any] = []

    def seek(*named: Any, **_: Any) -> Any:
        sought.append(named)
        raise OSError

    async def seek_later(*named: Any, **_: Any) -> Any:
        seek(*named)

    address = "http://169.254.169.254/latest/meta-data"
    monkeypatch.setattr(socket, "getaddrinfo", seek)
    monkeypatch.setattr(socket, "create_connection", seek)
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", seek_later)
    source = {"kind": "public", "publisher": "Somebody", "url": address}
    assert (await submitter.post("/api/v1/events", json=event(source=source))).status_code == 201
    sent = (
        f"organisation,effective,data.topic,data.until,source.kind,source.url,assurance\n"
        f"TAA,2026-04-02,board_development,2026-12-31,public,{address},self_declared\n"
    )
    path = "/api/v1/uploads?type=HelpRequested"
    answer = await submitter.post(path, files={"file": ("rows.csv", sent.encode())})
    assert answer.status_code == 201, answer.text
    assert (await submitter.get("/api/v1/trusts/TAA/picture")).status_code == 200
    assert sought == []


async def test_a_fault_of_the_service_tells_nothing_of_its_inside(
    submitter: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API8: a sentence and the request's id, by which the operator finds it in the log."""

    def broken(*_: object) -> None:
        raise RuntimeError("postgresql://capmap:hunter2@db/inside")

    monkeypatch.setattr("service.api.events._filter", broken)
    answer = await submitter.get("/api/v1/events")
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal"
    assert answer.headers["x-request-id"]
    assert not re.search(r"hunter2|Traceback|RuntimeError|\.py", answer.text)


async def test_no_other_site_reads_an_answer_and_no_method_is_open_by_itself(
    submitter: httpx.AsyncClient,
) -> None:
    """API8: no CORS header unless set up, no TRACE, and no word about what serves."""
    answer = await submitter.get("/api/v1/codes", headers={"Origin": "https://elsewhere.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "server" not in answer.headers
    for method in ("TRACE", "PUT", "PATCH", "PROPFIND"):
        assert (await submitter.request(method, "/api/v1/events")).status_code == 405, method


async def test_the_document_lists_every_route_that_is_served_and_no_other(
    app: Litestar, submitter: httpx.AsyncClient
) -> None:
    """API9: nothing is served beside it but health, metrics, pages of problems and of sign-in."""
    document = (await submitter.get("/api/v1/openapi.json")).json()
    told = {
        (method.upper(), path) for path, one in document["paths"].items() for method in one
        if method in {"get", "post", "put", "patch", "delete"}
    }  # fmt: skip
    served = {(method, re.sub(r"\{(\w+):\w+\}", r"{\1}", path)) for method, path, _ in routes(app)}
    beside = {path for _, path in served - told}
    pages = {path for path in beside if path.startswith("/sign-")}
    assert pages
    assert beside - pages == {
        "/health/live", "/health/ready", "/metrics", "/problems", "/problems/{code}", "/style.css",
    }  # fmt: skip
    assert told <= served
    assert {path.split("/")[2] for _, path in told} == {"v1"}


async def test_what_is_published_by_others_is_checked_like_anybody_s(app: Litestar) -> None:
    """API10: the operator's imports pass the same door; being public makes nothing valid."""
    claim = {"source": {"kind": "public", "reference": "Register"}, "assurance": "public_record"}
    wrong: list[dict[str, Any]] = [
        {"effective": "2026-02-30"}, {"organisation": "TZZ9"}, {"colour": "green"},
        {"data": {"topic": "<script>", "until": "someday"}}, {"source": {"kind": "rumour"}},
    ]  # fmt: skip
    async with asking(app, await key(app, "operator")) as operator:
        good = await operator.post("/api/v1/events", json=event(**claim))
        assert good.status_code == 201, good.text
        for changes in wrong:
            answer = await operator.post("/api/v1/events", json=event(**(claim | changes)))
            assert answer.status_code == 422, (changes, answer.text)


def test_every_test_that_the_list_names_is_in_the_tree() -> None:
    """The page names ten risks, each with tests; a test that is renamed or gone is missed here."""
    risks = re.split(r"^## API(\d+)", PAGE, flags=re.MULTILINE)[1:]
    assert risks[::2] == [str(number) for number in range(1, 11)]
    for number, text in zip(risks[::2], risks[1::2], strict=True):
        named = re.findall(r"`(tests/\S+\.py)::(test_\w+)`", text)
        assert named, number
        for file, test in named:
            said = (ROOT / file).read_text(encoding="utf-8")
            assert re.search(rf"^(async )?def {test}\(", said, re.MULTILINE), (file, test)
