"""The API under generated requests: it does what its own document says, whatever it is sent."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import asyncpg
import hypothesis
import pytest
import schemathesis
from schemathesis import BaseSchema
from schemathesis.checks import not_a_server_error
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.api import cursors, openapi
from service.app import build
from service.settings import load
from service.store import reading
from tests.effort import tried
from tests.questions import TOLD, Asked, questions

EXAMPLES = tried(10)
SEEDED_EXAMPLES = tried(25)
ANSWERED = 1 / 2
"""Least share of the requests made from the story that is answered 2xx, for each operation."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
SCHEMA = schemathesis.openapi.from_dict(json.loads(openapi.document()))
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
LABELS = [one.label for one in OPERATIONS]
# Any text fits a path and there is no other parameter: nothing undocumented can be sent there.
OPEN = {one.label for one in OPERATIONS if one.query.items or one.body.items}
CASES = [
    pytest.param(label, mode, id=f"{label} {mode.value}")
    for label in LABELS
    for mode in MODES
    if mode is schemathesis.GenerationMode.POSITIVE or label in OPEN
]
UNTOLD = {f"POST /api/v1/events/{{event_id}}/{one}" for one in ("settlement", "confirmation")}
UNTOLD |= {one for one in LABELS if "/uploads" in one and one != "GET /api/v1/uploads"}
UNTOLD |= {one for one in LABELS if "/trials/" in one}
UNTOLD |= {one for one in LABELS if "/keys" in one and one != "GET /api/v1/keys"}
UNTOLD |= {"DELETE /api/v1/trusts/{code}/return/draft"}
"""What needs an event, a file, a draft or a trial that the story does not hold:
test_putting_right.py, test_uploads.py, test_returns.py and test_trials.py have it."""
SETTINGS = hypothesis.settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)


def whole(value: Any) -> bool:
    """Tell whether a body is free of 323.0, an integer to JSON Schema but not to the service."""
    if isinstance(value, dict):
        return all(map(whole, value.values()))
    if isinstance(value, list):
        return all(map(whole, value))
    return not (isinstance(value, float) and value.is_integer())


@pytest.fixture
def told(told_dsn: str) -> list[str]:
    """Return cursors of a log that holds the story."""

    async def ask() -> list[str]:
        connection = await asyncpg.connect(told_dsn)
        try:
            log = (await reading.head(connection)).log
            places = (1, 50, len(TOLD))
            return [await cursors.cursor(connection, log, place) for place in places]
        finally:
            await connection.close()

    return asyncio.run(ask())


@pytest.fixture
def served(told_dsn: str) -> Iterator[BaseSchema]:
    """Serve a log that holds the story, in this process."""
    schema = schemathesis.openapi.from_dict(json.loads(openapi.document()))
    schema.app = build(load({}), told_dsn)
    yield schema
    shutdown_lifespans()


def operation_of(schema: BaseSchema, label: str) -> schemathesis.schemas.APIOperation:
    """Return an operation of the served document."""
    return next(one.ok() for one in schema.get_all_operations() if one.ok().label == label)


@pytest.mark.parametrize(("label", "mode"), CASES)
def test_answers_are_those_documented(
    served: BaseSchema, label: str, mode: schemathesis.GenerationMode
) -> None:
    """Whatever is sent, valid or not, gets a documented status, type and body, never a 5xx."""
    operation = operation_of(served, label)
    cases = operation.as_strategy(generation_mode=mode).filter(lambda case: whole(case.body))

    @hypothesis.seed(1)
    @hypothesis.settings(SETTINGS, max_examples=EXAMPLES)
    @hypothesis.given(cases)
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=CHECKS)

    ask()


@pytest.mark.parametrize("label", [one for one in LABELS if one not in UNTOLD])
def test_questions_about_the_story_are_answered(
    served: BaseSchema, told: list[str], label: str
) -> None:
    """Of requests made from what the log holds most are answered, each as it is documented."""
    operation = operation_of(served, label)
    name = operation.definition.raw["operationId"]
    statuses: Counter[int] = Counter()

    @hypothesis.settings(SETTINGS, max_examples=SEEDED_EXAMPLES)
    @hypothesis.given(questions(name, told))
    def ask(asked: Asked) -> None:
        body = {} if asked.body is None else {"body": asked.body, "media_type": "application/json"}
        case = operation.Case(
            path_parameters=asked.path, query=asked.query, headers=asked.headers, **body
        )
        statuses[case.call_and_validate(checks=CHECKS).status_code] += 1

    ask()
    answered = sum(count for status, count in statuses.items() if status < 300)
    assert answered >= statuses.total() * ANSWERED, statuses
