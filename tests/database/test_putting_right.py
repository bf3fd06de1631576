"""Putting right over HTTP: correct, retract, dispute, settle, confirm; safe to repeat."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.clients import client_of

SOURCE = {"kind": "own", "reference": "Board paper 3"}


@pytest.fixture
async def client(told_dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a log that holds the story."""
    async with client_of(told_dsn) as made:
        yield made


def event(kind: str, data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a valid event of RTP."""
    return {
        "id": str(uuid.uuid4()), "type": kind, "organisation": "RTP", "effective": "2026-05-01",
        "data": data, "source": SOURCE, "assurance": "board_minuted",
    } | changes  # fmt: skip


def trained(people: int = 64) -> dict[str, Any]:
    """Return an event of training."""
    data = {"course": "qsir_fundamentals", "tier": "introductory", "participant_group": "staff"}
    return event("StaffTrained", data | {"completions": people})


async def sent(client: httpx.AsyncClient, body: Any, address: str = "/api/v1/events") -> Any:
    """Post what must be taken; return the answer's JSON."""
    answer = await client.post(address, json=body)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def read(client: httpx.AsyncClient, key: str) -> Any:
    """Read one event with all that is about it."""
    return (await client.get(f"/api/v1/events/{key}")).json()


async def test_a_correction_says_only_what_is_wrong(client: httpx.AsyncClient) -> None:
    """What a correction leaves out stays as the event says: here all but the day."""
    wrong = trained()
    await sent(client, wrong)
    body = {"id": str(uuid.uuid4()), "reason": "mistyped", "effective": "2026-04-01"}
    (outcome,) = (await sent(client, body, f"/api/v1/events/{wrong['id']}/correction"))["events"]
    assert outcome["outcome"] == "recorded"
    found = await read(client, wrong["id"])
    (about,) = found["about"]
    assert found["status"] == "corrected"
    assert (about["type"], about["effective"]) == ("EventCorrected", "2026-04-01")
    assert about["data"]["data"] == wrong["data"]
    assert (about["source"], about["assurance"]) == (SOURCE, "board_minuted")


async def test_a_second_correction_starts_from_the_first(client: httpx.AsyncClient) -> None:
    """What is left out stays as the correction in force says, not as the original did."""
    wrong = trained()
    await sent(client, wrong)
    address = f"/api/v1/events/{wrong['id']}/correction"
    data = wrong["data"] | {"completions": 46}
    await sent(client, {"id": str(uuid.uuid4()), "reason": "mistyped", "data": data}, address)
    day = {"id": str(uuid.uuid4()), "reason": "mistyped", "effective": "2026-04-02"}
    await sent(client, day, address)
    newest = (await read(client, wrong["id"]))["about"][-1]
    assert newest["data"]["data"]["completions"] == 46


async def test_sent_again_a_correction_is_the_same_though_more_has_happened(
    client: httpx.AsyncClient,
) -> None:
    """A retry is answered with the first position, even after another correction came between."""
    wrong = trained()
    await sent(client, wrong)
    address = f"/api/v1/events/{wrong['id']}/correction"
    first = {"id": str(uuid.uuid4()), "reason": "mistyped", "effective": "2026-04-01"}
    (one,) = (await sent(client, first, address))["events"]
    data = wrong["data"] | {"completions": 46}
    await sent(client, {"id": str(uuid.uuid4()), "reason": "mistyped", "data": data}, address)
    (again,) = (await sent(client, first, address))["events"]
    assert (again["position"], again["outcome"]) == (one["position"], "already_recorded")


async def test_an_idempotency_key_stands_in_for_the_id(client: httpx.AsyncClient) -> None:
    """The same key twice records one retraction; without id and key the answer says what to do."""
    wrong = trained()
    await sent(client, wrong)
    address, body = f"/api/v1/events/{wrong['id']}/retraction", {"reason": "duplicate"}
    headers = {"Idempotency-Key": "retry-1"}
    answers = [await client.post(address, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert (await read(client, wrong["id"]))["status"] == "retracted"
    (fault,) = (await client.post(address, json=body)).json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/id", "missing")


async def test_a_retraction_is_taken_back_by_its_retraction(client: httpx.AsyncClient) -> None:
    """Retracting the retraction puts the event in force again."""
    wrong = trained()
    await sent(client, wrong)
    first = {"id": str(uuid.uuid4()), "reason": "duplicate"}
    await sent(client, first, f"/api/v1/events/{wrong['id']}/retraction")
    back = {"id": str(uuid.uuid4()), "reason": "mistyped"}
    await sent(client, back, f"/api/v1/events/{first['id']}/retraction")
    assert (await read(client, wrong["id"]))["status"] == "in_force"


async def test_a_retracted_event_cannot_be_corrected(client: httpx.AsyncClient) -> None:
    """The answer is 409 and says the way out."""
    wrong = trained()
    await sent(client, wrong)
    gone = {"id": str(uuid.uuid4()), "reason": "duplicate"}
    await sent(client, gone, f"/api/v1/events/{wrong['id']}/retraction")
    body = {"id": str(uuid.uuid4()), "reason": "mistyped", "certain": False}
    answer = await client.post(f"/api/v1/events/{wrong['id']}/correction", json=body)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/retracted")


async def test_a_dispute_marks_figure_and_level_until_it_is_rejected(
    client: httpx.AsyncClient,
) -> None:
    """A disputed figure is marked where it is shown: in the section, the level, the system."""
    chief = event("LeaderAppointed", {
        "post": "chief_executive", "person": "p-00001111", "basis": "interim"
    })  # fmt: skip
    await sent(client, chief)
    body = {"id": str(uuid.uuid4()), "organisation": "RTP", "ground": "wrong_date"}
    (dispute,) = (await sent(client, body, f"/api/v1/events/{chief['id']}/dispute"))["events"]
    trust = (await client.get("/api/v1/trusts/RTP/picture?on=2026-06-01")).json()["picture"]
    assert trust["levels"]["leadership"]["disputed"] == [dispute["position"]]
    assert f'"disputed":[{dispute["position"]}]' in json.dumps(
        trust["leadership"], separators=(",", ":")
    )
    system = (await client.get("/api/v1/systems/S9B9J/picture?on=2026-06-01")).json()
    assert f'"disputed": [{dispute["position"]}]' in json.dumps(system)

    settled = {"id": str(uuid.uuid4()), "outcome": "rejected"}
    await sent(client, settled, f"/api/v1/events/{dispute['id']}/settlement")
    trust = (await client.get("/api/v1/trusts/RTP/picture?on=2026-06-01")).json()["picture"]
    assert trust["levels"]["leadership"]["disputed"] == []


async def test_a_confirmation_counts_for_whoever_is_named(client: httpx.AsyncClient) -> None:
    """The named organisation confirms; one that is not named is refused, pointed into its body."""
    visit = event("ConnectionMade", {"kind": "visit", "with": ["RYR"]})
    await sent(client, visit)
    address = f"/api/v1/events/{visit['id']}/confirmation"
    await sent(client, {"id": str(uuid.uuid4()), "organisation": "RYR"}, address)
    assert (await read(client, visit["id"]))["about"][0]["type"] == "EventConfirmed"
    answer = await client.post(address, json={"id": str(uuid.uuid4()), "organisation": "RXC"})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/organisation"]


@pytest.mark.parametrize(
    ("path", "body", "pointers"),
    [
        ("correction", {"reason": "typo", "dat": {}}, ["/dat", "/reason"]),
        ("correction", {"reason": "mistyped", "data": {"course": 1}},
         ["/data/course", "/data/tier", "/data/participant_group", "/data/completions"]),
        ("correction", {"reason": "mistyped"}, [""]),
        ("retraction", {}, ["/reason"]),
        ("dispute", {"ground": "wrong"}, ["/organisation", "/ground"]),
        ("settlement", {"outcome": "rejected"}, ["{event_id}"]),
    ],
)  # fmt: skip
async def test_every_fault_points_into_the_short_body(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], pointers: list[str]
) -> None:
    """Faults of the body, of the corrected payload and of the target are told where they stand."""
    wrong = trained()
    await sent(client, wrong)
    whole = {"id": str(uuid.uuid4())} | body
    answer = await client.post(f"/api/v1/events/{wrong['id']}/{path}", json=whole)
    assert answer.status_code == 422, answer.text
    assert sorted(fault["pointer"] for fault in answer.json()["errors"]) == sorted(pointers)


async def test_what_is_not_there_cannot_be_put_right(client: httpx.AsyncClient) -> None:
    """An unknown id is 404; two who correct at once are told apart by If-Match."""
    body = {"id": str(uuid.uuid4()), "reason": "mistyped", "certain": False}
    answer = await client.post(f"/api/v1/events/{uuid.uuid4()}/correction", json=body)
    assert answer.status_code == 404
    wrong = trained()
    await sent(client, wrong)
    address = f"/api/v1/events/{wrong['id']}/correction"
    answer = await client.post(address, json=body, headers={"If-Match": '"1"'})
    assert answer.status_code == 412
