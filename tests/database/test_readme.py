"""The README's tour: each address is asked, and the answer shown is part of the answer given."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from service.cli.serving import load_stories
from service.settings import load
from tests.database.test_api import client

__all__ = ["client"]  # a fixture that the one below uses

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(curl '.*?)```\n```json\n(.*?)```", README, re.DOTALL)


@pytest.fixture
async def told(dsn: str, client: Any) -> Any:
    """A client of the log that the demo has."""
    await load_stories(load({}), dsn)
    return client


def shown() -> list[tuple[str, dict[str, Any]]]:
    """Return each address of the tour with the part of its answer that is shown."""
    pairs = []
    for commands, answers in BLOCKS:
        addresses = re.findall(r"127\.0\.0\.1:8000(\S+?)'", commands)
        decoder, parts, rest = json.JSONDecoder(), [], answers.strip()
        while rest:
            part, end = decoder.raw_decode(rest)
            parts.append(part)
            rest = rest[end:].strip()
        pairs += list(zip(addresses, parts, strict=True))
    return pairs


def holds(whole: Any, part: Any) -> bool:
    """Tell whether every member of the part is in the whole; lists have the same length."""
    if isinstance(part, dict):
        return all(key in whole and holds(whole[key], value) for key, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part)


def test_the_tour_has_addresses() -> None:
    """The tour's blocks are found in the README, so that the test below cannot be empty."""
    assert len(shown()) == 8


@pytest.mark.parametrize(("address", "part"), shown(), ids=[address for address, _ in shown()])
async def test_the_answer_shown_is_the_answer_given(told: Any, address: str, part: Any) -> None:
    """What the README shows of an answer is in the answer."""
    answer = await told.get(address)
    assert answer.status_code == 200
    assert holds(answer.json(), part), answer.text


async def test_the_event_to_record_is_recorded(told: Any) -> None:
    """The README's own event is taken, and taken again without harm."""
    found = re.search(r"-d '(\{.*?\})'", README, re.DOTALL)
    assert found is not None
    event = json.loads(found[1])
    first = await told.post("/api/v1/events", json=event)
    again = await told.post("/api/v1/events", json=event)
    assert (first.status_code, again.status_code) == (201, 200)
