"""Bring a database's schema up to date, and refuse to serve from one that is not fit.

Steps are applied under an advisory lock, so of several processes one works and the others find
nothing left to do. No step may queue behind a reader for long, since every append would then
queue behind the step: it gives up after a second and tries again. Alembic and SQLAlchemy take
0.7 s to import, so they are imported only when a step is pending.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from importlib import resources
from typing import TYPE_CHECKING

import asyncpg
import msgspec

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy
    from sqlalchemy import Connection

    Asked = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]

SCHEMA = 12
OLDEST_SERVER = 150_000
SESSION = {  # whatever the database or the role has as its default
    "application_name": "capmap migrate",
    "default_transaction_read_only": "off",
    "lock_timeout": "1s",
    "search_path": "public",
    "statement_timeout": "0",
}
ATTEMPTS = 60
PAUSE_SECONDS = 0.5
ADVISORY_KEY = 0x6361706D6170
LOCK_NOT_AVAILABLE = "55P03"
OTHERS = """
SELECT format('session %s (%s, %s, in a transaction for %s s)', pid,
              coalesce(nullif(application_name, ''), 'unnamed'), state,
              extract(epoch FROM clock_timestamp() - xact_start)::int)
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
ORDER BY xact_start LIMIT 3
"""
FACTS = """
-- What the server is, and whether it keeps what it acknowledged through a crash.
SELECT current_setting('server_version_num')::int AS server,
       current_setting('fsync') = 'on' AS fsync,
       current_setting('full_page_writes') = 'on' AS full_page_writes
"""

# Qualified: of the caller's search path nothing is known. Alembic names a step by its number.
HAS_SCHEMA = "SELECT to_regclass('public.alembic_version') IS NOT NULL"
STEP = "SELECT max(version_num) FROM public.alembic_version"
HAS_SUPPORT = "SELECT to_regclass('public.schema_support') IS NOT NULL"
OLDEST_CODE = "SELECT max(oldest_code) FROM public.schema_support"

Say = Callable[[str], None]


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault of the program
    """The database is not fit to serve from; the text says the way out."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides whether a database is fit."""

    server: int
    fsync: bool
    full_page_writes: bool
    schema: int
    oldest_code: int


async def upgrade(dsn: str, *, say: Say) -> None:
    """Apply every pending step; says which, and what it waits for."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await _attempt(dsn, say)
        except Exception as error:
            if not _is_lock_timeout(error):
                raise
            if attempt == ATTEMPTS:
                raise Refusal(await _blocked(dsn) + "; end it and run `capmap migrate`") from error
            say(f"{await _blocked(dsn)}; attempt {attempt} of {ATTEMPTS}, trying again")
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return


async def check(connection: Asked, *, allow_unsafe: bool) -> None:
    """Raise Refusal unless the service may serve from this database."""
    judge(await _facts(connection), allow_unsafe=allow_unsafe)


async def _facts(connection: Asked) -> Facts:
    (row,) = await connection.fetch(FACTS)
    return Facts(
        server=row["server"],
        fsync=row["fsync"],
        full_page_writes=row["full_page_writes"],
        schema=await _schema(connection),
        oldest_code=await _oldest(connection),
    )


def judge(facts: Facts, *, allow_unsafe: bool) -> None:
    """Raise Refusal with the first reason not to serve."""
    if facts.server < OLDEST_SERVER:
        has = facts.server // 10_000
        raise Refusal(f"the server is PostgreSQL {has}; 15 or newer is needed: upgrade it")
    if not allow_unsafe:
        _judge_safety(facts)
    if facts.schema < SCHEMA:
        message = f"the schema is at step {facts.schema}, this program needs {SCHEMA}"
        raise Refusal(f"{message}: run `capmap migrate`")
    _judge_age(facts.oldest_code)


def _judge_age(oldest_code: int) -> None:
    if oldest_code > SCHEMA:
        message = f"the schema is newer than this program: it needs code for {oldest_code}"
        raise Refusal(f"{message}, this is {SCHEMA}: install a newer release")


def _judge_safety(facts: Facts) -> None:
    for name, value in (("fsync", facts.fsync), ("full_page_writes", facts.full_page_writes)):
        if not value:
            message = (
                f"{name} is off, so a crash may lose acknowledged events: turn it on with"
                f" `ALTER SYSTEM SET {name} = on` and reload, or accept the loss with"
                " CAPMAP_ALLOW_UNSAFE_DATABASE=true"
            )
            raise Refusal(message)


async def _schema(connection: Asked) -> int:
    if not await connection.fetchval(HAS_SCHEMA):
        return 0
    return int(await connection.fetchval(STEP) or 0)


async def _oldest(connection: Asked) -> int:
    if not await connection.fetchval(HAS_SUPPORT):
        return 0
    return int(await connection.fetchval(OLDEST_CODE) or 0)


async def _attempt(dsn: str, say: Say) -> None:
    connection = await _sole_connection(dsn)
    try:
        if await _is_pending(connection):
            await _apply_all(connection, say)
    finally:
        await connection.close()


async def _sole_connection(dsn: str) -> asyncpg.Connection:
    """Open a connection that holds the advisory lock until it closes."""
    connection = await asyncpg.connect(dsn, server_settings=SESSION)
    try:
        await connection.execute(f"SELECT pg_advisory_lock({ADVISORY_KEY})")
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _is_pending(connection: asyncpg.Connection) -> bool:
    """Tell whether a step is missing; a newer schema has steps this program cannot even name."""
    schema = await _schema(connection)
    if schema > SCHEMA:
        _judge_age(await _oldest(connection))
    return schema < SCHEMA


async def _apply_all(driver: asyncpg.Connection, say: Say) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - see the module's head
    from sqlalchemy.pool import NullPool  # noqa: PLC0415 - slow

    async def hand_over() -> asyncpg.Connection:
        """Give the engine the one connection that holds the advisory lock."""
        return driver

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=hand_over, poolclass=NullPool
    )
    with resources.as_file(resources.files("migrations")) as folder:
        async with engine.connect() as connection:
            await connection.run_sync(_apply, str(folder), say)


def _apply(connection: Connection, folder: str, say: Say) -> None:
    from alembic import command  # noqa: PLC0415 - see the module's head
    from alembic.config import Config  # noqa: PLC0415 - slow

    config = Config()
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["on_version_apply"] = lambda *, step, **_: say(
        f"schema step {step.up_revision_id} applied"
    )
    command.upgrade(config, "head")


async def _blocked(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        found = [row[0] for row in await connection.fetch(OTHERS)]
    finally:
        await connection.close()
    return "waiting for a lock held by " + (", ".join(found) or "a session that has just ended")


def _is_lock_timeout(error: BaseException) -> bool:
    return any(getattr(one, "sqlstate", None) == LOCK_NOT_AVAILABLE for one in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and everything that led to it."""
    while error is not None:
        yield error
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__
