"""Guard rails of the API: headers, limits by caller, names and origins, limits of time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx
import pytest
from litestar import Litestar, get

from service.api import headers, limiting, time_limits
from service.api.rooms import MEMBER
from service.app import build, opened
from service.cli.server import _built
from service.domain.caller import LOCAL
from service.door.granting import NewKey, wanted
from service.door.keyring import KEPT
from service.door.limits import Limit
from service.settings import Settings, load
from tests.clients import client_of

KEYS: Final = {"CAPMAP_ACCESS": "keys"}
NO_KEY: Final = "capmap_" + "A" * 43


@asynccontextmanager
async def served(dsn: str, settings: Settings) -> AsyncIterator[Litestar]:
    """Give an application over a database."""
    app = build(settings, dsn)
    async with opened(settings, dsn) as app.state[MEMBER]:
        yield app


def asking(app: Litestar, secret: str | None = None, at: str = "192.0.2.1") -> httpx.AsyncClient:
    """Return a client at an address, which brings a key or none."""
    sent = {"Authorization": f"Bearer {secret}"} if secret else {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(at, 5000))
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=sent)


async def key(app: Litestar, role: str = "operator") -> str:
    """Return the secret of a new key."""
    room = app.state[MEMBER]
    made = await room.keyring.make(wanted(NewKey("test", [role]), room.desk.now()), LOCAL.id)
    return made.secret


@pytest.fixture
async def plain(dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client while access is off."""
    async with client_of(dsn) as client:
        yield client


ANSWERED: Final = (
    ("GET", "/api/v1/organisations", 200),
    ("GET", "/api/v1/organisations?no=1", 422),
    ("GET", "/api/v1/organisations/RTP", 404),
    ("GET", "/nowhere", 404),
    ("GET", "/api/v1/nowhere", 404),
    ("PUT", "/api/v1/events", 405),
    ("OPTIONS", "/api/v1/events", 204),
    ("HEAD", "/api/v1/organisations", 405),
    ("POST", "/api/v1/events", 400),
    ("GET", "/health/live", 200),
    ("GET", "/problems", 200),
    ("GET", "/problems/nothing", 404),
    ("GET", "/style.css", 200),
)
"""Answers of handlers, of the framework, of pages: method, path, status."""


@pytest.mark.parametrize(("method", "path", "status"), ANSWERED)
async def test_every_answer_has_the_headers_once(plain, method, path, status):
    """Also what is refused, what is nowhere and what the framework answers; pages load styles."""
    answer = await plain.request(method, path)
    assert answer.status_code == status, answer.text
    page = answer.headers.get("content-type", "").startswith("text/html")
    for name, value in (*headers.ALWAYS, headers.PAGE if page else headers.DATA):
        assert answer.headers.get_list(name.decode()) == [value.decode()]
    assert len(answer.headers.get_list("cache-control")) == 1
    assert not {"server", "strict-transport-security", "ratelimit"} & answer.headers.keys()
    assert "access-control-allow-origin" not in answer.headers
    assert "<style" not in answer.text


async def test_a_fault_of_the_service_has_the_headers_and_no_text_of_it(dsn):
    """500 says nothing of the exception, and is as guarded as any answer."""
    async with served(dsn, load({})) as app:
        app.register(broken)
        async with asking(app) as client:
            answer = await client.get("/broken")
    assert (answer.status_code, "private" in answer.text) == (500, False)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


@get("/broken", permission="reference")
async def broken() -> None:
    """Fail with a text that is nobody's business."""
    raise RuntimeError("private")


async def test_answers_keep_to_what_they_say_of_caching(plain):
    """What may be asked for again by its ETag says so itself; of anything else nothing is kept."""
    kept = await plain.get("/api/v1/codes/programmes")
    again = await plain.get(
        "/api/v1/codes/programmes", headers={"If-None-Match": kept.headers["etag"]}
    )
    assert kept.headers["cache-control"] == again.headers["cache-control"] == "private, no-cache"
    assert again.status_code == 304
    assert (await plain.get("/nowhere")).headers["cache-control"] == "no-store"


async def test_browsers_are_told_to_keep_to_https_where_the_setting_says_so(dsn):
    """HSTS is sent behind https only: by plain http it would lock readers out."""
    async with client_of(dsn, load({"CAPMAP_HTTPS": "true"})) as client:
        answer = await client.get("/health/live")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


ORIGIN: Final = "https://maps.example.org"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (ORIGIN, True), ("https://maps-example.org", False), ("http://maps.example.org", False),
        ("https://maps.example.org.evil.example", False), ("null", False),
    ],
)  # fmt: skip
async def test_pages_of_named_origins_may_ask_and_no_others(dsn, origin, allowed):
    """The origin is compared whole; neither * nor credentials are ever allowed."""
    async with client_of(dsn, load({"CAPMAP_CORS_ORIGINS": ORIGIN})) as client:
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,idempotency-key"}  # fmt: skip
        before = await client.options("/api/v1/keys", headers=asks)
        read = await client.get("/api/v1/organisations", headers={"Origin": origin})
        sent = await client.post("/api/v1/keys", json={}, headers={"Origin": origin})
    assert (before.status_code == 204) == allowed
    for answer in (before, read):
        assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
        assert "access-control-allow-credentials" not in answer.headers
    assert sent.json()["type"] == (
        "/problems/invalid_parameter" if allowed else "/problems/other_origin"
    )


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("map.example.org", 200),
        ("MAP.example.org:443", 200),
        ("evil.example", 421),
        ("[::1]:80", 421),
    ],
)
async def test_only_the_services_own_names_are_answered(dsn, host, status):
    """A page that gives its own name the service's address is answered 421."""
    async with client_of(dsn, load({"CAPMAP_HOSTS": "map.example.org"})) as client:
        answer = await client.get("/api/v1/organisations", headers={"Host": host})
    assert answer.status_code == status


async def test_a_service_without_access_is_asked_for_by_this_machines_names():
    """Whoever reaches it is the operator, so it must not be a page that took its address."""
    app = _built(load({}), "postgresql:///never-opened")
    async with asking(app) as client:
        found = [
            (await client.get("/health/live", headers={"Host": host})).status_code
            for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000", "evil.example:8000")
        ]
    assert found == [200, 200, 200, 421]


async def test_a_form_on_another_site_cannot_record(plain):
    """A browser says where a form stands; other than a program's, it is refused."""
    files = {"file": ("rows.csv", b"type\n")}
    there = await plain.post(
        "/api/v1/uploads", files=files, headers={"Origin": "http://evil.example"}
    )
    here = await plain.post("/api/v1/uploads", files=files, headers={"Origin": "http://test"})
    assert (there.status_code, there.json()["type"]) == (403, "/problems/other_origin")
    assert here.json()["type"] != "/problems/other_origin"


async def test_a_key_may_ask_so_often_and_is_told_how_much_is_left(dsn):
    """RateLimit counts down, the next is 429 with Retry-After; another key is not touched."""
    async with served(dsn, load(KEYS | {"CAPMAP_REQUESTS_PER_MINUTE": "3"})) as app:
        async with asking(app, await key(app)) as client:
            found = [await client.get("/api/v1/codes") for _ in range(4)]
        async with asking(app, await key(app)) as other:
            assert (await other.get("/api/v1/codes")).status_code == 200
    assert [answer.status_code for answer in found] == [200, 200, 200, 429]
    told = [answer.headers["ratelimit"] for answer in found]
    assert told == [f'"key";r={left};t={t}' for left, t in ((2, 20), (1, 40), (0, 60), (0, 60))]
    assert {answer.headers["ratelimit-policy"] for answer in found} == {'"key";q=3;w=60'}
    assert [answer.headers.get("retry-after") for answer in found] == [None, None, None, "20"]
    assert found[3].json()["type"] == "/problems/too_many_requests"


async def test_what_costs_more_counts_for_more(dsn):
    """An upload counts for several requests."""
    async with served(dsn, load(KEYS | {"CAPMAP_REQUESTS_PER_MINUTE": "60"})) as app:
        secret = await key(app)
        async with asking(app, secret) as client:
            answer = await client.post("/api/v1/uploads", files={"file": ("a.csv", b"type\n")})
    assert answer.headers["ratelimit"].startswith('"key";r=50;')


async def test_without_a_key_the_address_is_counted(dsn):
    """What is open to everybody is limited by the address."""
    async with served(dsn, load(KEYS | {"CAPMAP_REQUESTS_PER_MINUTE": "1"})) as app:
        for address in ("192.0.2.1", "2001:db8::1"):
            async with asking(app, at=address) as client:
                found = [(await client.get("/problems")).status_code for _ in range(2)]
            assert found == [200, 429]
        async with asking(app, at="2001:db8::2") as neighbour:
            assert (await neighbour.get("/problems")).status_code == 429


async def test_guessing_keys_is_slow_and_stops_nobody_whose_key_is_known(dsn):
    """Beyond the limit of failures keys are not looked up; one that opened before still is."""
    async with served(dsn, load(KEYS | {"CAPMAP_FAILURES_PER_MINUTE": "2"})) as app:
        holder = await key(app)
        async with asking(app, holder) as known, asking(app, NO_KEY) as guessing:
            assert (await known.get("/api/v1/codes")).status_code == 200
            found = [await guessing.get("/api/v1/codes") for _ in range(3)]
            assert (await known.get("/api/v1/codes")).status_code == 200
            app.state[MEMBER].keyring._clock = lambda: time.monotonic() + KEPT
            assert (await known.get("/api/v1/codes")).status_code == 200
        async with asking(app, await key(app), at="192.0.2.2") as elsewhere:
            assert (await elsewhere.get("/api/v1/codes")).status_code == 200
    assert [answer.status_code for answer in found] == [401, 401, 429]
    assert found[2].headers["retry-after"] == "30"
    assert found[2].headers["ratelimit-policy"] == '"failures";q=2;w=60'


async def test_guessing_sessions_is_slow_and_stops_nobody_whose_session_is_known(dsn):
    """As with keys: cookies are looked up no more, but for one that stood for somebody before."""
    async with served(dsn, load(KEYS | {"CAPMAP_FAILURES_PER_MINUTE": "2"})) as app:
        room = app.state[MEMBER]
        holder = await room.keyring.caller(await key(app))
        cookie = {"Cookie": f"capmap={await room.front.sessions.begin(holder)}"}
        async with asking(app) as known, asking(app) as guessing:
            known.headers.update(cookie)
            guessing.headers.update({"Cookie": "capmap=" + "A" * 43})
            assert (await known.get("/api/v1/codes")).status_code == 200
            found = [(await guessing.get("/api/v1/codes")).status_code for _ in range(3)]
            assert (await known.get("/api/v1/codes")).status_code == 200
    assert found == [401, 401, 429]


async def test_while_access_is_off_nobody_is_limited(dsn):
    """The only caller is the person at this machine."""
    async with served(dsn, load({"CAPMAP_REQUESTS_PER_MINUTE": "1"})) as app:
        assert app.state[limiting.MEMBER] is None
        async with asking(app) as client:
            found = [(await client.get("/problems")).status_code for _ in range(3)]
    assert found == [200, 200, 200]


class Clock:
    """Seconds that a test sets."""

    at = 0.0

    def __call__(self) -> float:
        """Return them."""
        return self.at


def test_a_bucket_fills_evenly_and_waits_as_it_says():
    """After the wait that was told the same is granted, and a moment before it is not."""
    clock = Clock()
    limit = Limit(b"key", 60, clock)
    assert [limit.spend("a").left for _ in range(60)] == [*range(59, -1, -1)]
    wait = limit.spend("a", 10).wait
    clock.at = wait - 0.5
    assert limit.spend("a", 10).wait == 1
    clock.at = wait
    assert limit.spend("a", 10).wait == 0
    clock.at = 1_000
    assert limit.spend("a").left == 59


def test_buckets_take_a_bounded_memory(monkeypatch):
    """Of so many addresses the ones that asked longest ago are forgotten."""
    monkeypatch.setattr("service.door.limits.MOST", 100)
    limit = Limit(b"address", 60, Clock())
    for number in range(1_000):
        limit.spend(str(number))
    assert len(limit) == 100


async def test_what_is_not_answered_in_time_is_503(dsn):
    """A handler that takes too long is ended, and the answer says that it may be asked again."""
    async with served(dsn, load({"CAPMAP_REQUEST_SECONDS": "1"})) as app:
        app.register(waiting)
        async with asking(app) as client:
            answer = await client.get("/waiting")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/took_too_long")
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["x-content-type-options"] == "nosniff"


@get("/waiting", permission="reference")
async def waiting() -> None:
    """Wait for what never comes."""
    await asyncio.Event().wait()


async def test_a_body_that_keeps_coming_is_given_time_and_one_that_stops_is_not():
    """Bytes add to the time as a slow line would bring them; a byte now and then does not."""
    loop = asyncio.get_running_loop()
    for sizes, status in (((1,) * 20, 408), ((time_limits.SLOWEST,) * 4, 200)):
        began = loop.time()
        found = await _posted(sizes, every=0.02, within=0.05)
        assert found == status
        assert loop.time() - began < 2


async def _posted(sizes: tuple[int, ...], every: float, within: float) -> int:
    """Return the status of a body that comes in pieces, one each so many seconds."""
    statuses: list[int] = []
    pieces = iter(sizes)

    async def receive():
        await asyncio.sleep(every)
        size = next(pieces, None)
        return {"type": "http.request", "body": b"x" * (size or 0), "more_body": size is not None}

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def reading(scope, receive, send):
        while (await receive())["more_body"]:
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    scope = {
        "type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b"",
        "litestar_app": Litestar([]), "state": {},
    }  # fmt: skip
    await time_limits.timed(within)(reading)(scope, receive, send)
    return statuses[0]
