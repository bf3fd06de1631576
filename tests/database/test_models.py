"""Models over the API: read as data, chosen for a picture, never used against their examples."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from service.cli.process import UNUSABLE
from service.cli.server import Server
from service.domain import model as models
from service.settings import load
from tests.database.test_api import client, leader, told

__all__ = ["client", "told"]  # fixtures that the tests below use


async def test_a_model_is_read_with_its_thresholds_and_examples(client: httpx.AsyncClient) -> None:
    """The list leads to the model, which is what the file says: who has it is told so in 304."""
    (listed,) = (await client.get("/api/v1/models")).json()["items"]
    assert (listed["name"], listed["first"]) == ("readiness-v1", True)
    answer = await client.get(listed["href"])
    found = models.read(answer.content)
    assert msgspec.json.encode(found) == msgspec.json.encode(models.first_model())
    assert len(answer.json()["examples"]["cases"]) == listed["examples"]
    tag = {"If-None-Match": answer.headers["etag"]}
    assert (await client.get(listed["href"], headers=tag)).status_code == 304


async def test_a_model_that_is_not_there_is_named_with_the_nearest(
    client: httpx.AsyncClient,
) -> None:
    """A path with a misspelt name is not found, and says which name was meant."""
    answer = await client.get("/api/v1/models/readiness-v2")
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith("did you mean readiness-v1?")


@pytest.mark.parametrize("path", ["trusts/RTP/picture", "systems/QXU/picture"])
async def test_a_picture_is_asked_by_a_model(told: httpx.AsyncClient, path: str) -> None:
    """The model that is named answers, and says so; another name is refused with the nearest."""
    address = f"/api/v1/{path}?on=2019-01-18"
    plain = await told.get(address)
    named = await told.get(f"{address}&model=readiness-v1")
    assert named.content == plain.content
    assert named.json()["moment"]["model"] == "readiness-v1"
    wrong = await told.get(f"{address}&model=readyness-v1")
    (error,) = wrong.json()["errors"]
    assert (wrong.status_code, error["pointer"]) == (422, "?model")
    assert (error["code"], error["nearest"]) == ("unknown_model", "readiness-v1")


async def test_programmes_are_listed_with_the_levels_of_the_day_of_joining(
    told: httpx.AsyncClient,
) -> None:
    """Each programme by its day; its levels are those of the picture on that day."""
    found = (await told.get("/api/v1/trusts/RTP/beginnings?on=2026-04-01")).json()
    assert found["items"]
    for one in found["items"]:
        then = await told.get("/api/v1/trusts/RTP/picture", params={"on": one["joined"]["date"]})
        assert one["levels"] == then.json()["picture"]["levels"]
    assert (await told.get("/api/v1/trusts/RTP/beginnings?on=2000-01-01")).json()["items"] == []


async def test_a_programme_joined_later_is_not_begun_yet(told: httpx.AsyncClient) -> None:
    """By the date asked about: a programme joined after it is not listed; what is missing is."""
    data = {"programme": "qsir_college", "kind": "improvement"}
    event = leader(type="ProgrammeJoined", organisation="RDR", effective="2026-05-01", data=data)
    assert (await told.post("/api/v1/events", json=event)).status_code == 201
    before, after = [
        (await told.get("/api/v1/trusts/RDR/beginnings", params={"on": on})).json()["items"]
        for on in ("2026-04-30", "2026-05-01")
    ]
    assert len(after) == len(before) + 1
    assert after[-1]["programme"] == "qsir_college"
    assert "skills_practitioner" in after[-1]["unknown"]


async def test_a_system_joins_no_programme_here(told: httpx.AsyncClient) -> None:
    """What was missing when a programme began is asked of trusts."""
    assert (await told.get("/api/v1/systems/QXU/beginnings")).status_code == 404
    assert (await told.get("/api/v1/trusts/QXU/beginnings")).status_code == 404


def test_the_service_does_not_start_with_a_model_that_fails_its_examples(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with a number of its own and says the example and both levels."""
    members: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(models.first_model()))
    members["examples"]["cases"][0]["levels"] = {"leadership": 4}
    broken = models.read(msgspec.json.encode(members))
    monkeypatch.setattr(models, "models", lambda: {"readiness-v1": broken})
    with pytest.raises(SystemExit) as ended:
        Server(load({}), "", print)
    assert ended.value.code == UNUSABLE
    said = capsys.readouterr()
    assert "leadership is 0, the example says 4" in said.out + said.err
