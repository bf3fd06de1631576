"""A real PostgreSQL for the tests: one server, one migrated template, a fresh database each."""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from service.domain.caller import LOCAL
from service.store.embedded import running
from service.store.migrate import upgrade
from service.submitting import exchange
from tests import effort  # noqa: F401 - it sets how many examples a law is tried on
from tests.strategies import STORY, writing

TEMPLATE = f"capmap_template_{os.getpid()}"
TOLD = f"capmap_told_{os.getpid()}"
NUMBERS = itertools.count(1)
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
ROOM_BYTES = 2 << 30
"""Free memory that a server's data may need: a database each test, and the journal of them."""

Run = Callable[[str], None]


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


def quick() -> str | None:
    """Return the folder in memory, where there is one with room: a fsync costs nothing there."""
    roomy = IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES
    return str(IN_MEMORY) if roomy and os.access(IN_MEMORY, os.W_OK) else None


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of a database on the server under test; TEST_DATABASE_URL takes another server."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with (
        tempfile.TemporaryDirectory(prefix="cm", dir=quick()) as folder,
        running(Path(folder), say=print) as dsn,
    ):
        yield dsn


@pytest.fixture(scope="session")
def run(server: str) -> Iterator[Run]:
    """Run a statement on the server, over a connection that is kept, beside the tests' loops."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        kept = runner.run(asyncpg.connect(server))

        def work(statement: str) -> None:
            runner.run(kept.execute(statement))

        yield work
        runner.run(kept.close())


@contextmanager
def copied(run: Run, server: str, source: str, name: str | None = None) -> Iterator[str]:
    """Give the address of a copy of a database; it is gone afterwards.

    Its files are copied, not journalled page by page, which takes half the processor's time; that
    needs two checkpoints, for which a server on a disk would be waited.
    """
    name = name or f"capmap_test_{os.getpid()}_{next(NUMBERS)}"
    way = "FILE_COPY" if quick() and "TEST_DATABASE_URL" not in os.environ else "WAL_LOG"
    run(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY {way}")
    try:
        yield at(server, name)
    finally:
        run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def template(server: str, run: Run) -> Iterator[str]:
    """Name of a migrated database, to copy."""
    with copied(run, server, "template0", TEMPLATE) as dsn:
        asyncio.run(upgrade(dsn, say=print))
        yield TEMPLATE


@pytest.fixture(scope="session")
def told_template(server: str, run: Run, template: str) -> Iterator[str]:
    """Name of a database that holds the story, position by line, to copy."""

    async def tell(dsn: str) -> None:
        async with writing(dsn) as writer:
            with STORY.open("rb") as lines:
                await exchange.load(lines, writer, LOCAL, lambda _: None)

    with copied(run, server, template, TOLD) as dsn:
        asyncio.run(tell(dsn))
        yield TOLD


@pytest.fixture
def empty_dsn(server: str, run: Run) -> Iterator[str]:
    """Address of a fresh database without a schema."""
    with copied(run, server, "template0") as dsn:
        yield dsn


@pytest.fixture
def dsn(server: str, run: Run, template: str) -> Iterator[str]:
    """Address of a fresh, migrated database."""
    with copied(run, server, template) as dsn:
        yield dsn


@pytest.fixture
def told_dsn(server: str, run: Run, told_template: str) -> Iterator[str]:
    """Address of a fresh database that holds the story."""
    with copied(run, server, told_template) as dsn:
        yield dsn


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect to a fresh, migrated database."""
    made = await asyncpg.connect(dsn)
    yield made
    await made.close()
