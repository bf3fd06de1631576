"""The composition root: builds the rooms for the life of a process and hands them to the API."""

from __future__ import annotations

import asyncio
import functools
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from litestar import Litestar, Router
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import Message, Scope

from service.api import (
    access,
    answers,
    catalogue,
    completeness,
    cors,
    erasures,
    events,
    headers,
    health,
    hosts,
    keys,
    limiting,
    me,
    metrics,
    models,
    openapi,
    organisations,
    people,
    pictures,
    putting_right,
    reads,
    returns,
    templates,
    time_limits,
    tracing,
    trials,
    uploads,
)
from service.api.rooms import MEMBER, Rooms
from service.behind import erasing, memory, running
from service.behind.rows import Sources
from service.behind.tally import Tally
from service.behind.waking import Waking
from service.domain import model
from service.domain.problems import Refused
from service.door import front
from service.intake.batches import MOST_EVENTS
from service.intake.tables import Limits
from service.projections import acceptance
from service.settings import Settings
from service.store import migrate, rights
from service.store.appending import Connection
from service.store.writer import SESSION, Writer
from service.submitting import desk, recording, spooling
from service.submitting.desk import Desk
from service.submitting.staging import Sizes
from service.web import pages, problems, signing_in

HANDLERS: Final = (
    events.append_events,
    events.list_events,
    events.get_event,
    putting_right.correct_event,
    putting_right.retract_event,
    putting_right.dispute_event,
    putting_right.settle_dispute,
    putting_right.confirm_event,
    keys.create_key,
    keys.list_keys,
    keys.revoke_key,
    people.record_name,
    people.list_people,
    people.list_trust_people,
    erasures.erase_person,
    erasures.lift_erasure,
    erasures.list_erasures,
    me.get_me,
    reads.list_acts,
    reads.list_acts_of,
    reads.list_reads,
    trials.list_trials,
    trials.get_trial,
    trials.discard_trial,
    trials.record_trial,
    organisations.list_organisations,
    organisations.get_organisation,
    organisations.list_systems,
    pictures.get_trust_picture,
    pictures.get_system_picture,
    pictures.list_trust_beginnings,
    returns.get_return,
    returns.save_return_draft,
    returns.discard_return_draft,
    returns.make_return,
    completeness.get_completeness,
    models.list_models,
    models.get_model,
    catalogue.list_dimensions,
    catalogue.list_code_lists,
    catalogue.list_codes,
    catalogue.list_schemas,
    catalogue.get_schema,
    templates.list_templates,
    templates.get_workbook,
    templates.get_template,
    openapi.get_openapi,
    uploads.create_upload,
    uploads.list_uploads,
    uploads.get_upload,
    uploads.list_upload_rows,
    uploads.follow_upload,
    uploads.get_upload_errors,
    uploads.retract_upload,
    uploads.restore_upload,
)
_OPAQUE: Final = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_READING: Final = {
    "statement_timeout": "30000",
    "default_transaction_read_only": "on",
    "search_path": "public",
    "application_name": "capmap reader",
    "role": rights.SERVE,
}
_LOADING: Final = {**_READING, "application_name": "capmap histories", "role": rights.READ}
_LOADS: Final = 4
"""Connections at most that load histories, beside those for reading."""


def build(settings: Settings, dsn: str) -> Litestar:
    """Return the application; its lifespan opens and closes what it needs.

    Raises ModelRefused for a model that disagrees with its own examples, TypeError for a handler
    that declares no permission.
    """
    acceptance.require(model.models().values())
    requests = metrics.Requests()
    config = AppConfig(
        route_handlers=[
            Router("/api/v1", route_handlers=list(HANDLERS)),
            health.live,
            health.ready,
            metrics.get_metrics,
            pages.get_style,
            problems.list_problems,
            problems.get_problem,
            *signing_in.HANDLERS,
        ],
        lifespan=[functools.partial(_lifespan, settings, dsn)],
        state=State({metrics.MEMBER: requests, limiting.MEMBER: limiting.limits(settings)}),
        middleware=[
            metrics.measured(requests),
            hosts.named(settings.hosts, _origins(settings)),
            time_limits.timed(settings.request_seconds),
            access.admitted,
        ],
        cors_config=cors.config(settings.cors_origins),
        openapi_config=None,
        request_max_body_size=settings.body_limit_bytes,
        before_send=[_identify, headers.guarded(settings)],
        exception_handlers={
            Refused: answers.on_refused,
            HTTPException: answers.on_http,
            OSError: answers.on_database,
            asyncpg.PostgresError: answers.on_database,
            asyncpg.InterfaceError: answers.on_database,
            asyncpg.InternalClientError: answers.on_database,
            Exception: answers.on_anything,
        },
    )
    app = Litestar.from_config(config)
    access.require(app)
    tracing.require(app)
    return app


def _origins(settings: Settings) -> tuple[str, ...]:
    """Return whose pages may send something: its own, by whatever name a proxy asks, and others."""
    own = () if settings.public_url is None else (settings.public_url,)
    return (*own, *settings.cors_origins)


@asynccontextmanager
async def _lifespan(settings: Settings, dsn: str, app: Litestar) -> AsyncIterator[None]:
    """Give the handlers the rooms while the application runs.

    Where everybody belongs is read before anybody asks: the first picture would wait for it.
    """
    async with (
        opened(settings, dsn) as rooms,
        behind(settings, dsn, rooms),
        recording_uploads(settings, rooms),
    ):
        await rooms.registers.follow((await rooms.latest.head()).position)
        app.state[MEMBER] = rooms
        yield


async def _nothing(_: object) -> None:
    """Leave a reader's session as it is: it sets nothing, and asyncpg ends what was left open."""


async def _connect(dsn: str) -> Connection:
    """Open the writer's connection, anew whenever it has lost one."""
    return await asyncpg.connect(dsn, server_settings=SESSION, timeout=10)


@asynccontextmanager
async def opened(settings: Settings, dsn: str) -> AsyncIterator[Rooms]:
    """Open the pool and the writer, refuse an unsafe or unfit database, and close them after."""
    async with (
        asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=settings.pool_size,
            server_settings=_READING,
            command_timeout=60,
            reset=_nothing,
        ) as pool,
        asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=_LOADS,
            server_settings=_LOADING,
            command_timeout=60,
            reset=_nothing,
        ) as loading,
    ):
        async with pool.acquire() as connection:
            await migrate.check(connection, allow_unsafe=settings.allow_unsafe_database)
        await erasing.erase_again(dsn, settings.erasures)
        waking = Waking(running.connecting(dsn), Tally())
        writer = Writer(functools.partial(_connect, dsn), settings.writer_events, waking.recorded)
        writer.start()
        memory.settle()
        try:
            async with (
                taking_in(settings, dsn, writer) as made,
                front.opened(settings, pool, made.pool, made.now) as door,
            ):
                rooms = Rooms(
                    pool, loading, made, waking, door,
                    access=settings.access, entitlement=settings.entitlement,
                    erasures=settings.erasures,
                )  # fmt: skip
                try:
                    yield rooms
                finally:
                    await rooms.keyring.close()
                    await rooms.trace.close()
        finally:
            await writer.close()


@asynccontextmanager
async def taking_in(settings: Settings, dsn: str, writer: Writer) -> AsyncIterator[Desk]:
    """Make the desk where uploads are taken in."""
    sizes = Sizes(
        chunk=settings.upload_chunk_rows,
        whole=min(10 * settings.upload_chunk_rows, MOST_EVENTS),
        most=settings.file_rows,
    )
    limits = file_limits(settings)
    async with desk.pool(dsn) as connections:
        with spooling.folder() as folder:
            most = settings.body_limit_bytes
            yield Desk(connections, writer, folder, running.now, sizes, limits, most)


def file_limits(settings: Settings) -> Limits:
    """Return what a file may cost, each limit by its setting."""
    return Limits(
        file_bytes=settings.file_limit_bytes,
        rows=settings.file_rows,
        columns=settings.file_columns,
        sheets=settings.file_sheets,
        cell_characters=settings.cell_characters,
        expansion=settings.workbook_expansion,
        workbook_memory_bytes=settings.workbook_memory_mb * 1024 * 1024,
        workbook_seconds=settings.workbook_seconds,
    )


@asynccontextmanager
async def recording_uploads(settings: Settings, rooms: Rooms) -> AsyncIterator[None]:
    """Record during the block what this process, or one that has gone, took in."""
    worker = recording.Worker(rooms.desk, settings.poll_ms / 1000)
    task = asyncio.create_task(worker.run(), name="uploads")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def behind(settings: Settings, dsn: str, rooms: Rooms) -> AsyncIterator[None]:
    """Work behind the log during the block, if the process is to."""
    if not settings.behind:
        yield
        return
    made = running.Behind(
        dsn=dsn,
        sources=Sources(rooms.latest, rooms.histories, rooms.registers, running.now),
        waking=rooms.waking,
        poll=settings.poll_ms / 1000,
        audit_rest=60 / settings.audit_per_minute,
        trace_days=settings.trace_days,
    )
    async with running.running(made):
        yield


async def _identify(message: Message, scope: Scope) -> None:
    """Echo the request's ids, or give it one, so that an answer and the service's log meet."""
    if message["type"] != "http.response.start":
        return
    given = dict(scope.get("headers", ()))
    headers = list(message.get("headers", ()))
    for name in (b"x-request-id", b"x-correlation-id"):
        value = given.get(name, b"")
        if _OPAQUE.fullmatch(value):
            headers.append((name, value))
        elif name == b"x-request-id":
            headers.append((name, uuid.uuid4().hex.encode()))
    message["headers"] = headers
