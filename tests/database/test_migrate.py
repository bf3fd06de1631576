"""Migrations against a real server, and what is refused."""

import asyncio
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec
import pytest

from service.store.migrate import SCHEMA, Facts, check, judge, upgrade
from service.store.refusal import Refusal

ROOT = Path(__file__).parents[2]
STEPS = [
    f"schema step {path.name[:4]} applied"
    for path in sorted((ROOT / "migrations" / "versions").glob("0*.py"))
]
FIT = Facts(server=160_000, fsync=True, full_page_writes=True, schema=SCHEMA, oldest_code=1)


async def test_a_second_upgrade_does_nothing(empty_dsn) -> None:
    """Migrating twice applies each step once."""
    said: list[str] = []
    await upgrade(empty_dsn, say=said.append)
    await upgrade(empty_dsn, say=said.append)
    assert said == STEPS


async def test_of_three_at_once_one_works(empty_dsn) -> None:
    """Three processes starting together migrate once and all succeed."""
    said: list[str] = []
    await asyncio.gather(*(upgrade(empty_dsn, say=said.append) for _ in range(3)))
    assert [text for text in said if "step" in text] == STEPS
    connection = await asyncpg.connect(empty_dsn)
    await check(connection, allow_unsafe=False)
    await connection.close()


async def test_a_step_waits_for_a_lock_and_says_so(empty_dsn) -> None:
    """Behind a lock the step gives up after a second, names the holder, and tries again."""
    holder = await asyncpg.connect(empty_dsn, server_settings={"application_name": "a reader"})
    await holder.execute("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)")
    await holder.execute("BEGIN; LOCK alembic_version")
    said: asyncio.Queue[str] = asyncio.Queue()
    work = asyncio.create_task(upgrade(empty_dsn, say=said.put_nowait))
    waits = await asyncio.wait_for(said.get(), 10)
    await holder.execute("COMMIT")
    await holder.close()
    await asyncio.wait_for(work, 10)
    assert "a reader" in waits
    assert "attempt 1 of" in waits


async def test_patience_with_a_lock_ends(empty_dsn, monkeypatch) -> None:
    """After the last attempt the refusal names the holder and the way out."""
    monkeypatch.setattr("service.store.migrate.ATTEMPTS", 1)
    holder = await asyncpg.connect(empty_dsn, server_settings={"application_name": "a reader"})
    await holder.execute("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)")
    await holder.execute("BEGIN; LOCK alembic_version")
    with pytest.raises(Refusal, match=r"a reader.*capmap migrate"):
        await upgrade(empty_dsn, say=print)
    await holder.close()


async def test_a_failed_step_leaves_nothing(empty_dsn) -> None:
    """A step that fails half-way is rolled back whole."""
    other = await asyncpg.connect(empty_dsn)
    await other.execute("CREATE TABLE mentions (in_the_way int)")
    with pytest.raises(Exception, match="mentions"):
        await upgrade(empty_dsn, say=print)
    assert await other.fetchval("SELECT to_regclass('events')") is None
    await other.close()


@pytest.mark.parametrize(
    "setting",
    ["default_transaction_read_only = on", "statement_timeout = 1", "search_path = elsewhere"],
)
async def test_defaults_of_the_database_do_not_hinder_an_upgrade(empty_dsn, setting) -> None:
    """Migrating sets what it needs on its own session, whatever the database's defaults are."""
    name = empty_dsn.split("?")[0].rsplit("/", 1)[1]
    other = await asyncpg.connect(empty_dsn)
    await other.execute(f"ALTER DATABASE {name} SET {setting}")
    said: list[str] = []
    await upgrade(empty_dsn, say=said.append)
    assert said == STEPS
    assert await other.fetchval("SELECT to_regclass('public.events')") == "events"
    await other.close()


async def test_an_upgrade_leaves_a_newer_schema_that_supports_it(dsn, connection) -> None:
    """After a rollback of the program alone, migrating finds nothing to do."""
    await connection.execute("UPDATE alembic_version SET version_num = $1", f"{SCHEMA + 1:04}")
    said: list[str] = []
    await upgrade(dsn, say=said.append)
    assert said == []
    await check(connection, allow_unsafe=False)


async def test_an_upgrade_of_a_newer_schema_that_does_not_is_refused(dsn, connection) -> None:
    """Where the newer schema needs newer code, migrating says so and the way out."""
    await connection.execute("UPDATE alembic_version SET version_num = $1", f"{SCHEMA + 1:04}")
    await connection.execute("UPDATE schema_support SET oldest_code = $1", SCHEMA + 1)
    with pytest.raises(Refusal, match="install a newer release"):
        await upgrade(dsn, say=print)


def test_nothing_pending_imports_no_alembic(server, template) -> None:
    """A start on a schema that is up to date does not pay for importing the tools."""
    code = (
        "import asyncio, sys; from service.store.migrate import upgrade;"
        "asyncio.run(upgrade(sys.argv[1], say=print));"
        "sys.exit('alembic' in sys.modules or 'sqlalchemy' in sys.modules)"
    )
    address = urlunsplit(urlsplit(server)._replace(path=f"/{template}"))
    ended = subprocess.run([sys.executable, "-c", code, address], cwd=ROOT, check=False)
    assert ended.returncode == 0


async def test_a_migrated_database_is_fit(connection) -> None:
    """The service serves from what `capmap migrate` made."""
    await check(connection, allow_unsafe=False)


async def test_the_caller_s_search_path_does_not_matter(dsn, connection) -> None:
    """A caller that sees another schema's tables first is told about the service's own."""
    await connection.execute(
        "CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.alembic_version (version_num text);"
        f"CREATE TABLE elsewhere.schema_support AS SELECT {SCHEMA + 1} AS oldest_code"
    )
    for path in ("elsewhere", "elsewhere, public"):
        other = await asyncpg.connect(dsn, server_settings={"search_path": path})
        await check(other, allow_unsafe=False)
        await other.close()


async def test_a_database_without_schema_is_refused(empty_dsn) -> None:
    """An empty database is answered with the command that fills it."""
    connection = await asyncpg.connect(empty_dsn)
    with pytest.raises(Refusal, match="run `capmap migrate`"):
        await check(connection, allow_unsafe=False)
    await connection.close()


async def test_code_of_the_first_release_still_runs(connection) -> None:
    """Steps that only add indexes ask for no newer code: a rollback of the program is possible."""
    assert await connection.fetchval("SELECT oldest_code FROM schema_support") == 1


async def test_a_newer_schema_is_refused(connection) -> None:
    """Code older than the schema supports says that a newer release is needed."""
    await connection.execute("UPDATE schema_support SET oldest_code = $1", SCHEMA + 1)
    with pytest.raises(Refusal, match="newer"):
        await check(connection, allow_unsafe=False)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"server": 140_012}, "PostgreSQL 14; 15 or newer"),
        ({"fsync": False}, "fsync is off.*CAPMAP_ALLOW_UNSAFE_DATABASE"),
        ({"full_page_writes": False}, "full_page_writes is off.*CAPMAP_ALLOW_UNSAFE_DATABASE"),
        ({"schema": 0}, "run `capmap migrate`"),
        ({"oldest_code": SCHEMA + 1}, "newer"),
    ],
)
def test_each_refusal_says_the_way_out(change, says) -> None:
    """A refusal names the reason and what to do."""
    with pytest.raises(Refusal, match=says):
        judge(msgspec.structs.replace(FIT, **change), allow_unsafe=False)


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_an_unsafe_server_is_served_when_told_to(name) -> None:
    """The operator may accept the loss; the other refusals stay."""
    judge(msgspec.structs.replace(FIT, **{name: False}), allow_unsafe=True)
    with pytest.raises(Refusal, match="14"):
        judge(msgspec.structs.replace(FIT, **{name: False}, server=140_000), allow_unsafe=True)
