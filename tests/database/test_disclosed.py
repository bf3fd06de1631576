"""What rounded readers are given over HTTP: from what is disclosed alone, by every way in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any

import asyncpg
import httpx
import pytest

from service.api.rooms import MEMBER
from service.app import build, opened
from service.settings import load
from tests.strategies import corrected, made, retracted, trust

STORY = resources.files("service.story").joinpath("fictional.ndjson").read_bytes()
EVENTS = "/api/v1/events"
ROUNDED = {"disclosure": "people-v1"}
ON = "2026-11-24"
FORMS = ("application/json", "application/x-ndjson", "application/cloudevents-batch+json")


@asynccontextmanager
async def reading(dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """Lend a client of a service that has nothing at hand yet."""
    settings = load({})
    app = build(settings, dsn)
    async with (
        opened(settings, dsn) as app.state[MEMBER],
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        yield client


@pytest.fixture
async def client(dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a log with one trust."""
    async with reading(dsn) as found:
        await found.post(EVENTS, json=[trust()])
        yield found


async def sent(client: httpx.AsyncClient, *events: dict[str, Any]) -> None:
    """Record events."""
    answer = await client.post(EVENTS, json=list(events))
    assert answer.status_code == 201, answer.text


async def read(client: httpx.AsyncClient, path: str, **query: Any) -> Any:
    """Read what must be there, as a rounded reader unless told otherwise."""
    answer = await client.get(path, params={**ROUNDED, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def trained(count: int, **more: Any) -> dict[str, Any]:
    """Return completions of an introductory course."""
    data = {"course": "qsir_fundamentals", "tier": "introductory", "participant_group": "staff"}
    parts = [{"division": "med", "completions": 1}]
    return made("StaffTrained", "RTP", {**data, "completions": count, "by": parts}, **more)


def ways(codes: list[str], systems: list[str], ids: list[str], head: int) -> list[httpx.Request]:
    """Return all that can be asked of a log: pictures, lists and events, on days, as known when."""
    moments: list[dict[str, Any]] = [{"on": ON}, {"on": "2025-03-31"}]
    moments += [{"on": ON, "known_at": head * step // 8} for step in range(4, 8)]
    moments += [{"on": ON, "evidence": "own"}]
    asked: list[tuple[str, dict[str, Any], str]] = []
    for moment in moments:
        asked += [(f"/api/v1/trusts/{code}/picture", moment, FORMS[0]) for code in codes]
        asked += [(f"/api/v1/systems/{code}/picture", moment, FORMS[0]) for code in systems]
    for path in ("completeness", "beginnings"):
        asked += [(f"/api/v1/trusts/{code}/{path}", {"on": ON}, FORMS[0]) for code in codes]
    asked += [(f"/api/v1/organisations/{code}", {"on": ON}, FORMS[0]) for code in codes]
    filters: list[dict[str, Any]] = [{}, {"type": "StaffTrained"}, {"type": "EventCorrected"}]
    filters += [{"organisation": codes[0]}, {"effective_from": "2025-06-01"}]
    for form in FORMS:
        asked += [(EVENTS, one | {"limit": 1000}, form) for one in filters]
    asked += [(f"{EVENTS}/{one}", {}, FORMS[0]) for one in ids]
    return [
        httpx.Request(
            "GET", f"http://test{path}", params={**query, **ROUNDED}, headers={"Accept": accept}
        )
        for path, query, accept in asked
    ]


async def answers(dsn: str, asked: list[httpx.Request]) -> dict[str, tuple[int, str, bytes]]:
    """Return each answer with its status and tag."""
    async with reading(dsn) as client:
        found = {}
        for request in asked:
            answer = await client.send(request)
            key = f"{request.url} {request.headers['accept']}"
            found[key] = (answer.status_code, answer.headers.get("etag", ""), answer.content)
        return found


async def test_no_answer_to_a_rounded_reader_rests_on_an_exact_payload(
    dsn: str, connection: asyncpg.Connection
) -> None:
    """Every payload of which something else is disclosed is wiped: each answer is the same bytes.

    So no hash, date, known-at point, filter, warning or tag gives away what was there.
    """
    async with reading(dsn) as client:
        lines = STORY.splitlines()
        for first in range(0, len(lines), 500):
            batch = [json.loads(line) for line in lines[first : first + 500]]
            assert (await client.post(EVENTS, json=batch)).status_code == 201
    rows = await connection.fetch("SELECT id, organisation FROM events WHERE disclosed IS NOT NULL")
    ids = [str(row["id"]) for row in rows][::9]
    codes = sorted({row["organisation"] for row in rows})
    known = "SELECT DISTINCT organisation FROM events WHERE type = 'SystemEstablished'"
    systems = [row["organisation"] for row in await connection.fetch(known)]
    asked = ways(codes, systems, ids, len(lines))
    before = await answers(dsn, asked)
    assert {status for status, _, _ in before.values()} <= {200, 404}
    await connection.execute("ALTER TABLE events DISABLE TRIGGER ALL")
    wiped = await connection.execute(
        "UPDATE events SET body = convert_to(jsonb_set(convert_from(body, 'UTF8')::jsonb,"
        " '{data}', '{}')::text, 'UTF8') WHERE disclosed IS NOT NULL"
    )
    assert int(wiped.split()[1]) > 100
    after = await answers(dsn, asked)
    assert [key for key in before if before[key] != after[key]] == []


async def test_an_event_is_given_rounded_without_parts_and_without_its_hash(client):
    """In lists of every form and by its id; what the answer is says itself."""
    event = trained(63)
    await sent(client, event)
    listed = await read(client, EVENTS, type="StaffTrained")
    (item,) = listed["items"]
    assert listed["disclosure"] == "people-v1"
    assert item["data"]["completions"] in {60, 65}
    assert not {"by", "completions_exact"} & item["data"].keys()
    assert not {"hash", "salt"} & item.keys()
    one = await read(client, f"{EVENTS}/{event['id']}")
    assert (one["event"], one["disclosure"]) == (item, "people-v1")
    assert one["text"].endswith("(people rounded to fives)")
    whole = await read(client, EVENTS, type="StaffTrained", disclosure="exact")
    assert whole["items"][0]["data"] == event["data"]
    assert whole["items"][0].keys() - item.keys() == {"hash"}


async def test_a_figure_says_how_sure_it_is_and_its_level_whether_a_cut_is_near(client):
    """About so many, with a band, of rounded counts; the share of a published headcount too."""
    staff = made("WorkforceCounted", "RTP", {"headcount": 1000}, effective="2026-03-31")
    await sent(client, staff, *(trained(32, effective=f"2026-0{n}-01") for n in range(4, 8)))
    rounded = (await read(client, "/api/v1/trusts/RTP/picture", on="2026-08-01"))["picture"]
    exact = (await read(client, "/api/v1/trusts/RTP/picture", on="2026-08-01", disclosure="exact"))[
        "picture"
    ]
    percent = rounded["skills"]["measures"]["introductory_percent"]
    assert percent["band"] == pytest.approx(0.8)  # 4·√4 of 1,000, in percent
    assert percent["shown"] == f"about {percent['value']:.1f} % (± 0.8)"
    assert abs(percent["value"] - 12.8) < 2
    assert "band" not in exact["skills"]["measures"]["introductory_percent"]
    holes = rounded["skills"]["measures"]["introductory_holes"]
    assert (holes["value"], holes["reason"]) == (None, "divisions_not_known")


async def test_sent_again_corrected_or_retracted_a_count_rounds_alike(client):
    """Neither another id nor a correction to the same count has it rounded another time."""
    first, again = trained(63), trained(63)
    await sent(client, first)
    await sent(client, retracted(first))
    await sent(client, again)
    await sent(client, corrected(again, **(again["data"] | {"completions": 63})))
    items = (await read(client, EVENTS))["items"]
    counts = [one["data"]["completions"] for one in items if one["type"] == "StaffTrained"]
    counts += [one["data"]["data"]["completions"] for one in items if "data" in one["data"]]
    assert len(counts) == 3
    assert len(set(counts)) == 1


async def test_a_small_survey_is_there_and_says_nothing(client):
    """Its payload is null, what would be read from it is withheld; corrected, it may be told."""
    data = {"instrument": "Ties", "invited": 20, "responded": 9, "ties": 30, "density_share": 0.1}
    survey = made("NetworkSurveyed", "RTP", data | {"isolates": 0, "cross_division_share": 0.3})
    await sent(client, survey)
    (item,) = (await read(client, EVENTS, type="NetworkSurveyed"))["items"]
    assert item["data"] is None
    one = await read(client, f"{EVENTS}/{survey['id']}")
    assert (one["text"], one["event"]["data"]) == (None, None)
    share = await _share(client)
    assert (share["status"], share["reason"]) == ("withheld", "fewer_than_10_answered")
    await sent(client, corrected(survey, **(survey["data"] | {"responded": 12})))
    assert (await _share(client))["value"] == 0.3
    await sent(client, corrected(survey, **(survey["data"] | {"responded": 8})))
    assert (await _share(client))["status"] == "withheld"
    await sent(client, retracted(survey))
    assert (await _share(client))["status"] == "unknown"


async def _share(client: httpx.AsyncClient) -> Any:
    found = await read(client, "/api/v1/trusts/RTP/picture", on=ON)
    assert found["picture"]["unreadable"] == {}
    return found["picture"]["connection"]["measures"]["cross_division_share"]


async def test_an_answer_is_kept_for_readers_of_its_disclosure_only(client):
    """The tag of the one is never the tag of the other, even where the bytes would be alike."""
    path = "/api/v1/trusts/RTP/picture"
    rounded = await client.get(path, params={"on": ON, **ROUNDED})
    exact = await client.get(path, params={"on": ON})
    assert rounded.json()["moment"]["disclosure"] == "people-v1"
    assert exact.json()["moment"]["disclosure"] == "exact"
    assert rounded.json()["picture"]["levels"] == exact.json()["picture"]["levels"]
    link = exact.json()["picture"]["registration"]["events"]["href"]
    less = link.replace("?", "?disclosure=people-v1&")
    assert rounded.json()["picture"]["registration"]["events"]["href"] == less
    assert rounded.headers["etag"] != exact.headers["etag"]
    assert rounded.headers["cache-control"].startswith("private")
    crossed = await client.get(
        path, params={"on": ON}, headers={"If-None-Match": rounded.headers["etag"]}
    )
    assert crossed.status_code == 200


async def test_a_picture_with_a_trial_laid_over_rests_on_what_is_disclosed(client):
    """What would be is told from rounded counts of the log; those of the trial are one's own."""
    await sent(client, trained(63))
    await client.post(EVENTS, params={"trial": "mine"}, json=[trained(5, effective="2026-05-01")])
    found = await read(client, "/api/v1/trusts/RTP/picture", on=ON, trial="mine")
    done = found["picture"]["skills"]["measures"]["introductory_completions_12m"]
    assert found["moment"]["disclosure"] == "people-v1"
    assert done["value"] in {65, 70}
    assert done["band"] == 4  # of one rounded count


async def test_a_warning_says_no_more_than_what_is_disclosed(client):
    """Beside an event and in how complete a record is, a figure that warns is the rounded one."""
    event = trained(2003)
    staff = made("WorkforceCounted", "RTP", {"headcount": 1001}, effective="2026-03-31")
    await sent(client, staff, event)
    for path in (f"{EVENTS}/{event['id']}", "/api/v1/trusts/RTP/completeness"):
        exact = (await client.get(path)).text
        rounded = (await client.get(path, params=ROUNDED)).text
        assert "2,003" in exact
        assert "above_headcount" in rounded
        assert "2,003" not in rounded
        assert "2003" not in rounded
