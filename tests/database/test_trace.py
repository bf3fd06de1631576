"""The trace: who read whose data, told to whom it belongs; acts, told to whom they concern."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import httpx
import pytest
from litestar import Litestar, get

from service.api import tracing
from service.api.rooms import MEMBER
from service.app import opened
from service.behind.tally import Tally
from service.behind.tracing import Trace, forget
from service.domain.caller import Caller
from service.domain.reads import KINDS
from service.domain.roles import grant
from service.settings import load
from tests.database.test_access import (
    ABSORBED,
    OTHER,
    OWN,
    PARTNER,
    SIBLING,
    SYSTEM,
    app,
    asking,
    key,
    routes,
    world_of,
)
from tests.strategies import renamed

__all__ = ["app"]  # the fixture

AT = dt.datetime(2026, 4, 1, 10, 30, tzinfo=dt.UTC)
LEAD = Caller("key-lead", (grant(f"lead:{SYSTEM}"),))


@pytest.fixture(autouse=True)
async def _told(app: Litestar) -> None:
    async with asking(app, await key(app, "operator")) as operator:
        app.state["told"] = (await operator.get("/api/v1/events?limit=1000")).json()["items"]
    await traced(app)
    async with app.state[MEMBER].desk.pool.acquire() as connection:
        await connection.execute("DELETE FROM reads")


async def traced(app: Litestar) -> list[tuple[str, str, str, int]]:
    """Return what is written by now: organisation, kind, roles, times."""
    assert await app.state[MEMBER].trace.write()
    async with app.state[MEMBER].pool.acquire() as connection:
        rows = await connection.fetch("SELECT organisation, kind, roles, times FROM reads")
    return sorted(tuple(row) for row in rows)


async def read(app: Litestar, role: str, *paths: str) -> list[tuple[str, str, str, int]]:
    """Return what the trace holds once a new key of a role has read some paths."""
    async with asking(app, await key(app, role)) as client:
        for path in paths:
            answer = await client.get(path)
            assert answer.status_code == 200, answer.text
    return await traced(app)


async def uploaded(client: httpx.AsyncClient) -> str:
    """Hand over a row that is right and one that is wrong, and return where the receipt is."""
    columns = {
        "organisation": OWN, "effective": "2026-03-01", "data.strategy": "s-1",
        "source.kind": "own", "source.reference": "Board paper", "assurance": "self_declared",
    }  # fmt: skip
    wrong = columns | {"effective": "never"}
    rows = "\r\n".join(",".join(row) for row in (columns, columns.values(), wrong.values()))
    path = "/api/v1/uploads?type=StrategyEnded&partial=true"
    sent = await client.post(path, files={"file": ("rows.csv", rows.encode())})
    assert sent.status_code == 201, sent.text
    return sent.headers["location"].rpartition("/")[2]


async def prepared(app: Litestar, operator: httpx.AsyncClient) -> dict[str, str]:
    """Return a value for each parameter of a path, of something that is another's."""
    async with asking(app, await key(app, f"submitter:{OWN}")) as owner:
        upload = await uploaded(owner)
    tried = await operator.post("/api/v1/events?trial=t", json=renamed(OWN))
    assert tried.status_code == 201, tried.text
    return {"code": OWN, "event_id": world_of(app)[3]["id"], "upload_id": upload, "name": "t"}


def tracing_routes(app: Litestar, values: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the path of every route that reads what is an organisation's, and its kind."""
    kinds = {
        route.path: tracing.SHOWS[handler.operation_id]
        for route in app.routes
        for handler in route.route_handlers
        if "GET" in handler.http_methods and handler.operation_id in tracing.SHOWS
    }
    for method, path, permission in routes(app):
        if method == "GET" and permission not in tracing.SHOWING_NOBODY and kinds[path]:
            own = values | ({"code": SYSTEM} if "/systems/" in path else {})
            parts = (
                own[part[1:].split(":")[0]] if part.startswith("{") else part
                for part in path.split("/")
            )
            yield "/".join(parts), kinds[path]


async def test_no_route_that_reads_leaves_no_trace(app):
    """Whatever route the operator reads by: the organisation is told so, of a 304 as well."""
    async with asking(app, await key(app, "operator")) as operator:
        values = await prepared(app, operator)
        met = set()
        for path, kind in tracing_routes(app, values):
            before = sum(row[3] for row in await traced(app) if row[1] == kind)
            answer = await operator.get(path)
            assert answer.status_code == 200, (path, answer.text)
            after = sum(row[3] for row in await traced(app) if row[1] == kind)
            assert after > before, path
            if "etag" in answer.headers and kind != "trace":
                again = await operator.get(path, headers={"If-None-Match": answer.headers["etag"]})
                assert again.status_code == 304, path
                again = sum(row[3] for row in await traced(app) if row[1] == kind)
                assert again == after + after - before, path
            met.add(kind)
    assert met == KINDS


async def test_an_answer_that_says_nothing_of_whom_it_shows_is_not_sent(app, monkeypatch):
    """With the hook taken out of every handler, each read is answered 500, and nothing of it."""
    async with asking(app, await key(app, "operator")) as operator:
        values = await prepared(app, operator)
        monkeypatch.setattr(tracing, "shown", lambda *_: None)
        for path, _ in tracing_routes(app, values):
            answer = await operator.get(path)
            assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal"), path


def test_a_handler_that_is_not_in_the_table_is_not_served():
    """The application does not start, and says which operation it is."""

    @get("/more", operation_id="get_more", permission="read_events", sync_to_thread=False)
    def more() -> None:
        """Show something."""

    with pytest.raises(TypeError, match="get_more"):
        tracing.require(Litestar([more], openapi_config=None))


async def test_own_reads_are_not_traced_and_anothers_are(app):
    """A submitter's and a viewer's own are theirs; whom it absorbed is another, and is told so."""
    paths = [f"/api/v1/trusts/{code}/picture" for code in (OWN, ABSORBED)]
    assert await read(app, f"viewer:{OWN}", paths[0], "/api/v1/events") != []
    assert {row[0] for row in await traced(app)} == {ABSORBED}
    found = await read(app, f"submitter:{OWN}", *paths, paths[1])
    assert (ABSORBED, "picture", f"submitter:{OWN}", 2) in found


async def test_a_system_picture_counts_for_each_trust_that_it_shows(app):
    """The system, whom it hosts and its partners; a page of events: whose streams stand on it."""
    found = await read(app, f"lead:{SYSTEM}", f"/api/v1/systems/{SYSTEM}/picture")
    role = f"lead:{SYSTEM}"
    shown = (SYSTEM, OWN, SIBLING, PARTNER)
    assert found == sorted((code, "system_picture", role, 1) for code in shown)
    page = f"/api/v1/events?organisation={SIBLING}"
    found = await read(app, f"lead:{SYSTEM}", page)
    assert [row for row in found if row[1] == "events"] == [(SIBLING, "events", role, 1)]


async def test_a_refused_read_shows_nothing_and_is_not_traced(app):
    """Out of scope, not there, and wrongly asked: no data left."""
    async with asking(app, await key(app, f"lead:{SYSTEM}")) as client:
        for path in (
            f"trusts/{OTHER}/picture", f"trusts/{OWN}/picture?on=nonsense",
            f"trusts/{SYSTEM}/picture", f"events/{uuid.uuid4()}",
        ):  # fmt: skip
            assert (await client.get(f"/api/v1/{path}")).status_code >= 400
    assert await traced(app) == []


async def test_the_organisation_sees_who_read_it_and_nobody_else_does(app):
    """By caller and role, never by the key's name; for a lead it is not, nor for a stranger."""
    await read(app, f"lead:{SYSTEM}", *[f"/api/v1/trusts/{OWN}/picture"] * 2)
    await read(app, "analyst:all", f"/api/v1/trusts/{OWN}/completeness", "/api/v1/events")
    path = f"/api/v1/organisations/{OWN}/reads"
    async with asking(app, await key(app, f"viewer:{OWN}")) as viewer:
        listed = await viewer.get(path)
        found = {(one["kind"], *one["roles"], one["times"]) for one in listed.json()["items"]}
        assert found == {
            ("picture", f"lead:{SYSTEM}", 2), ("completeness", "analyst:all", 1),
            ("events", "analyst:all", 1),
        }  # fmt: skip
        assert all(one["caller"].startswith("key-") for one in listed.json()["items"])
        assert '"test"' not in listed.text  # what the operator called the keys
        items, href = [], f"{path}?limit=1&from=2020-01-01"
        while href:
            page = (await viewer.get(href)).json()
            items, href = items + page["items"], page["next"]
        assert items == listed.json()["items"]
        assert (await viewer.get(f"{path}?to=2020-01-01")).json()["items"] == []
        for wrong in ("?from=x", "?cursor=x", "?cursor=WzFd", "?since=2020-01-01"):
            assert (await viewer.get(path + wrong)).status_code == 422
    for role, refused in (
        (f"lead:{SYSTEM}", "not_allowed"), ("analyst:all", "not_allowed"),
        (f"viewer:{SIBLING}", "out_of_scope"), (f"viewer:{OWN}", None), ("operator", None),
    ):  # fmt: skip
        async with asking(app, await key(app, role)) as client:
            answer = await client.get(path)
            told = answer.json()["type"] if answer.status_code == 403 else None
            assert told == (refused and f"/problems/{refused}"), role


async def test_what_cannot_be_written_waits_and_nobody_is_refused(app, connection):
    """Reads go on; once the database takes it again, all of it is there."""
    trace = app.state[MEMBER].trace
    await connection.execute("ALTER TABLE reads RENAME TO elsewhere")
    async with asking(app, await key(app, f"lead:{SYSTEM}")) as client:
        path = f"/api/v1/trusts/{OWN}/picture"
        assert (await client.get(path)).status_code == 200
        assert not await trace.write()
        assert (await client.get(path)).status_code == 200
    await connection.execute("ALTER TABLE elsewhere RENAME TO reads")
    assert await traced(app) == [(OWN, "picture", f"lead:{SYSTEM}", 2)]
    assert app.state[MEMBER].waking.tally.trace_failures == 1


async def test_what_waits_is_bounded_the_oldest_merged_into_days(app, connection):
    """Hours before this one become a day of theirs; only what is still too much is lost."""
    now, tally = [AT], Tally()
    pool = app.state[MEMBER].desk.pool
    trace = Trace(pool, tally, lambda: dt.datetime.timestamp(now[0]), most=4, rest=60.0)
    for hour in range(5):
        now[0] = AT + dt.timedelta(hours=hour)
        trace.note(LEAD, "read_organisation", "picture", {OWN})
    trace.note(LEAD, "read_organisation", "picture", {f"T{n:02}" for n in range(5)})
    await trace.close()
    rows = await connection.fetch(
        "SELECT organisation, hour, hours, times FROM reads ORDER BY hour, organisation"
    )
    merged, now_read, *_ = (tuple(row) for row in rows)
    assert merged == (OWN, AT.replace(hour=0, minute=0), 24, 4)
    assert now_read[1:3] == (AT.replace(hour=14, minute=0), 1)
    assert (len(rows), tally.reads_merged, tally.reads_lost) == (4, 3, 3)
    assert tally.reads_traced + tally.reads_lost == 10


async def test_two_processes_count_into_the_same_row(app, connection):
    """Of one caller, kind and hour; what is left at the end is written at the end."""
    for _ in range(2):
        trace = Trace(app.state[MEMBER].desk.pool, Tally(), AT.timestamp)
        trace.note(LEAD, "read_events", "events", {OWN, SIBLING})
        await trace.close()
    assert await traced(app) == [
        (OWN, "events", f"lead:{SYSTEM}", 2), (SIBLING, "events", f"lead:{SYSTEM}", 2),
    ]  # fmt: skip


async def test_what_was_counted_is_written_when_the_service_stops(dsn, connection):
    """Stopped in order it loses nothing."""
    async with opened(load({}), dsn) as rooms:
        rooms.trace.note(LEAD, "read_events", "events", {OWN})
    assert await connection.fetchval("SELECT times FROM reads") == 1


async def test_old_reads_are_removed_and_acts_are_kept(app, connection):
    """After so many days; whoever runs behind the log does it, once an hour."""
    pool = app.state[MEMBER].desk.pool
    for hours in (0, 25):
        trace = Trace(pool, Tally(), (AT - dt.timedelta(hours=hours)).timestamp)
        trace.note(LEAD, "read_events", "events", {OWN})
        await trace.close()
    before = await connection.fetchval("SELECT count(*) FROM acts")
    await forget(pool, AT - dt.timedelta(days=1))
    assert await connection.fetch("SELECT hour FROM reads") == [(AT.replace(minute=0),)]
    assert await connection.fetchval("SELECT count(*) FROM acts") == before > 0
