"""Trials over HTTP: events laid over the log, looked at, thrown away or recorded."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from service.submitting import trials
from tests.clients import client_of

SOURCE = {"kind": "own", "reference": "Board paper 3"}
DAY = "2026-06-01"


@pytest.fixture
async def client(told_dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a log that holds the story."""
    async with client_of(told_dsn, under="/api/v1/") as made:
        yield made


def chief(day: str = "2026-05-01", **changes: Any) -> dict[str, Any]:
    """Return an event: RTP has a new chief executive."""
    data = {"post": "chief_executive", "person": "p-00001111", "basis": "interim"}
    return {
        "id": str(uuid.uuid4()), "type": "LeaderAppointed", "organisation": "RTP",
        "effective": day, "data": data, "source": SOURCE, "assurance": "board_minuted",
    } | changes  # fmt: skip


async def picture(client: httpx.AsyncClient, query: str = "", where: str = "trusts/RTP") -> Any:
    """Read a picture of one day."""
    answer = await client.get(f"{where}/picture?on={DAY}{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_trial_changes_the_picture_of_whoever_asks_for_it(
    client: httpx.AsyncClient,
) -> None:
    """The picture with the trial has its event, behind the head; without it nothing has changed."""
    before = await picture(client)
    answer = await client.post("events?trial=next-chief", json=chief())
    assert answer.status_code == 201, answer.text
    assert [one["outcome"] for one in answer.json()["events"]] == ["tried"]
    tried = await picture(client, "&trial=next-chief")
    assert tried["moment"]["trial"] == "next-chief"
    assert tried["moment"]["known_at"]["position"] == before["moment"]["known_at"]["position"]
    assert tried["picture"]["levels"]["leadership"]["level"] == 0
    assert tried["picture"]["last_position"] == before["moment"]["known_at"]["position"] + 1
    assert await picture(client) == before


async def test_what_is_tried_on_is_what_recording_it_makes(client: httpx.AsyncClient) -> None:
    """Once recorded, trust and system look as they did with the trial, and the trial is gone."""
    await client.post("events?trial=next", json=[chief(), chief("2026-05-20", organisation="RYR")])
    trust, system = (
        await picture(client, "&trial=next"),
        await picture(client, "&trial=next", "systems/S9B9J"),
    )
    answer = await client.post("trials/next/recording")
    assert answer.status_code == 201, answer.text
    assert (await picture(client))["picture"] == trust["picture"]
    assert (await picture(client, "", "systems/S9B9J"))["picture"] == system["picture"]
    assert (await client.get("trials/next")).status_code == 404


async def test_a_trial_tells_what_it_would_change(client: httpx.AsyncClient) -> None:
    """Reading a trial lists its events and, by trust, the figures that differ: was and is."""
    await client.post("events?trial=next", json=chief("2026-10-01"))
    found = (await client.get("trials/next")).json()
    assert [one["problem"] for one in found["events"]] == [None]
    (trust,) = found["trusts"]
    assert trust["code"] == "RTP"
    differing = {(one["dimension"], one["measure"]): one for one in trust["differences"]}
    basis = differing["leadership", "chief_executive_basis"]
    assert basis["now"] == {"value": "interim", "status": "known"}
    assert basis["was"]["value"] != "interim"


async def test_a_retraction_can_be_tried_on(client: httpx.AsyncClient) -> None:
    """Events about events of the log are laid over it like any others."""
    events = (await client.get("events?organisation=RTP&type=RegulatorRated&limit=1000")).json()
    gone = events["items"][-1]
    body = {
        "id": str(uuid.uuid4()), "type": "EventRetracted", "organisation": "RTP",
        "effective": DAY, "data": {"event": gone["id"], "reason": "mistyped"},
        "source": SOURCE, "assurance": "third_party",
    }  # fmt: skip
    await client.post("events?trial=without", json=body)
    without = (await picture(client, "&trial=without"))["picture"]["ratings"]
    assert without != (await picture(client))["picture"]["ratings"]


async def test_sent_twice_an_event_is_in_the_trial_once(client: httpx.AsyncClient) -> None:
    """Again: already tried; with other content: a conflict; what the log has: already recorded."""
    event = chief()
    for outcome in ("tried", "already_tried"):
        answer = await client.post("events?trial=next", json=event)
        assert [one["outcome"] for one in answer.json()["events"]] == [outcome]
    other = await client.post("events?trial=next", json=event | {"effective": DAY})
    assert other.status_code == 409
    await client.post("events", json=event)
    answer = await client.post("events?trial=next", json=event)
    assert [one["outcome"] for one in answer.json()["events"]] == ["already_recorded"]
    assert (await client.get("trials")).json()["items"][0]["events"] == 1


async def test_what_the_log_would_refuse_is_refused_at_once(client: httpx.AsyncClient) -> None:
    """Nothing of a refused batch is in the trial; the fault points into the batch as sent."""
    await client.post("events?trial=next", json=chief())
    answer = await client.post("events?trial=next", json=[chief(), chief(organisation="ZZ9")])
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/1/organisation"]
    assert (await client.get("trials")).json()["items"][0]["events"] == 1


async def test_a_trial_is_thrown_away(client: httpx.AsyncClient) -> None:
    """Discarded it is gone, and nothing of it was ever in the log."""
    head = (await client.get("http://test/health/ready")).json()["position"]
    await client.post("events?trial=next", json=chief())
    assert (await client.delete("trials/next")).status_code == 204
    assert (await client.delete("trials/next")).status_code == 404
    assert (await client.get(f"trusts/RTP/picture?trial=next&on={DAY}")).status_code == 404
    assert (await client.get("http://test/health/ready")).json()["position"] == head


async def test_a_trial_follows_the_log(client: httpx.AsyncClient) -> None:
    """What is recorded later stands before the trial's events; one recorded since is there once."""
    event = chief()
    await client.post("events?trial=next", json=[event, chief(DAY)])
    await client.post("events", json=event)
    tried = await picture(client, "&trial=next")
    known = tried["moment"]["known_at"]["position"]
    assert tried["picture"]["last_position"] == known + 1


@pytest.mark.parametrize(
    ("query", "status"),
    [("&trial=Next%20chief", 422), ("&trial=next&known_at=3", 422), ("&trial=unheard-of", 404)],
)
async def test_what_cannot_be_a_trial_is_named(
    client: httpx.AsyncClient, query: str, status: int
) -> None:
    """A name that none can have, an earlier moment, and a trial that is not there."""
    await client.post("events?trial=next", json=chief())
    assert (await client.get(f"trusts/RTP/picture?on={DAY}{query}")).status_code == status


async def test_trials_are_bounded(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More trials than a caller may have, or events than one may hold, are refused by name."""
    monkeypatch.setattr(trials, "MOST_TRIALS", 1)
    monkeypatch.setattr(trials, "MOST_EVENTS", 2)
    assert (await client.post("events?trial=one", json=chief())).status_code == 201
    second = await client.post("events?trial=two", json=chief())
    assert (second.status_code, second.json()["type"]) == (413, "/problems/trial_limit")
    assert (await client.post("events?trial=one", json=[chief(), chief()])).status_code == 413


CSV = (
    "type,organisation,effective,data.post,data.person,data.basis\n"
    "LeaderAppointed,RTP,2026-05-01,chief_executive,p-00001111,interim\n"
)


async def hand_over(client: httpx.AsyncClient, content: str, query: str) -> Any:
    """Hand a file over; return its receipt."""
    answer = await client.post(f"uploads?{query}", files={"file": ("posts.csv", content.encode())})
    return answer.json()


async def test_a_dry_run_tells_what_the_file_would_change(client: httpx.AsyncClient) -> None:
    """The receipt of a dry run has the figures that would differ today, and nothing is recorded."""
    head = (await client.get("http://test/health/ready")).json()["position"]
    receipt = await hand_over(client, CSV, "dry_run=true")
    assert (receipt["state"], receipt["rows"]["total"]) == ("dry_run", 1)
    (trust,) = receipt["changes"]["trusts"]
    assert trust["code"] == "RTP"
    assert "chief_executive_basis" in {one["measure"] for one in trust["differences"]}
    assert {one["code"] for one in receipt["warnings"]["items"]} == {"second_chief_executive"}
    assert (await client.get("http://test/health/ready")).json()["position"] == head


async def test_a_file_can_be_tried_on(client: httpx.AsyncClient) -> None:
    """With a trial's name a file is laid over the log; one with a wrong row is not."""
    wrong = CSV + "LeaderAppointed,RTP,2026-05-01,chief_exec,p-00001111,interim\n"
    assert (await hand_over(client, wrong, "trial=posts"))["status"] == 422
    assert (await client.get("trials")).json()["items"] == []
    assert (await hand_over(client, CSV, "trial=posts"))["state"] == "tried"
    tried = await picture(client, "&trial=posts")
    assert tried["picture"] != (await picture(client))["picture"]


async def test_a_receipt_lists_what_warns(client: httpx.AsyncClient) -> None:
    """What was recorded may be wrong: the receipt says so, as often as it is read, while it is."""
    receipt = await hand_over(client, CSV, "")
    (warning,) = receipt["warnings"]["items"]
    assert warning["code"] == "second_chief_executive"
    again = (await client.get(f"uploads/{receipt['id']}")).json()
    assert again["warnings"]["items"] == [warning]
    await client.post(f"uploads/{receipt['id']}/retraction")
    assert (await client.get(f"uploads/{receipt['id']}")).json()["warnings"]["items"] == []
