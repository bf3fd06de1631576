"""`GET /metrics`: this process's figures, and those of the log and what runs behind it.

In Prometheus's text format. Requests go by path template, so that unknown paths make no series.
Counters are of one process: scrape each. What stands in the database is the same from each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from litestar import Response, get
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from service.api import tracing
from service.api.answers import AnyRequest
from service.api.rooms import rooms
from service.behind import report, running
from service.behind.report import Report
from service.behind.tally import Tally
from service.store import pool, signals

MEMBER: Final = "requests"
BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES: Final = tuple(2**power for power in range(15))
MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Requests:
    """Counts and times the requests of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._count = Counter(
            "capmap_http_requests", "Requests answered.", ("method", "path", "status"),
            registry=self.registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "capmap_http_request_seconds", "Time from request to answer.", ("method", "path"),
            buckets=BUCKETS, registry=self.registry,
        )  # fmt: skip

    def answered(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request."""
        key = (str(scope.get("method", "")), str(scope.get("path_template", "")), status)
        found = self._known.get(key)
        if found is None:
            count = self._count.labels(key[0], key[1], str(status))
            found = self._known[key] = (count, self._seconds.labels(key[0], key[1]))
        found[0].inc()
        found[1].observe(seconds)


def measured(requests: Requests) -> Callable[..., ASGIApp]:
    """Return a middleware that counts and times what is answered; it passes everything on.

    But for an answer that does not say whose data it shows: one middleware less for all requests.
    """

    def wrapped(app: ASGIApp) -> ASGIApp:
        """Return the application, each of its requests counted."""

        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            """Pass a request on, and count it however it ends."""
            began, status, untold = time.perf_counter(), 500, False

            async def sent(message: Message) -> None:
                """Pass a message on, and remember the status that it begins with."""
                nonlocal status, untold
                if message["type"] == "http.response.start":
                    status = message["status"]
                    if not tracing.told(scope, status):
                        status, untold = 500, True
                        await tracing.refuse(scope, receive, send)
                if not untold:
                    await send(message)

            try:
                await app(scope, receive, sent)
            finally:
                requests.answered(scope, status, time.perf_counter() - began)

        return answered

    return wrapped


class State(Collector):
    """What the process has counted, and what stands in the database, as metrics."""

    def __init__(self, tally: Tally, found: Report, queue: float) -> None:
        self._tally = tally
        self._found = found
        self._queue = queue

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        yield from _of_process(self._tally)
        yield from _of_log(self._found, self._queue)


def _of_process(tally: Tally) -> Iterator[Metric]:
    yield _counter("capmap_events_appended", "Events recorded by this process.", tally.appended)
    yield _groups(tally)
    yield _counter("capmap_notifications_sent", "Hints sent to others.", tally.notified)
    yield _counter("capmap_notifications_heard", "Hints of others.", tally.heard)
    yield _counter("capmap_notify_failures", "Hints that could not be sent.", tally.notify_failures)
    yield _by("capmap_behind_steps", "Steps done behind the log.", "worker", tally.steps)
    yield _by("capmap_behind_failures", "Steps that failed.", "worker", tally.failures)
    yield _by("capmap_audited", "Packs and rows compared with the log.", "what", tally.audited)
    yield _by("capmap_audit_mismatches", "Comparisons that failed.", "what", tally.mismatches)
    yield _counter("capmap_reads_traced", "Reads of others' data written.", tally.reads_traced)
    yield _counter("capmap_reads_merged", "Rows of them merged into days.", tally.reads_merged)
    yield _counter("capmap_reads_lost", "Reads that could not be kept.", tally.reads_lost)
    yield _counter("capmap_trace_failures", "Writings that failed.", tally.trace_failures)


def _of_log(found: Report, queue: float) -> Iterator[Metric]:
    yield GaugeMetricFamily("capmap_log_position", "Where the log ends.", found.head)
    position = GaugeMetricFamily(
        "capmap_behind_position", "What has been taken in, up to here.", labels=("worker", "fold")
    )
    events = GaugeMetricFamily(
        "capmap_behind_lag_events", "Events not taken in.", labels=("worker", "fold")
    )
    seconds = GaugeMetricFamily(
        "capmap_behind_lag_seconds", "How long they have waited.", labels=("worker", "fold")
    )
    failed = GaugeMetricFamily(
        "capmap_behind_failed", "1 while the last step failed.", labels=("worker", "fold")
    )
    for lag in found.lags:
        labels = (lag.worker, lag.fold)
        position.add_metric(labels, lag.position)
        events.add_metric(labels, lag.events)
        seconds.add_metric(labels, lag.seconds)
        failed.add_metric(labels, float(lag.error is not None))
    yield from (position, events, seconds, failed)
    yield GaugeMetricFamily(
        "capmap_mismatches", "Packs and rows that are not as the log says.", len(found.mismatches)
    )
    yield GaugeMetricFamily(
        "capmap_notification_queue_usage", "How full the server's queue of hints is, 0 to 1.", queue
    )


def _counter(name: str, text: str, value: int) -> CounterMetricFamily:
    return CounterMetricFamily(name, text, value)


def _by(name: str, text: str, label: str, counts: dict[str, int]) -> CounterMetricFamily:
    metric = CounterMetricFamily(name, text, labels=(label,))
    for key, value in sorted(counts.items()):
        metric.add_metric((key,), value)
    return metric


def _groups(tally: Tally) -> HistogramMetricFamily:
    """Return how many events each transaction of the writer held."""
    total = 0
    buckets: list[tuple[str, float]] = []
    for size in SIZES:
        total += tally.groups.get(size, 0)
        buckets.append((str(float(size)), float(total)))
    buckets.append(("+Inf", float(sum(tally.groups.values()))))
    metric = HistogramMetricFamily("capmap_group_events", "Events of a writer's transaction.")
    metric.add_metric((), buckets, sum_value=float(tally.appended))
    return metric


@get("/metrics", operation_id="get_metrics", permission="metrics")
async def get_metrics(request: AnyRequest) -> Response[bytes]:
    """Read the figures for a monitoring system."""
    room = rooms(request)
    async with pool.lent(room.pool) as connection:
        found = await report.report(connection, running.now())
        queue = await signals.queue_usage(connection)
    standing = CollectorRegistry()
    standing.register(State(room.waking.tally, found, queue))
    requests: Requests = request.app.state[MEMBER]
    body = generate_latest(requests.registry) + generate_latest(standing)
    return Response(content=body, media_type=MEDIA_TYPE)
