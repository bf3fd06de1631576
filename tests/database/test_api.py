"""The API over a real database: what clients are promised by CONVENTIONS.md."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import AsyncIterator
from html import escape
from importlib import resources
from typing import Any

import httpx
import pytest

from service.api import openapi
from service.api.operations import OPERATIONS, Operation
from service.app import HANDLERS
from service.domain.problems import KINDS
from service.domain.register import BY_NAME
from tests.clients import client_of

STORY = resources.files("service.story").joinpath("surrey-and-sussex.ndjson").read_bytes()


def story() -> list[dict[str, Any]]:
    """Return the story's events."""
    return [json.loads(line) for line in STORY.splitlines()]


@pytest.fixture
async def client(dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application on a fresh database."""
    async with client_of(dsn) as made:
        yield made


@pytest.fixture
async def told(told_dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a log that holds the story, position by line."""
    async with client_of(told_dsn) as made:
        yield made


def leader(**changes: Any) -> dict[str, Any]:
    """Return a valid event about RTP."""
    event = {
        "id": str(uuid.uuid4()),
        "type": "LeaderAppointed",
        "organisation": "RTP",
        "effective": "2026-05-01",
        "data": {"post": "chief_nurse", "person": "p-00001111", "basis": "substantive"},
        "source": {"kind": "own", "reference": "Board paper 3"},
        "assurance": "board_minuted",
    }
    return event | changes


async def test_an_event_is_answered_with_position_and_hash(told: httpx.AsyncClient) -> None:
    """A new event is answered 201 with its place in the chain, and again 200 with the same."""
    event = leader()
    first = await told.post("/api/v1/events", json=event)
    again = await told.post("/api/v1/events", json=event)
    assert (first.status_code, again.status_code) == (201, 200)
    one, two = first.json()["events"][0], again.json()["events"][0]
    assert one["position"] == two["position"] == 135
    assert one["hash"] == two["hash"]
    assert (one["outcome"], two["outcome"]) == ("recorded", "already_recorded")


async def test_all_faults_of_all_items_come_at_once(told: httpx.AsyncClient) -> None:
    """Each wrong value of each item has a pointer, a rule and what was seen; none is recorded."""
    bad = leader(effective="2026-02-30", data={"post": "chief_nurce", "person": "Jo", "basis": 1})
    answer = await told.post("/api/v1/events", json={"events": [leader(), bad]})
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    pointers = {error["pointer"]: error for error in answer.json()["errors"]}
    assert set(pointers) == {
        "/events/1/effective", "/events/1/data/post", "/events/1/data/person",
        "/events/1/data/basis",
    }  # fmt: skip
    assert pointers["/events/1/data/post"]["nearest"] == "chief_nurse"
    assert (await told.get("/health/ready")).json()["position"] == 134


async def test_what_the_log_refuses_points_into_the_body_that_was_sent(
    told: httpx.AsyncClient,
) -> None:
    """One event, a list and a batch each have pointers of their own, as for any wrong value."""
    lost = leader(organisation="RA9")
    for body, pointer in (
        (lost, "/organisation"),
        ([leader(), lost], "/1/organisation"),
        ({"events": [leader(), lost]}, "/events/1/organisation"),
    ):
        answer = await told.post("/api/v1/events", json=body)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("send", "status", "code"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "malformed_body"),
        ({"content": b"[]", "headers": {"content-type": "application/json"}}, 400,
         "malformed_body"),
        ({"content": b"\xff", "headers": {"content-type": "application/json"}}, 400,
         "malformed_body"),
        ({"content": b"[" * 100_000, "headers": {"content-type": "application/json"}}, 400,
         "malformed_body"),
        ({"content": b"x", "headers": {"content-type": "text/plain"}}, 415,
         "unsupported_media_type"),
        ({"content": b"x", "headers": {"content-type": "application/json",
                                       "content-encoding": "gzip"}}, 415,
         "unsupported_media_type"),
        ({"json": {"events": [leader()], "expected_versions": {"RTP": 1}}}, 412,
         "version_mismatch"),
        ({"json": leader(organisation="RTP04")}, 422, "invalid_events"),
        ({"json": leader(id=story()[0]["id"])}, 409, "id_conflict"),
    ],
)  # fmt: skip
async def test_what_cannot_be_taken_is_named(
    told: httpx.AsyncClient, send: dict[str, Any], status: int, code: str
) -> None:
    """Bad input gets the number and the problem that the table says, never a 500."""
    answer = await told.post("/api/v1/events", **send)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}")


async def test_if_match_is_the_stream_s_version(told: httpx.AsyncClient) -> None:
    """If-Match with the stream's version lets one of two writers win."""
    listed = await told.get("/api/v1/events", params={"organisation": "rtp", "limit": 1000})
    version = listed.json()["items"][-1]["version"]
    headers = {"If-Match": f'"{version}"'}
    first = await told.post("/api/v1/events", json=leader(), headers=headers)
    second = await told.post("/api/v1/events", json=leader(), headers=headers)
    assert (first.status_code, second.status_code) == (201, 412)


async def test_lists_page_by_cursor_without_gap(told: httpx.AsyncClient) -> None:
    """Following `next` meets each position once, in order."""
    address: str | None = "/api/v1/events?limit=50"
    positions: list[int] = []
    while address:
        page = (await told.get(address)).json()
        positions += [item["position"] for item in page["items"]]
        address = page["next"]
    assert positions == list(range(1, 135))


async def test_a_cursor_of_another_log_is_refused(told: httpx.AsyncClient) -> None:
    """A follower of a log that was replaced is told that it diverged, and garbage is named."""
    page = (await told.get("/api/v1/events?limit=50")).json()
    forged = page["next"].replace("cursor=AAAAAAAAAD", "cursor=AAAAAAAAAA")
    assert (await told.get(forged)).status_code == 409
    assert (await told.get("/api/v1/events?cursor=nonsense")).status_code == 422


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/trusts/RTP/picture?knownat=3",
        "/api/v1/trusts/RTP/picture?known_at=999999",
        "/api/v1/trusts/RTP/picture?known_at=yesterday",
        "/api/v1/trusts/RTP/picture?on=2019-02-30",
        "/api/v1/trusts/RTP/picture?on=2019-02-03&on=2019-02-03",
        "/api/v1/events?limit=100000",
    ],
)
async def test_a_wrong_parameter_never_answers_for_today(
    told: httpx.AsyncClient, address: str
) -> None:
    """Unknown, repeated and ill-formed parameters are refused by name."""
    answer = await told.get(address)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid_parameter")


async def test_the_same_question_has_the_same_bytes_and_a_304(told: httpx.AsyncClient) -> None:
    """An answer carries an ETag; who has it already is told so in 304 without a body."""
    address = "/api/v1/trusts/RTP/picture?on=2019-01-18&known_at=134"
    first = await told.get(address)
    again = await told.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


async def test_the_story_s_promise_over_http(told: httpx.AsyncClient) -> None:
    """RTP on the day of its rating: level of leadership 3, cannot tell 4 for want of a vacancy."""
    answer = (await told.get("/api/v1/trusts/rtp/picture?on=2019-01-18")).json()
    assert answer["moment"]["known_at"]["position"] == 134
    text = json.dumps(answer["picture"])
    assert '"level": 3' in text
    assert '"cannot_tell": [4]' in text


async def test_the_host_of_a_partner_is_looked_up_on_the_date(told: httpx.AsyncClient) -> None:
    """A connection reaches beyond the home board when its other side had another one then."""
    visit = {"kind": "visit", "with": ["RXC"]}
    event = leader(type="ConnectionMade", effective="2025-09-01", data=visit)
    answer = await told.post("/api/v1/events", json=event | {"assurance": "public_record"})
    assert answer.status_code == 201, answer.text
    for on, beyond in (("2025-10-01", True), ("2026-04-01", None)):
        found = await told.get("/api/v1/trusts/RTP/picture", params={"on": on})
        measures = found.json()["picture"]["connection"]["measures"]
        assert measures["another_host"]["value"] is beyond


@pytest.mark.parametrize("code", ["R%00P", "%C3%BC%C3%BC%C3%BC", "RTPRTP", "R-P"])
@pytest.mark.parametrize("path", ["organisations/{}", "trusts/{}/picture", "systems/{}/picture"])
async def test_what_can_be_no_code_is_not_found(
    told: httpx.AsyncClient, path: str, code: str
) -> None:
    """A text that no organisation can have as its code is not found, never a failing database."""
    answer = await told.get("/api/v1/" + path.format(code))
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not_found")


async def test_organisations_are_found_by_former_code_and_name(told: httpx.AsyncClient) -> None:
    """RXH leads to its successor RYR, and a former name to the trust that bore it."""
    by_code = (await told.get("/api/v1/organisations?q=rxh")).json()["items"]
    by_name = (await told.get("/api/v1/organisations?q=western%20sussex")).json()["items"]
    assert {"RXH", "RYR"} <= {found["code"] for found in by_code}
    assert [found["code"] for found in by_name] == ["RYR"]


async def test_an_event_comes_with_all_that_is_about_it(told: httpx.AsyncClient) -> None:
    """An event's page shows its correction, its retraction and how it stands now."""
    event = leader()
    about = {"event": event["id"], "reason": "mistyped"}
    correction = leader(type="EventCorrected", data=about | {"data": event["data"]})
    retraction = leader(type="EventRetracted", data=about)
    answer = await told.post("/api/v1/events", json=[event, correction, retraction])
    assert answer.status_code == 201, answer.text
    found = (await told.get(f"/api/v1/events/{event['id']}")).json()
    assert [one["type"] for one in found["about"]] == ["EventCorrected", "EventRetracted"]
    assert found["status"] == "retracted"
    assert found["about"][0]["target"] == {
        "position": 135, "type": "LeaderAppointed", "organisation": "RTP",
    }  # fmt: skip


async def test_each_problem_leads_to_a_page(client: httpx.AsyncClient) -> None:
    """Every code of the table resolves to a page that says the way out."""
    for code, kind in KINDS.items():
        page = await client.get(f"/problems/{code}")
        assert page.status_code == 200
        assert escape(kind.title) in page.text


async def test_change_and_deletion_are_answered_with_the_way_out(
    client: httpx.AsyncClient,
) -> None:
    """PUT and DELETE answer 405 that names correction and retraction."""
    for method in ("PUT", "DELETE"):
        answer = await client.request(method, "/api/v1/events")
        assert answer.status_code == 405
        assert "EventCorrected" in answer.json()["way_out"]


async def test_schemas_codes_and_dimensions_are_served(client: httpx.AsyncClient) -> None:
    """Each type's schema, each list of codes and the model can be read."""
    listed = (await client.get("/api/v1/schemas")).json()["items"]
    assert {one["type"] for one in listed} == set(BY_NAME)
    for one in listed:
        schema = (await client.get(one["href"])).json()
        assert schema["examples"][0]["type"] == one["type"]
    assert (await client.get("/api/v1/codes/programmes")).json()["items"]
    assert (await client.get("/api/v1/dimensions")).status_code == 200


def test_every_answer_has_a_true_schema() -> None:
    """Each operation's answer is described member by member; only documents are plain objects."""
    paths = json.loads(openapi.document())["paths"]
    plain = set()
    files = {one.name for one in openapi.OPERATIONS if one.files}
    for one in (operation for path in paths.values() for operation in path.values()):
        if one["operationId"] in files or "200" not in one["responses"]:
            continue
        (schema, *_) = (made["schema"] for made in one["responses"]["200"]["content"].values())
        if not {"$ref", "anyOf"} & schema.keys():
            plain.add(one["operationId"])
    assert plain == {"get_schema", "get_openapi"}


@pytest.mark.parametrize(
    "one", [one for one in OPERATIONS if one.example], ids=lambda one: one.name
)
async def test_examples_of_the_document_can_be_asked(
    told: httpx.AsyncClient, one: Operation
) -> None:
    """What the document gives as an example is answered from the story."""
    address = re.sub(r"\{\w+\}", one.example, one.path)
    assert (await told.get(address)).status_code == 200


def test_operations_are_frozen_and_all_documented() -> None:
    """The names of operations are clients' method names; the document has each handler."""
    served = {str(handler.operation_id) for handler in HANDLERS}
    document = json.loads(openapi.document())
    named = {one["operationId"] for path in document["paths"].values() for one in path.values()}
    assert named == served
    assert served == {
        "append_events", "list_events", "get_event", "list_organisations", "get_organisation",
        "list_systems", "get_trust_picture", "get_system_picture", "list_dimensions",
        "list_code_lists", "list_codes", "list_schemas", "get_schema", "get_openapi",
        "list_models", "get_model", "list_trust_beginnings", "list_templates", "get_template",
        "get_workbook", "correct_event", "retract_event", "dispute_event", "settle_dispute",
        "confirm_event", "create_upload", "list_uploads", "get_upload", "list_upload_rows",
        "follow_upload", "get_upload_errors", "retract_upload", "restore_upload",
        "list_trials", "get_trial", "discard_trial", "record_trial", "get_completeness",
        "get_return", "make_return", "save_return_draft", "discard_return_draft",
            "create_key", "list_keys", "revoke_key",
        "record_name", "list_people", "list_trust_people", "erase_person", "lift_erasure",
        "list_erasures",
        "get_me",
            "list_reads", "list_acts", "list_acts_of",
    }  # fmt: skip


async def test_request_ids_are_echoed(client: httpx.AsyncClient) -> None:
    """A request's id comes back, so that an answer and the service's log meet."""
    answer = await client.get("/health/live", headers={"X-Request-ID": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"
