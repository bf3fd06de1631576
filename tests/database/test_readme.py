"""The README's tour: each address is asked, and the answer shown is part of the answer given."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.demos import demo

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(curl '.*?)```\n```json\n(.*?)```", README, re.DOTALL)
ASKED = re.compile(r"""127\.0\.0\.1:8000(\S+?)' -H "Authorization: Bearer \$([A-Z]+)\"""")


@pytest.fixture
async def told(dsn: str) -> AsyncIterator[tuple[httpx.AsyncClient, dict[str, str]]]:
    """A client of the service that the demo is, and the demo's keys."""
    async with demo(dsn) as made:
        yield made


def shown() -> list[tuple[tuple[str, str], dict[str, Any]]]:
    """Return each address of the tour, by whose key, with the part of its answer that is shown."""
    pairs = []
    for commands, answers in BLOCKS:
        addresses = ASKED.findall(commands)
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
    assert len(shown()) == 9


@pytest.mark.parametrize(("asked", "part"), shown(), ids=[address for (address, _), _ in shown()])
async def test_the_answer_shown_is_the_answer_given(told: Any, asked: Any, part: Any) -> None:
    """What the README shows of an answer is in the answer, by the key that it says."""
    (client, secrets), (address, holder) = told, asked
    answer = await client.get(address, headers={"Authorization": f"Bearer {secrets[holder]}"})
    assert answer.status_code == part.get("status", 200)
    assert holds(answer.json(), part), answer.text


async def test_the_event_to_record_is_recorded(told: Any) -> None:
    """The README's own event is taken, and taken again without harm."""
    found = re.search(r"Bearer \$SUBMITTER\" -H '[^']*' -d '(\{.*?\})'", README, re.DOTALL)
    assert found is not None
    client, secrets = told
    event, key = json.loads(found[1]), {"Authorization": f"Bearer {secrets['SUBMITTER']}"}
    first = await client.post("/api/v1/events", json=event, headers=key)
    again = await client.post("/api/v1/events", json=event, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
