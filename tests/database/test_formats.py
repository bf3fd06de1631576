"""The forms that POST /events takes and GET /events gives: lines, CloudEvents, keys for ids."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from importlib import resources
from typing import Any

import httpx
import pytest
from cloudevents.v1 import conversion
from cloudevents.v1.http import CloudEvent

from tests.clients import client_of

STORY = resources.files("service.story").joinpath("surrey-and-sussex.ndjson").read_bytes()
LINES = {"Content-Type": "application/x-ndjson"}
ONE = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


@pytest.fixture
async def client(told_dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a log that holds the story."""
    async with client_of(told_dsn) as made:
        yield made


def cloud(**changes: Any) -> dict[str, Any]:
    """Return a CloudEvent about RTP, as the SDK would send it."""
    attributes = {
        "id": "a-1", "source": "https://improvement.example.org/", "subject": "RTP",
        "type": "uk.capmap.leadership.LeaderAppointed.v1", "time": "2026-05-01T00:00:00Z",
        "assurance": "board_minuted", "sourceref": "Board paper 3",
    } | changes  # fmt: skip
    data = {"post": "chief_nurse", "person": "p-00001111", "basis": "substantive"}
    return dict(json.loads(conversion.to_json(CloudEvent(attributes, data))))


@pytest.mark.parametrize("form", ["lines", "list"])
async def test_the_whole_story_is_taken_as_one_batch(dsn: str, form: str) -> None:
    """As lines or as a list it has its positions in the order in which it is told."""
    sent: dict[str, Any] = {"content": STORY, "headers": LINES}
    if form == "list":
        sent = {"json": [json.loads(line) for line in STORY.splitlines()]}
    async with client_of(dsn) as client:
        answer = await client.post("/api/v1/events", **sent)
    assert answer.status_code == 201, answer.text
    found = [(one["position"], one["id"]) for one in answer.json()["events"]]
    told = [json.loads(line)["id"] for line in STORY.splitlines()]
    assert found == list(enumerate(told, start=1))


async def test_lines_are_a_batch_and_faults_name_the_line(client: httpx.AsyncClient) -> None:
    """A file of lines is one batch; blank lines count, and a fault says its line."""
    first = json.loads(STORY.splitlines()[0])
    wrong = b"\n" + json.dumps(first | {"precision": "week"}).encode() + b"\n{\n"
    answer = await client.post("/api/v1/events", content=wrong, headers=LINES)
    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert [(e["row"], e["pointer"]) for e in errors] == [(2, "/precision"), (3, "")]


async def test_the_sdk_s_event_is_recorded_once(client: httpx.AsyncClient) -> None:
    """An event made by the CloudEvents SDK is recorded; its source and id tell it when repeated."""
    answers = [
        await client.post("/api/v1/events", content=json.dumps(cloud()), headers=ONE)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 200], answers[0].text
    (one,) = answers[0].json()["events"]
    read = (await client.get(f"/api/v1/events/{one['id']}")).json()["event"]
    assert (read["effective"], read["organisation"]) == ("2026-05-01", "RTP")
    assert read["source"] == {"kind": "own", "reference": "Board paper 3"}


async def test_a_time_is_a_day_in_london(client: httpx.AsyncClient) -> None:
    """Half past eleven at night UTC in summer is the next day in London."""
    body = json.dumps(cloud(id=str(uuid.uuid4()), time="2026-04-30T23:30:00Z"))
    answer = await client.post("/api/v1/events", content=body, headers=ONE)
    (one,) = answer.json()["events"]
    read = (await client.get(f"/api/v1/events/{one['id']}")).json()["event"]
    assert read["effective"] == "2026-05-01"


async def test_what_is_read_as_cloudevents_can_be_sent_again(client: httpx.AsyncClient) -> None:
    """The whole story read back in batches is taken by the SDK, and is known to the log."""
    accept = {"Accept": "application/cloudevents-batch+json"}
    answer = await client.get("/api/v1/events?limit=1000", headers=accept)
    assert answer.headers["content-type"] == BATCH["Content-Type"]
    events = answer.json()
    assert len(events) == len(STORY.splitlines())
    for event in events:
        made = conversion.from_json(CloudEvent, json.dumps(event))
        assert made["subject"] == event["subject"]
    again = await client.post("/api/v1/events", content=answer.content, headers=BATCH)
    assert again.status_code == 200, again.text


async def test_one_event_is_read_as_a_cloudevent(client: httpx.AsyncClient) -> None:
    """Its position and hash are extensions; they are ignored when it is sent."""
    key = json.loads(STORY.splitlines()[0])["id"]
    accept = {"Accept": "application/cloudevents+json"}
    found = (await client.get(f"/api/v1/events/{key}", headers=accept)).json()
    assert (found["specversion"], found["position"], len(found["hash"])) == ("1.0", 1, 64)
    answer = await client.post("/api/v1/events", content=json.dumps(found), headers=ONE)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"specversion": "0.3"}, "/specversion"),
        ({"type": "uk.capmap.skills.LeaderAppointed.v1"}, "/type"),
        ({"type": "uk.capmap.leadership.LeaderAppointed.v2"}, "/type"),
        ({"subject": "RTP04"}, "/subject"),
        ({"time": "2026-05-01"}, "/time"),
        ({"time": "2026-05-01T00:00:00"}, "/time"),
        ({"time": "1066-10-14T00:00:00Z"}, "/time"),
        ({"assurrance": "board_minuted"}, "/assurrance"),
        ({"sourcekind": "rumour"}, "/sourcekind"),
        ({"id": ""}, "/id"),
        ({"data_base64": "AA=="}, "/data_base64"),
        ({"datacontenttype": "text/xml"}, "/datacontenttype"),
        ({"data": {"post": "chief_nurce", "person": "p-00001111", "basis": "interim"}},
         "/data/post"),
    ],
)  # fmt: skip
async def test_a_fault_points_at_the_attribute(
    client: httpx.AsyncClient, changes: dict[str, Any], pointer: str
) -> None:
    """What is wrong with a CloudEvent is told by its own attribute's name."""
    body = json.dumps(cloud() | changes)
    answer = await client.post("/api/v1/events", content=body, headers=ONE)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_attributes_of_others_are_ignored(client: httpx.AsyncClient) -> None:
    """Tracing and broker attributes say nothing to the log, and do no harm."""
    others = {"traceparent": "00-0af7-b7ad-01", "knativearrivaltime": "x", "sequence": "9"}
    answer = await client.post("/api/v1/events", content=json.dumps(cloud(**others)), headers=ONE)
    assert answer.status_code == 201, answer.text


async def test_a_key_gives_ids_to_events_that_come_without(client: httpx.AsyncClient) -> None:
    """A batch without ids sent twice under one key is recorded once; changed, it is a conflict."""
    first = json.loads(STORY.splitlines()[0])
    trained = {
        "type": "StaffTrained", "organisation": "RTP", "effective": "2026-05-01",
        "source": first["source"], "assurance": "board_minuted",
        "data": {"course": "qsir_fundamentals", "tier": "introductory",
                 "participant_group": "staff", "completions": 20},
    }  # fmt: skip
    body, key = [trained, trained], {"Idempotency-Key": "term-3"}
    answers = [await client.post("/api/v1/events", json=body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200], answers[0].text
    assert len({one["id"] for one in answers[0].json()["events"]}) == 2
    changed = [trained, trained | {"effective": "2026-05-02"}]
    assert (await client.post("/api/v1/events", json=changed, headers=key)).status_code == 409
    assert (await client.post("/api/v1/events", json=body)).status_code == 422
    bad = await client.post("/api/v1/events", json=body, headers={"Idempotency-Key": "a b"})
    assert bad.status_code == 400
