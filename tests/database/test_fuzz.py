"""The API under generated requests: it does what its own document says, whatever it is sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import BaseSchema
from schemathesis.checks import not_a_server_error
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from service import exchange
from service.api import openapi
from service.app import build, opened
from service.domain.caller import LOCAL
from service.settings import load

EXAMPLES = 20
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
SCHEMA = schemathesis.openapi.from_dict(json.loads(openapi.document()))
LABELS = [found.ok().label for found in SCHEMA.get_all_operations()]
# Any text fits a path and there is no other parameter: nothing undocumented can be sent there.
OPEN = {
    found.ok().label
    for found in SCHEMA.get_all_operations()
    if found.ok().query.items or found.ok().body.items
}
CASES = [
    pytest.param(label, mode, id=f"{label} {mode.value}")
    for label in LABELS
    for mode in MODES
    if mode is schemathesis.GenerationMode.POSITIVE or label in OPEN
]


def whole(value: Any) -> bool:
    """Tell whether a body is free of 323.0, an integer to JSON Schema but not to the service."""
    if isinstance(value, dict):
        return all(map(whole, value.values()))
    if isinstance(value, list):
        return all(map(whole, value))
    return not (isinstance(value, float) and value.is_integer())


@pytest.fixture
def served(dsn: str) -> Iterator[BaseSchema]:
    """Serve a log that holds the story, in this process."""

    async def tell() -> None:
        story = resources.files("service.story").joinpath("surrey-and-sussex.ndjson")
        async with opened(load({}), dsn) as rooms:
            with story.open("rb") as lines:
                await exchange.load(lines, rooms.writer, LOCAL, lambda _: None)

    asyncio.run(tell())
    schema = schemathesis.openapi.from_dict(json.loads(openapi.document()))
    schema.app = build(load({}), dsn)
    yield schema
    shutdown_lifespans()


@pytest.mark.parametrize(("label", "mode"), CASES)
def test_answers_are_those_documented(
    served: BaseSchema, label: str, mode: schemathesis.GenerationMode
) -> None:
    """Whatever is sent, valid or not, gets a documented status and content type, never a 5xx."""
    found = (one.ok() for one in served.get_all_operations())
    operation = next(one for one in found if one.label == label)
    cases = operation.as_strategy(generation_mode=mode).filter(lambda case: whole(case.body))

    @hypothesis.seed(1)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(cases)
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    ask()
