"""Attacks on rounded counts: what a rounded reader is answered is a function of what is disclosed.

Two logs differ in exact counts, parts and small surveys alone, and round alike. Every GET route,
generated from the application, gives the same bytes, tags and links for both: so no hash, date,
known-at point, filter, order, warning, export or form gives away which of the two was asked.
"""

from __future__ import annotations

import copy
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar

from service.api.rooms import MEMBER
from service.app import build, opened
from service.domain import disclosure
from service.domain.register import BY_NAME
from service.settings import load
from tests.conftest import Run, copied
from tests.database.test_access import asking, filled, key, routes
from tests.strategies import corrected, decoded, made, retracted, send, system, trust, writing

TRUST, OTHER = "TAA", "TBB"
BOARD, ELSEWHERE, REGION = "QZA", "QZB", "ZRG"
CODES: Final = (TRUST, OTHER, BOARD, ELSEWHERE, REGION)
ROUNDED: Final = (
    "analyst:all", f"analyst:{BOARD}", f"lead:{ELSEWHERE}", f"lead:{REGION}", f"submitter:{OTHER}",
)  # fmt: skip
EXACT: Final = (f"viewer:{TRUST}", f"lead:{BOARD}")
EVENTS = "/api/v1/events"
UNLIKE: Final = {
    "/metrics", "/health/live", "/health/ready", "/api/v1/me", "/api/v1/acts",
    "/api/v1/organisations/{code:str}/acts", "/api/v1/organisations/{code:str}/reads",
}  # fmt: skip
"""What tells of the process, of the caller and of callers' ids: nothing of what was recorded."""
NDJSON, CLOUDEVENTS = "application/x-ndjson", "application/cloudevents-batch+json"


def joined(code: str, board: str, role: str) -> dict[str, Any]:
    """Return that a trust joined a board."""
    data = {"system": board, "role": role}
    return made("TrustJoinedSystem", code, data, effective="2020-04-01")


def trained(count: int, on: str, tier: str = "introductory") -> dict[str, Any]:
    """Return completions of a course, and where they were."""
    data = {"course": "qsir_fundamentals", "tier": tier, "participant_group": "staff"}
    parts = [{"division": "med", "completions": count // 2}]
    return made(
        "StaffTrained", TRUST, {**data, "completions": count, "by": parts}, effective=on
    )  # fmt: skip


def story() -> list[dict[str, Any]]:
    """Return a log in which a trust says all that is disclosed otherwise than it was recorded."""
    courses = [trained(60 + 7 * n, f"2026-{n:02}-03") for n in range(1, 11)]
    census = {"tier": "practitioner", "people": 33, "active_last_12m": 21, "in_training": 12}
    ties = {"instrument": "Ties", "invited": 20, "responded": 8, "ties": 30, "density_share": 0.1}
    views = {"framework": "nhs_impact", "framework_version": "2023", "component": "vision"}
    return [
        system(BOARD), system(ELSEWHERE), system(REGION) | {"data": {
            "name": "Region", "kind": "region"}},
        trust(TRUST), trust(OTHER),
        made("SystemJoinedSystem", BOARD, {"system": REGION}, effective="2020-04-01"),
        joined(TRUST, BOARD, "host"), joined(TRUST, ELSEWHERE, "partner"),
        joined(OTHER, ELSEWHERE, "host"),
        made("DivisionsSet", TRUST, {"divisions": [{"code": "med", "name": "Medicine"}]}),
        made("WorkforceCounted", TRUST, {"headcount": 700}, effective="2025-03-31"),
        *courses, trained(12, "2026-05-04", "coach"),
        made("SkillsCounted", TRUST, {**census, "method": "esr",
             "by": [{"division": "med", "people": 12}]}, effective="2026-03-31"),
        made("TrainedStaffLeft", TRUST, {"tier": "practitioner", "people": 6},
             effective="2026-06-01"),
        made("NetworkJoined", TRUST, {"network": "q_community", "members": 17}),
        made("NetworkSurveyed", TRUST, {**ties, "isolates": 1, "cross_division_share": 0.3}),
        made("MaturityAssessed", TRUST, {**views, "stage": 2, "by": "board", "participants": 5}),
        made("ConnectionMade", TRUST, {"kind": "visit", "with": [OTHER]}),
        corrected(courses[3], TRUST, **courses[3]["data"] | {"completions": 91}),
        retracted(courses[4], TRUST), trained(95, courses[4]["effective"]),
    ]  # fmt: skip


def alike(event: dict[str, Any], first: dict[str, Any], secret: bytes) -> dict[str, Any]:
    """Return an event with other counts that is disclosed alike; first: what it corrects."""
    found = copy.deepcopy(event)
    data = found["data"]["data"] if event["type"] == "EventCorrected" else found["data"]
    kind = BY_NAME[first["type"]]
    begins = decoded(first).event

    def told() -> bytes | None:
        payload = msgspec.convert(data, kind.payload)
        return disclosure.disclosed(kind, payload, begins, secret)

    before = told()
    if before is None:
        return found
    parts = data["by"] if isinstance(data.get("by"), list) else []
    for part in parts:
        part |= {name: 1 for name in ("completions", "people") if name in part}
    for path in kind.classes:
        if isinstance(data.get(path), int) and path not in {"stage", "lowest", "highest"}:
            data[path] = next(n for n in near(data[path]) if _same(data, path, n, told, before))
    if before == disclosure.WITHHELD:
        data |= {"ties": 24} if "ties" in data else {"stage": 4}
    return found


def near(count: int) -> Iterator[int]:
    """Yield the counts about a count, nearest first, itself last: then nothing else rounds so."""
    yield from (n for step in range(1, 5) for n in (count + step, count - step) if n > 0)
    yield count


def _same(data: dict[str, Any], path: str, count: int, told: Any, before: bytes) -> bool:
    kept = data[path]
    data[path] = count
    if told() == before:
        return True
    data[path] = kept
    return False


SETTLED: Final = (
    "ALTER TABLE events DISABLE TRIGGER ALL",
    """
UPDATE events SET recorded_at = timestamptz '2026-11-01Z' + position * interval '1 second',
    hash = sha256(CASE WHEN disclosed IS NULL THEN position::text::bytea ELSE body END)
""",
    """
UPDATE log_head SET recorded_at = timestamptz '2026-11-01Z' + position * interval '1 second',
    hash = sha256(position::text::bytea)
""",
)
"""Instants are made alike, and hashes but for those of events whose payloads differ."""


async def _log(dsn: str, events: list[dict[str, Any]]) -> None:
    """Record events, and settle what differs by chance."""
    async with writing(dsn) as writer:
        await send(writer, *events)
    connection = await asyncpg.connect(dsn)
    for statement in SETTLED:
        await connection.execute(statement)
    await connection.close()


@pytest.fixture
def pair(run: Run, server: str, template: str) -> Iterator[tuple[str, str]]:
    """Addresses of two empty logs with one secret."""
    with copied(run, server, template) as one, copied(run, server, template) as other:
        yield one, other


@pytest.fixture
async def logs(pair: tuple[str, str]) -> tuple[list[dict[str, Any]], tuple[str, str]]:
    """What was recorded in the first log, and addresses of the two that are disclosed alike."""
    told = story()
    secret, same = await _secret(pair[0]), await _secret(pair[1])
    assert secret == same
    by_id = {event["id"]: event for event in told}
    others = []
    for event in told:
        is_correction = event["type"] == "EventCorrected"
        others.append(
            alike(event, by_id[event["data"]["event"]] if is_correction else event, secret)
        )
    assert sum(one != two for one, two in zip(told, others, strict=True)) > 12
    await _log(pair[0], told)
    await _log(pair[1], others)
    return told, pair


async def _secret(dsn: str) -> bytes:
    connection = await asyncpg.connect(dsn)
    found: bytes = await connection.fetchval("SELECT secret FROM log_secret")
    await connection.close()
    return found


@asynccontextmanager
async def served(dsn: str, entitlement: str = "own") -> AsyncIterator[Litestar]:
    """Serve a log with access by keys."""
    settings = load({"CAPMAP_ACCESS": "keys", "CAPMAP_ENTITLEMENT": entitlement})
    app = build(settings, dsn)
    async with opened(settings, dsn) as app.state[MEMBER]:
        yield app


async def client_for(app: Litestar, *roles: str) -> httpx.AsyncClient:
    """Return a client with a new key of some roles."""
    return asking(app, await key(app, *roles))


def asked(app: Litestar, role: str, told: list[dict[str, Any]]) -> list[tuple[str, dict[str, str]]]:
    """Return every GET that the application serves, about everybody, in every way of asking.

    What is the same for everybody is asked by the first role alone.
    """
    found: list[tuple[str, dict[str, str]]] = []
    for method, path, permission in routes(app):
        same = permission in {"public", "reference"} and role != ROUNDED[0]
        if method != "GET" or same or path in UNLIKE:
            continue
        for place in places(path, told):
            found += [(place + query, headers) for query, headers in ways(path, len(told))]
    return found


def places(path: str, told: list[dict[str, Any]]) -> list[str]:
    """Return a route's path about everybody, or each event."""
    if "{code" in path:
        return [filled(path, code) for code in CODES]
    if "{event_id" in path:
        head, _, rest = path.partition("{event_id:str}")
        return [f"{head}{event['id']}{rest}" for event in told]
    path = path.replace("{upload_id:str}", str(uuid.UUID(int=9)))
    return [filled(path, TRUST).replace("nothing", "readiness-v1")]


def ways(path: str, head: int) -> list[tuple[str, dict[str, str]]]:
    """Return the queries and headers with which a route is asked."""
    if path.endswith("/events"):
        filters = ["", "?type=StaffTrained", f"?organisation={TRUST}", "?effective_from=2026-06-01",
                   "?limit=7", "?effective_to=2026-05-01", "?known_at=19", "?type=EventCorrected",
                   "?positions=14,15,16"]  # fmt: skip
        forms = ({}, {"Accept": NDJSON}, {"Accept": CLOUDEVENTS})
        return list(itertools.product(filters, forms))
    if "picture" in path:
        moments = [f"?on=2026-11-24&known_at={at}" for at in (head // 2, head - 3)]
        moments += ["?on=2026-05-31"]
        return [(one, {}) for one in [*moments, "?on=2026-11-24", "?on=2026-11-24&evidence=own"]]
    return [("", {})]


async def answers(
    app: Litestar, role: str, told: list[dict[str, Any]]
) -> dict[str, tuple[int, str, str, bytes]]:
    """Return all that a role is answered: status, tag, link and bytes."""
    found = {}
    async with await client_for(app, role) as client:
        for path, headers in asked(app, role, told):
            answer = await client.get(path, headers=headers)
            assert answer.status_code < 500, (path, answer.text)
            heads = (answer.headers.get("etag", ""), answer.headers.get("link", ""))
            key = f"{path} {headers.get('Accept', '')}"
            found[key] = (answer.status_code, *heads, answer.content)
    return found


async def test_two_logs_that_round_alike_are_answered_alike(logs):
    """For every rounded reader every route; for who may have exact counts they differ."""
    told, (one, other) = logs
    async with served(one) as first, served(other) as second:
        for role in ROUNDED:
            before, after = await answers(first, role, told), await answers(second, role, told)
            assert [key for key in before if before[key] != after[key]] == [], role
            assert sum(status == 200 for status, *_ in before.values()) > 25, role
        for role in EXACT:
            before, after = await answers(first, role, told), await answers(second, role, told)
            assert sum(before[key] != after[key] for key in before) > 15, role


def guesses(told: list[dict[str, Any]]) -> list[tuple[str, Any, dict[str, str]]]:
    """Return what somebody else may send to learn whether they guessed what a trust recorded."""
    event = next(one for one in told if one["type"] == "StaffTrained")
    mine = event | {"organisation": OTHER}
    again = event | {"id": str(uuid.UUID(int=7))}
    act = {"id": str(uuid.UUID(int=8)), "reason": "mistyped"}
    version = {"events": [again], "expected_versions": {TRUST: 3}}
    one = f"{EVENTS}/{event['id']}"
    return [
        (EVENTS, event, {}), (EVENTS, [event, mine], {}), (EVENTS, mine, {}), (EVENTS, version, {}),
        (EVENTS, again, {"If-Match": '"3"'}), (f"{EVENTS}?trial=x", event, {}),
        (f"{EVENTS}?trial=x", mine, {}), (f"{EVENTS}?warnings=true", event, {}),
        (f"{one}/retraction", act, {}), (f"{one}/correction", act | {"data": event["data"]}, {}),
        (f"{one}/dispute", {"id": act["id"], "ground": "wrong_figure", "organisation": OTHER}, {}),
    ]  # fmt: skip


def files(told: list[dict[str, Any]]) -> list[bytes]:
    """Return the same guess as a file: in the trust's stream, and in one's own."""
    event = next(one for one in told if one["type"] == "StaffTrained")
    rows = []
    for code in (TRUST, OTHER):
        data = {name: value for name, value in event["data"].items() if name != "by"}
        cells = {"id": event["id"], "organisation": code, "effective": event["effective"],
                 "source.kind": "public", "assurance": "public_record",
                 **{f"data.{name}": str(value) for name, value in data.items()}}  # fmt: skip
        rows.append("\r\n".join((",".join(cells), ",".join(cells.values()))).encode())
    return rows


async def sent(app: Litestar, role: str, told: list[dict[str, Any]]) -> list[tuple[int, bytes]]:
    """Return what is answered to all guesses."""
    async with await client_for(app, role) as client:
        found = [
            await client.post(path, json=body, headers=headers)
            for path, body, headers in guesses(told)
        ]
        lines = {"Content-Type": NDJSON}
        guess = json.dumps(guesses(told)[0][1])
        found.append(await client.post(EVENTS, content=guess, headers=lines))
        assert {one.status_code for one in found} <= {403, 404, 409, 422}, role
        path = "/api/v1/uploads?type=StaffTrained&dry_run=true"
        found += [await client.post(path, files={"file": ("a.csv", f)}) for f in files(told)]
        return [(one.status_code, one.content) for one in found]


async def test_no_answer_confirms_a_guess(logs):
    """What is sent is right in the one log and wrong in the other, and is refused alike."""
    told, (one, other) = logs
    async with served(one) as first, served(other) as second:
        for role in ROUNDED:
            assert await sent(first, role, told) == await sent(second, role, told), role


async def test_a_trial_laid_over_the_log_tells_nothing_more(logs):
    """Of a board's picture with one's own events laid over, of the trial and of its warnings."""
    _, (one, other) = logs
    roles = (f"submitter:{OTHER}", f"lead:{ELSEWHERE}")
    mine = made("WorkforceCounted", OTHER, {"headcount": 900}, effective="2026-03-31")
    mine |= {"source": {"kind": "own", "reference": "x"}, "assurance": "self_declared"}
    said = []
    async with served(one) as first, served(other) as second:
        for app in (first, second):
            async with await client_for(app, *roles) as client:
                laid = await client.post(f"{EVENTS}?trial=x", json=mine)
                assert laid.status_code == 201, laid.text
                paths = (f"systems/{ELSEWHERE}/picture?trial=x&on=2026-11-24", "trials/x")
                found = [await client.get(f"/api/v1/{path}") for path in paths]
                assert [answer.status_code for answer in found] == [200, 200]
                assert found[0].json()["rounded"] == [TRUST]
                said.append([answer.content for answer in found])
    assert said[0] == said[1]


def parted(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event with the same totals, other parts, and another small survey."""
    found = copy.deepcopy(event)
    data = found["data"]["data"] if event["type"] == "EventCorrected" else found["data"]
    if isinstance(data.get("by"), list):
        for part in data["by"]:
            part |= {name: 1 for name in ("completions", "people") if name in part}
    for name, other in (("participants", 6), ("stage", 4), ("responded", 9), ("ties", 24)):
        if name in data:
            data[name] = other
    return found


async def test_totals_for_all_give_nothing_away_of_parts_and_small_surveys(pair):
    """Where an operator chose trust_totals, logs that differ in nothing else are answered alike."""
    told = story()
    others = [parted(event) for event in told]
    assert sum(one != two for one, two in zip(told, others, strict=True)) > 12
    await _log(pair[0], told)
    await _log(pair[1], others)
    async with served(pair[0], "trust_totals") as one, served(pair[1], "trust_totals") as other:
        role = f"analyst:{BOARD}"
        before, after = await answers(one, role, told), await answers(other, role, told)
        assert [key for key in before if before[key] != after[key]] == []
        assert any(b"trust-totals" in body for *_, body in before.values())
