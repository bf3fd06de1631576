"""A real PostgreSQL for the tests: one server, one migrated template, a fresh database each."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from service import exchange
from service.domain.caller import LOCAL
from service.store.embedded import running
from service.store.migrate import upgrade
from tests.strategies import STORY, writing

TEMPLATE = f"capmap_template_{os.getpid()}"
TOLD = f"capmap_told_{os.getpid()}"
NUMBERS = itertools.count(1)


def at(server: str, database: str) -> str:
    """Address of another database on the same server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


async def execute(dsn: str, *statements: str) -> None:
    """Run statements, each by itself."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of a database on the server under test; TEST_DATABASE_URL takes another server."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with (
        tempfile.TemporaryDirectory(prefix="cm") as folder,
        running(Path(folder), say=print) as dsn,
    ):
        yield dsn


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[str]:
    """Name of a migrated database, to copy."""

    async def make() -> None:
        await execute(server, f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        await upgrade(at(server, TEMPLATE), say=print)

    asyncio.run(make())
    yield TEMPLATE
    asyncio.run(execute(server, f"DROP DATABASE {TEMPLATE} WITH (FORCE)"))


@pytest.fixture(scope="session")
def told_template(server: str, template: str) -> Iterator[str]:
    """Name of a database that holds the story, position by line, to copy."""

    async def make() -> None:
        await execute(server, f"CREATE DATABASE {TOLD} TEMPLATE {template}")
        async with writing(at(server, TOLD)) as writer:
            with STORY.open("rb") as lines:
                await exchange.load(lines, writer, LOCAL, lambda _: None)

    asyncio.run(make())
    yield TOLD
    asyncio.run(execute(server, f"DROP DATABASE {TOLD} WITH (FORCE)"))


@pytest.fixture
async def empty_dsn(server: str) -> AsyncIterator[str]:
    """Address of a fresh database without a schema."""
    name = f"capmap_test_{os.getpid()}_{next(NUMBERS)}"
    await execute(server, f"CREATE DATABASE {name} TEMPLATE template0")
    yield at(server, name)
    await execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def dsn(server: str, template: str) -> AsyncIterator[str]:
    """Address of a fresh, migrated database."""
    name = f"capmap_test_{os.getpid()}_{next(NUMBERS)}"
    await execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield at(server, name)
    await execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def told_dsn(server: str, told_template: str) -> AsyncIterator[str]:
    """Address of a fresh database that holds the story."""
    name = f"capmap_test_{os.getpid()}_{next(NUMBERS)}"
    await execute(server, f"CREATE DATABASE {name} TEMPLATE {told_template}")
    yield at(server, name)
    await execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect to a fresh, migrated database."""
    made = await asyncpg.connect(dsn)
    yield made
    await made.close()
