"""Metrics: what operators' systems scrape, under names that stay."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.api.rooms import MEMBER
from service.app import build, opened
from service.behind import audit, running
from service.projections.version import FOLD
from service.settings import load
from service.store import progress
from tests.strategies import renamed, trust

Metrics = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
async def client(dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that runs nothing behind the log by itself."""
    app = build(load({}), dsn)
    transport = httpx.ASGITransport(app)
    async with (
        opened(load({}), dsn) as app.state[MEMBER],
        httpx.AsyncClient(transport=transport, base_url="http://test") as made,
    ):
        made.rooms = app.state[MEMBER]
        yield made


async def scraped(client: httpx.AsyncClient) -> Metrics:
    """Return what a monitoring system reads, by name and labels."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def worker(name: str) -> tuple[tuple[str, str], ...]:
    """Return the labels of a worker's figures."""
    return (("fold", FOLD), ("worker", name))


async def test_appends_are_counted_with_the_size_of_their_transactions(client):
    """Events by this process, and how many each commit held."""
    await client.post("/api/v1/events", json=[trust("RTP"), trust("RXX"), trust("RA2")])
    await client.post("/api/v1/events", json=[renamed("RTP")])
    found = await scraped(client)
    assert found["capmap_events_appended_total", ()] == 4
    assert found["capmap_log_position", ()] == 4
    assert found["capmap_group_events_count", ()] == 2
    assert found["capmap_group_events_sum", ()] == 4
    assert found["capmap_group_events_bucket", (("le", "1.0"),)] == 1
    assert found["capmap_group_events_bucket", (("le", "4.0"),)] == 2


async def test_requests_go_by_path_template_and_unknown_paths_make_no_series(client):
    """However many codes are asked for, there is one series a route and status."""
    for code in ("RTP", "RXX", "RA2"):
        await client.get(f"/api/v1/organisations/{code}")
    await client.get("/nowhere/at/all")
    found = await scraped(client)
    counted = {
        dict(labels)["path"]: value
        for (name, labels), value in found.items()
        if name == "capmap_http_requests_total"
    }
    assert counted == {"/api/v1/organisations/{code}": 3}
    labels = (("method", "GET"), ("path", "/api/v1/organisations/{code}"))
    assert found["capmap_http_request_seconds_count", labels] == 3


async def test_lags_failures_and_mismatches_are_told(client, connection):
    """What `capmap behind` says is there to be alerted on."""
    await client.post("/api/v1/events", json=[trust("RTP"), trust("RXX")])
    found = await scraped(client)
    assert found["capmap_behind_lag_events", worker("rows")] == 2
    assert found["capmap_behind_lag_seconds", worker("sealer")] > 0
    await progress.reach(connection, "rows", FOLD, 2, running.now())
    looking = audit.Audit(running.now, client.rooms.waking.tally)
    await looking.step(connection)
    await progress.fail(connection, "sealer", FOLD, "OSError: gone", running.now())
    found = await scraped(client)
    assert found["capmap_behind_lag_events", worker("rows")] == 0
    assert found["capmap_behind_failed", worker("sealer")] == 1
    assert found["capmap_behind_failed", worker("rows")] == 0
    assert found["capmap_audit_mismatches_total", (("what", "row"),)] == 1
    assert found["capmap_mismatches", ()] == 1
    assert found["capmap_notification_queue_usage", ()] == 0


async def test_without_the_database_the_scrape_says_so(client, dsn, connection):
    """An answer of 503 is an alert of its own; no half of a scrape."""
    await connection.execute("ALTER TABLE log_head RENAME TO elsewhere")
    assert (await client.get("/metrics")).status_code == 503
    await connection.execute("ALTER TABLE elsewhere RENAME TO log_head")
    assert isinstance(connection, asyncpg.Connection)
    assert (await client.get("/metrics")).status_code == 200
