"""Browsers: signed in at an issuer or with a key, by a cookie that nobody else can use."""

import datetime as dt
import os
import re
import subprocess
import sys
import uuid

import httpx
import pytest
from litestar import Litestar

from service.api.rooms import MEMBER
from service.app import build, opened
from service.domain.caller import LOCAL, Caller
from service.domain.roles import grant
from service.door.granting import NewKey, wanted
from service.door.keyring import hashed
from service.door.noting import NOTED
from service.door.sessions import IDLE, KEPT, LONGEST, Sessions
from service.settings import load
from service.store import sessions
from tests.issuer import issuing, providing, written

PUBLIC = "https://capmap.example.org"
COOKIE = "__Host-capmap"
FROM_US = {"sec-fetch-site": "same-origin"}
SUBJECT = "anna.smith@example.org"


@pytest.fixture(scope="module")
def provider():
    """An issuer that runs on this machine, where somebody leads a board."""
    leads = {"sub": SUBJECT, "roles": ["CapMap.Lead.QZA", "CapMap.Operator"]}
    with providing(leads, {"sub": "nobody"}) as address:
        yield address


async def application(dsn, file, public=PUBLIC):
    """Give the application with an issuer's file while its rooms are open."""
    given = {"CAPMAP_ACCESS": "keys", "CAPMAP_ISSUERS": file, "CAPMAP_PUBLIC_URL": public}
    settings = load({name: value for name, value in given.items() if value})
    made = build(settings, dsn)
    async with opened(settings, dsn) as made.state[MEMBER]:
        yield made


@pytest.fixture
async def app(dsn, tmp_path, provider):
    """The application, where people sign in at the issuer."""
    (tmp_path / "secret").write_text("any that it takes")
    more = f'client_secret_file = "{tmp_path}/secret"'
    async for made in application(dsn, written(tmp_path, provider, more)):
        yield made


@pytest.fixture
async def browser(app):
    """A browser with an empty jar of cookies."""
    async with browsing(app) as made:
        yield made


def browsing(app: Litestar, **headers: str) -> httpx.AsyncClient:
    """Return a browser."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers=headers)


async def signed_in_at(browser: httpx.AsyncClient, subject: str = SUBJECT) -> httpx.Response:
    """Return the answer to a browser that comes back from the issuer."""
    going = await browser.get("/sign-in/local")
    assert going.status_code == 303, going.text
    async with httpx.AsyncClient(trust_env=False) as elsewhere:
        said = await elsewhere.post(going.headers["location"], data={"sub": subject})
    return await browser.get(said.headers["location"])


async def key(app: Litestar, *roles: str) -> str:
    """Return the secret of a new key."""
    room = app.state[MEMBER]
    return (await room.keyring.make(wanted(NewKey("x", list(roles)), room.desk.now()), "x")).secret


async def signed_in_with(browser: httpx.AsyncClient, secret: str) -> httpx.Response:
    """Return the answer to a browser whose person gives a key."""
    return await browser.post("/sign-in/key", data={"key": secret}, headers=FROM_US)


async def test_a_browser_signs_in_at_an_issuer_and_out(app, browser):
    """A cookie that scripts cannot read and other hosts cannot set; void after signing out."""
    assert 'href="/sign-in/local">The local issuer<' in (await browser.get("/sign-in")).text
    answer = await signed_in_at(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    (set_cookie,) = [one for one in answer.headers.get_list("set-cookie") if f"{COOKIE}=" in one]
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert part in set_cookie
    assert "Domain" not in set_cookie
    assert "__Host-capmap-sign-in" not in browser.cookies
    me = (await browser.get("/api/v1/me")).json()
    assert (me["roles"], me["sees_all"]) == (["lead:QZA", "operator"], True)
    assert me["id"].startswith("oidc-")
    assert "anna" not in me["id"]
    page = await browser.get("/sign-in")
    token = re.search(r'name="csrf" value="(\w+)"', page.text)[1]
    assert token == me["csrf_token"]
    stolen = browser.cookies[COOKIE]
    refused = await browser.post("/sign-out", data={"csrf": "x"}, headers=FROM_US)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/cross_site")
    out = await browser.post("/sign-out", data={"csrf": token}, headers=FROM_US)
    assert (out.status_code, COOKIE in browser.cookies) == (303, False)
    async with browsing(app, cookie=f"{COOKIE}={stolen}") as thief:
        assert (await thief.get("/api/v1/me")).status_code == 401


async def test_a_cookie_that_was_planted_is_not_the_session(app, browser):
    """Each sign-in begins a session of its own and ends the one that the browser had."""
    secret = await key(app, "operator")
    assert (await signed_in_with(browser, secret)).status_code == 303
    planted = browser.cookies[COOKIE]
    assert (await signed_in_at(browser)).status_code == 303
    assert browser.cookies[COOKIE] != planted
    async with browsing(app, cookie=f"{COOKIE}={planted}") as thief:
        assert (await thief.get("/api/v1/me")).status_code == 401
    async with browsing(app, cookie=f"{COOKIE}={'A' * 43}") as chosen:
        assert (await signed_in_with(chosen, secret)).cookies[COOKIE] != "A" * 43
        assert (await chosen.get("/api/v1/me")).status_code == 401


async def test_a_change_with_a_cookie_comes_from_our_pages_alone(app, browser):
    """Token and origin, both; a key needs neither, and beside one the cookie is not read."""
    secret = await key(app, "operator")
    await signed_in_with(browser, secret)
    token = (await browser.get("/api/v1/me")).json()["csrf_token"]
    wanted = {"name": "x", "roles": ["operator"]}
    for headers, status in (
        ({}, 403), (FROM_US, 403), ({"x-csrf-token": token}, 403),
        (FROM_US | {"x-csrf-token": "0" * 48}, 403), (FROM_US | {"x-csrf-token": "é"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": PUBLIC, "x-csrf-token": token}, 403),
        ({"sec-fetch-site": "same-site", "x-csrf-token": token}, 403),
        ({"sec-fetch-site": "none", "x-csrf-token": token}, 403),
        ({"origin": "https://evil.example.org", "x-csrf-token": token}, 403),
        ({"origin": "null", "x-csrf-token": token}, 403),
        (FROM_US | {"origin": "null", "x-csrf-token": token}, 201),
        ({"origin": PUBLIC, "x-csrf-token": token}, 201),
        ({"authorization": f"Bearer {secret}", "sec-fetch-site": "cross-site"}, 201),
        ({"authorization": "Bearer x"} | FROM_US | {"x-csrf-token": token}, 401),
        ({"authorization": ""} | FROM_US | {"x-csrf-token": token}, 401),
    ):  # fmt: skip
        sent = {name: value.encode() for name, value in headers.items()}
        answer = await browser.post("/api/v1/keys", json=wanted, headers=sent)
        assert answer.status_code == status, (headers, answer.text)
        if status == 403:
            assert answer.json()["type"] in {"/problems/cross_site", "/problems/other_origin"}
    listed = await browser.get("/api/v1/keys")
    assert len(listed.json()["items"]) == 4


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"origin": "https://evil.example.org"},
        {"sec-fetch-site": "cross-site", "origin": PUBLIC},
    ],
)  # fmt: skip
async def test_nobody_is_signed_in_by_another_page(app, browser, headers):
    """Else somebody would work, unaware, under the name of whoever made that page."""
    form = {"key": await key(app, "operator")}
    answer = await browser.post("/sign-in/key", data=form, headers=headers)
    assert (answer.status_code, COOKIE in browser.cookies) == (403, False)


async def test_a_session_ends_with_its_key(app, browser):
    """Here at once; what is no key signs nobody in, and its page says nothing of why."""
    secret = await key(app, "viewer:RTP")
    for wrong in ("capmap_short", "", secret[:-1] + ("A" if secret[-1] != "A" else "B")):
        answer = await signed_in_with(browser, wrong)
        assert (answer.status_code, COOKIE in browser.cookies) == (422, False)
    await signed_in_with(browser, secret)
    me = (await browser.get("/api/v1/me")).json()
    assert (me["roles"], me["sees"]) == (["viewer:RTP"], ["RTP"])
    room = app.state[MEMBER]
    (made,) = [one for one in await room.keyring.listed() if one.hash == hashed(secret)]
    assert me["id"] == f"key-{made.id}"
    headers = {"Authorization": f"Bearer {await key(app, 'operator')}"}
    revoked = await browser.post(f"/api/v1/keys/{made.id}/revocation", headers=headers)
    assert revoked.status_code == 201
    assert (await browser.get("/api/v1/me")).status_code == 401


async def test_who_has_no_role_at_the_issuer_is_not_signed_in(browser):
    """The page says as whom they are known, so that the operator can give them one."""
    answer = await signed_in_at(browser, "nobody")
    assert (answer.status_code, COOKIE in browser.cookies) == (403, False)
    assert "oidc-" in answer.text
    assert "nobody" not in re.sub(r"<[^>]+>", "", answer.text).replace("Nobody", "")


async def test_a_browser_that_did_not_go_does_not_come_back(app, browser):
    """Nor one that comes back twice; and nobody is sent on to anywhere else."""
    going = await browser.get("/sign-in/local")
    async with httpx.AsyncClient(trust_env=False) as elsewhere:
        said = await elsewhere.post(going.headers["location"], data={"sub": SUBJECT})
    back = said.headers["location"]
    assert back.startswith(f"{PUBLIC}/sign-in/callback?")
    async with browsing(app) as another:
        assert (await another.get(back)).status_code == 422
        assert not another.cookies
    assert (await browser.get(back)).status_code == 303
    assert (await browser.get(back)).status_code == 422
    assert (await browser.get("/sign-in/elsewhere")).status_code == 404


def test_pages_load_nothing_and_run_nothing():
    """No script, no style within the page: they stand under the strictest policy."""
    from service.web import pages, signing_in

    all_of_them = pages.FRAME + signing_in._KEY_FORM + signing_in._OUT_FORM
    assert not re.search(r"<script|<style|style=|\bon\w+=|https?:", all_of_them)
    assert b"url(" not in pages.style()


async def test_where_nobody_can_sign_in_the_page_says_so(dsn, tmp_path):
    """Access off, or others than this machine reach the service and its address is not set."""
    file = written(tmp_path, "http://127.0.0.1:1")
    for given, said in (
        ({}, "Access is off"),
        ({"CAPMAP_ACCESS": "keys", "CAPMAP_HOST": "192.0.2.1"}, "CAPMAP_PUBLIC_URL"),
    ):
        settings = load(given | {"CAPMAP_ISSUERS": file})
        made = build(settings, dsn)
        async with opened(settings, dsn) as made.state[MEMBER], browsing(made) as browser:
            assert said in (await browser.get("/sign-in")).text
            assert (await browser.get("/sign-in/local")).status_code == 404
            form = {"key": await key(made, "operator")}
            await browser.post("/sign-in/key", data=form, headers=FROM_US)
            assert not browser.cookies


async def test_on_this_machine_the_cookie_goes_over_plain_http(dsn, tmp_path):
    """Its name promises nothing then; the address is the one that the service listens on."""
    async for made in application(dsn, written(tmp_path, "http://127.0.0.1:1"), public=""):
        async with browsing(made) as browser:
            browser.base_url = "http://127.0.0.1:8000"
            answer = await browser.post(
                "/sign-in/key",
                data={"key": await key(made, "operator")},
                headers={"origin": "http://127.0.0.1:8000"},
            )
            assert answer.headers["set-cookie"].startswith("capmap=")
            assert "Secure" not in answer.headers["set-cookie"]
            assert (await browser.get("/api/v1/me")).status_code == 200


async def test_a_token_asks_as_a_key_does(dsn, tmp_path):
    """The same guard, the same scope; other claims of the same subject are other grants at once."""
    with issuing() as issuer:
        async for made in application(dsn, written(tmp_path, issuer.url)):
            async with browsing(made) as client:

                async def me(token: str) -> httpx.Response:
                    headers = {"Authorization": f"Bearer {token}"}
                    return await client.get("/api/v1/me", headers=headers)

                seen = [(await me(issuer.token(roles=[f"CapMap.Viewer.{one}"]))).json()
                        for one in ("TAA", "TBB")]  # fmt: skip
                assert [one["sees"] for one in seen] == [["TAA"], ["TBB"]]
                assert seen[0]["id"] == seen[1]["id"]
                assert "csrf_token" not in seen[0]
                answer = await me(issuer.token(exp=1))
                assert (answer.status_code, answer.json()["type"]) == (
                    401, "/problems/unknown_caller",
                )  # fmt: skip
                assert (await me(issuer.token(roles=[]))).status_code == 403
                assert (await me(await key(made, "operator"))).json()["sees_all"]


class Elsewhere:
    """The sessions as two processes see them, and their clocks."""

    def __init__(self, room):
        self.seconds, self.now = 0.0, dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
        self.here, self.there = (
            Sessions(room.pool, room.desk.pool, lambda: self.now, lambda: self.seconds)
            for _ in range(2)
        )

    def later(self, by: dt.timedelta) -> None:
        """Let time pass."""
        self.now += by
        self.seconds += by.total_seconds()


async def test_who_signs_out_is_out_in_every_process_within_half_a_minute(app):
    """In the one that was asked at once."""
    both = Elsewhere(app.state[MEMBER])
    cookie = await both.here.begin(Caller("oidc-x", (grant("viewer:RTP"),)))
    assert (await both.there.caller(cookie)) == (await both.here.caller(cookie))
    await both.here.end(cookie)
    assert await both.here.caller(cookie) is None
    assert await both.there.caller(cookie) is not None
    both.later(dt.timedelta(seconds=KEPT))
    assert await both.there.caller(cookie) is None


async def test_a_session_ends_when_it_is_not_seen_and_after_a_day_s_work(app):
    """Each look within half an hour keeps it, until its ten hours are over."""
    both = Elsewhere(app.state[MEMBER])
    lazy, busy = [await both.here.begin(Caller(one, (grant("operator"),))) for one in "ab"]
    begun = both.now
    both.later(IDLE + dt.timedelta(seconds=NOTED + 1))
    assert await both.here.caller(lazy) is None
    assert await both.here.caller(busy) is None
    busy = await both.here.begin(Caller("c", (grant("operator"),)))
    begun = both.now
    while both.now + dt.timedelta(minutes=29) < begun + LONGEST:
        both.later(dt.timedelta(minutes=29))
        assert await both.here.caller(busy) is not None, both.now - begun
        await both.here.close()
    both.now = begun + LONGEST
    both.seconds += KEPT
    assert await both.here.caller(busy) is None


async def test_the_operator_ends_all_sessions_of_somebody(dsn, app):
    """By a command that lists those that go on; services that run follow within half a minute."""
    both = Elsewhere(app.state[MEMBER])
    both.now = dt.datetime.now(dt.UTC)
    mine, hers = [
        await both.here.begin(Caller(one, (grant("viewer:RTP"),))) for one in ("oidc-a", "oidc-b")
    ]
    assert [one.caller for one in await both.here.listed()] == ["oidc-a", "oidc-b"]
    ended = capmap(dsn, "sessions", "end", "oidc-a")
    assert (ended.returncode, "1 session" in ended.stderr) == (0, True), ended.stderr
    listed = capmap(dsn, "sessions", "list")
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["oidc-b"], listed.stderr
    assert await both.here.caller(mine) is None
    assert await both.here.end_of("oidc-b", "local") == 1
    assert await both.here.caller(hers) is None


def capmap(dsn: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a database."""
    command = [sys.executable, "-m", "service.cli", *words]
    environ = os.environ | {"DATABASE_URL": dsn}
    return subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


async def test_what_is_kept_of_a_session_opens_nothing(app, connection):
    """The cookie's hash alone; what has ended is taken away as others sign in."""
    both = Elsewhere(app.state[MEMBER])
    cookie = await both.here.begin(Caller("oidc-x", (grant("operator"),)))
    both.later(LONGEST)
    await both.here.begin(Caller(f"key-{await made_key(app)}", (grant("operator"),)))
    (row,) = await connection.fetch("SELECT sessions::text AS said, grants FROM sessions")
    assert cookie not in row["said"]
    assert row["grants"] is None


async def made_key(app: Litestar) -> uuid.UUID:
    """Return the id of a new key."""
    room = app.state[MEMBER]
    new = wanted(NewKey("x", ["operator"]), room.desk.now())
    return (await room.keyring.make(new, LOCAL.id)).key.id


async def test_signing_out_while_the_session_is_looked_up_is_not_forgotten(app, monkeypatch):
    """What was read before the end is answered, since it was so then, and not kept."""
    both = Elsewhere(app.state[MEMBER])
    cookie = await both.here.begin(Caller("oidc-x", (grant("operator"),)))
    live = sessions.live

    async def ended_meanwhile(*given: object) -> object:
        found = await live(*given)
        await both.here.end(cookie)
        return found

    with monkeypatch.context() as slow:
        slow.setattr(sessions, "live", ended_meanwhile)
        assert await both.here.caller(cookie) is not None
    assert await both.here.caller(cookie) is None
