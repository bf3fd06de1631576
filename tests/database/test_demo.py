"""The demo's two stories, and the questions that it prints: each is answered, with something."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from service.app import opened
from service.cli import serving
from service.settings import load
from tests.clients import client_of
from tests.database.test_api import story

ASKED = [path for _, path in (*serving.REAL, *serving.INVENTED)]


@pytest.fixture
async def shown(dsn: str) -> Any:
    """A client of the service as `capmap demo` serves it."""
    settings = load({})
    await serving.load_stories(settings, dsn)
    async with client_of(dsn, under="/api/v1/") as made:
        yield made


async def test_every_question_of_the_tour_is_answered(shown: httpx.AsyncClient) -> None:
    """Of the real story and of the sample; the story's positions are those of the README."""
    for path in ASKED:
        assert (await shown.get(path)).status_code == 200, path
    listed = (await shown.get("events?limit=135")).json()["items"]
    assert [one["id"] for one in listed[:134]] == [one["id"] for one in story()]
    assert listed[134]["organisation"].startswith("Z")


async def test_what_the_sample_s_questions_are_about_is_there(shown: httpx.AsyncClient) -> None:
    """Five hosts, divisions with coaches, money that ends within a year, an offer that stands."""
    system, skills, money, offers = [
        (await shown.get(path)).json()["picture"] for _, path in serving.INVENTED
    ]
    assert len(system["hosts"]) == 5
    coaches = [one["coaches"]["value"] for one in skills["skills"]["divisions"]]
    assert len(coaches) >= 3
    assert all(coaches)
    assert [one["agreements"] for one in money["funding"]["ends"]] == [["backfill-3", "team-1"]]
    assert [one["topic"] for one in offers["connection"]["offers"]] == ["building_capability"]


async def test_loading_twice_changes_nothing(dsn: str) -> None:
    """A second start finds every line there and records none."""
    settings = load({})
    first = await serving.load_stories(settings, dsn)
    async with opened(settings, dsn) as rooms:
        was = await rooms.latest.head()
    assert await serving.load_stories(settings, dsn) == first == (134, 1500)
    async with opened(settings, dsn) as rooms:
        assert (await rooms.latest.head()).position == was.position == 1617
