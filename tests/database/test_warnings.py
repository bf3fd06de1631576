"""Warnings and completeness over HTTP: on the receipt, with the event, beside the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.clients import client_of
from tests.strategies import corrected, made, retracted, system

EVENTS = "/api/v1/events"
RECORD = "/api/v1/trusts/RTP/completeness"


@pytest.fixture
async def client(told_dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a log that holds the story."""
    async with client_of(told_dsn) as made_:
        yield made_


def trained(people: int = 64) -> dict[str, Any]:
    """Return an event of training on 1 April 2026."""
    data = {"course": "qsir_fundamentals", "tier": "introductory", "participant_group": "staff"}
    return made("StaffTrained", "RTP", data | {"completions": people})


async def sent(client: httpx.AsyncClient, *events: dict[str, Any], ask: str = "true") -> Any:
    """Post a batch that must be taken, with warnings asked for; return the receipt."""
    answer = await client.post(EVENTS, params={"warnings": ask}, json=list(events))
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def read(client: httpx.AsyncClient, path: str, **query: Any) -> Any:
    """Read what must be there."""
    answer = await client.get(path, params=query or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_receipt_lists_the_warnings_about_its_events(client: httpx.AsyncClient) -> None:
    """Where they are asked for; of another event's warnings it says nothing."""
    first, again = trained(), trained()
    assert (await sent(client, first))["warnings"] == {
        "items": [], "more": 0, "organisations_left_out": 0,
    }  # fmt: skip
    receipt = await sent(client, again)
    (warning,) = receipt["warnings"]["items"]
    assert warning["code"] == "likely_duplicate"
    assert receipt["events"][0]["position"] in warning["positions"]
    assert len((await read(client, warning["href"]))["items"]) == 2
    once_more = await sent(client, again)
    assert once_more["warnings"]["items"] == [warning]
    assert once_more["events"][0]["outcome"] == "already_recorded"


async def test_a_receipt_has_no_warnings_unless_asked(client: httpx.AsyncClient) -> None:
    """An append reads no history, and an asking that is misspelt is refused."""
    assert "warnings" not in await sent(client, trained(), ask="false")
    assert (await client.post(EVENTS, json=trained())).json().keys() == {"events"}
    answer = await client.post(EVENTS, params={"warning": "true"}, json=trained())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["nearest"] == "warnings"


async def test_a_warning_closes_as_the_event_is_put_right(client: httpx.AsyncClient) -> None:
    """It stands with the event until a correction or a retraction, and again when that goes."""
    count = made("WorkforceCounted", "RTP", {"headcount": 4500}, effective="2026-03-31")
    event = trained(6400)
    await sent(client, count, event)
    (warning,) = (await read(client, f"{EVENTS}/{event['id']}"))["warnings"]
    assert (warning["code"], warning["dimension"]) == ("above_headcount", "skills")
    correction = corrected(event, **(event["data"] | {"completions": 640}))
    assert (await sent(client, correction))["warnings"]["items"] == []
    assert (await read(client, f"{EVENTS}/{event['id']}"))["warnings"] == []
    taken_back = retracted(correction)
    await sent(client, taken_back)
    assert (await read(client, f"{EVENTS}/{event['id']}"))["warnings"] == [warning]
    await sent(client, retracted(event))
    assert (await read(client, f"{EVENTS}/{event['id']}"))["warnings"] == []


async def test_warnings_of_several_organisations(client: httpx.AsyncClient) -> None:
    """Those of each organisation of a batch are listed; of more than fifty, how many are not."""
    boards = [system(f"ZS{n:02d}", effective="2026-04-01") for n in range(1, 53)]
    early = {"name": "Renamed too early"}
    codes = [board["organisation"] for board in boards]
    names = [made("SystemRenamed", code, early, effective="2026-01-01") for code in codes]
    receipt = await sent(client, *boards, *names)
    found = receipt["warnings"]
    assert {one["code"] for one in found["items"]} == {"before_opening"}
    assert [one["organisation"] for one in found["items"]] == codes[:50]
    assert found["organisations_left_out"] == 2


async def test_completeness_on_a_date_as_known_at_a_moment(client: httpx.AsyncClient) -> None:
    """It says what is missing now; as known before, what was missing then, byte for byte."""
    before = await client.get(RECORD, params={"on": "2026-06-01"})
    head = before.json()["moment"]["known_at"]["position"]
    named = before.json()["completeness"]
    assert [gap["code"] for gap in named["gaps"]] == ["no_headcount", "no_divisions"]
    await sent(client, made("WorkforceCounted", "RTP", {"headcount": 4500}), trained(), trained())
    now = (await read(client, RECORD, on="2026-06-01"))["completeness"]
    assert [gap["code"] for gap in now["gaps"]] == ["no_divisions"]
    assert [one["code"] for one in now["warnings"]["items"]] == ["likely_duplicate"]
    then = await client.get(RECORD, params={"on": "2026-06-01", "known_at": str(head)})
    assert then.json()["completeness"] == named
    again = await client.get(then.url, headers={"If-None-Match": then.headers["etag"]})
    assert again.status_code == 304


async def test_what_to_send_next_has_its_schema(client: httpx.AsyncClient) -> None:
    """Each line of the list links to the schema of its type."""
    found = (await read(client, RECORD))["completeness"]["next"]
    assert found
    for line in found:
        assert (await client.get(line["schema"])).status_code == 200


async def test_what_cannot_be_answered(client: httpx.AsyncClient) -> None:
    """A system, an unknown trust or model, a misspelt parameter: each is refused by name."""
    for path, status in {
        "/api/v1/trusts/QXU/completeness": 404,
        "/api/v1/trusts/ZT999/completeness": 404,
        f"{RECORD}?model=nonsense-v9": 422,
        f"{RECORD}?on=2026-06-01&knwon_at=3": 422,
    }.items():
        assert (await client.get(path)).status_code == status


async def test_a_date_still_to_come_is_warned_of(client: httpx.AsyncClient) -> None:
    """What takes effect later is recorded, and says so until the day has come."""
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(days=30)).date().isoformat()
    receipt = await sent(client, made("TrustChanged", "RTP", {"name": "Later"}, effective=soon))
    assert [one["code"] for one in receipt["warnings"]["items"]] == ["future_date"]
