"""Roles of the database: what serving may do and no more, and what a confined session can see."""

from __future__ import annotations

import asyncio
import importlib
import os
import pkgutil
import re
from collections.abc import AsyncIterator, Iterator
from types import ModuleType

import asyncpg
import pytest

from service import store
from service.app import opened
from service.behind import sealer
from service.projections.packing import SIZE
from service.projections.version import FOLD
from service.settings import load
from service.store import packs, reading, rights
from service.store.migrate import check, upgrade
from service.store.refusal import Refusal
from tests.conftest import Run
from tests.strategies import renamed, send, trust, writing

NOT_SERVED = {"bi", "data_folder", "migrate", "rights"}
"""Modules of the store whose statements whoever owns the database runs."""
NEVER_SERVED = {"bi_grants", "bi_reach", "bi_organisations", "bi_events",
                "current_rows", "current_levels", "current_measures"}  # fmt: skip
"""Relations that serving has no business with: of users of SQL."""
LOGIN = f"capmap_login_{os.getpid()}"


def modules() -> Iterator[ModuleType]:
    """Yield the store's modules whose statements the service runs."""
    for found in pkgutil.iter_modules(store.__path__):
        if found.name not in NOT_SERVED:
            yield importlib.import_module(f"service.store.{found.name}")


def texts(value: object) -> tuple[str, ...]:
    """Return the statements of a constant, which may be several."""
    several = value if isinstance(value, tuple) else (value,)
    return tuple(one for one in several if isinstance(one, str) and SQL.match(one))


SQL = re.compile(r"(\s|--.*\n)*(SELECT|WITH|INSERT|UPDATE|DELETE|LOCK|TRUNCATE)\b")
STATEMENTS = {
    f"{module.__name__.rpartition('.')[2]}.{name} {number}": text
    for module in modules()
    for name, value in vars(module).items()
    if name.isupper()
    for number, text in enumerate(texts(value))
}


def plain(statement: str) -> str:
    """Return a statement without its comments."""
    return re.sub(r"--.*", "", statement)


@pytest.fixture(scope="module")
def login(server: str, run: Run, template: str) -> Iterator[str]:
    """Name of a login as an operator makes it to serve with: a member of two roles, no more."""
    run(f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{LOGIN}' IN ROLE {rights.SERVE}, {rights.READ}")
    yield LOGIN
    run(f"DROP ROLE {LOGIN}")


@pytest.fixture
def stranger(run: Run) -> Iterator[str]:
    """Name of a login that is a member of nothing."""
    name = f"capmap_stranger_{os.getpid()}"
    run(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
    yield name
    run(f"DROP ROLE {name}")


def by(dsn: str, login: str) -> str:
    """Return the address of a database for another login, whose password is its name."""
    return re.sub(r"//[^@/]*@", f"//{login}:{login}@", dsn)


@pytest.fixture
async def served(dsn: str, login: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect as a service with a login of its own does, in a transaction."""
    connection = await rights.enter(by(dsn, login))
    await connection.execute("BEGIN")
    yield connection
    await connection.close()


@pytest.fixture
async def loading(told_dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect as histories are loaded, to a log that holds the story."""
    connection = await asyncpg.connect(told_dsn, server_settings={"role": rights.READ})
    yield connection
    await connection.close()


async def test_serving_may_run_every_statement_of_the_store(served: asyncpg.Connection) -> None:
    """No statement is refused to the serving role: the server is asked about each."""
    assert len(STATEMENTS) > 80
    if served.get_server_version().major < 16:
        pytest.skip("EXPLAIN (GENERIC_PLAN) is PostgreSQL 16's")
    for name, text in STATEMENTS.items():
        if plain(text).split()[0] in {"LOCK", "TRUNCATE"}:
            continue  # has no plan; what it needs is held against the rights below
        try:
            await served.execute(f"SAVEPOINT one; EXPLAIN (GENERIC_PLAN) {text}; RELEASE one")
        except asyncpg.InsufficientPrivilegeError as error:
            pytest.fail(f"{name}: {error}")
        except asyncpg.UndefinedTableError:  # of a table that a statement before it makes
            await served.execute("ROLLBACK TO one")


def wanted() -> set[tuple[str, str]]:
    """Return which relation each statement inserts into, updates, locks, or deletes from."""
    found = {("events", "INSERT")}  # by COPY
    for text in map(plain, STATEMENTS.values()):
        into = re.findall(r"INSERT INTO (\w+)", text)
        found |= {(name, "INSERT") for name in into}
        if "DO UPDATE" in text:
            found |= {(name, "UPDATE") for name in into}
        found |= {(name, "UPDATE") for name in re.findall(r"(?<!DO )\bUPDATE (\w+)\s+SET", text)}
        found |= {(name, "DELETE") for name in re.findall(r"DELETE FROM (\w+)", text)}
        found |= {(name, "TRUNCATE") for name in re.findall(r"TRUNCATE (\w+)", text)}
        if "FOR UPDATE" in text:
            found |= {
                (name, "UPDATE") for name in re.findall(r"FROM (\w+)[^()]*\sFOR UPDATE", text)
            }
    return found


GIVEN = """
SELECT DISTINCT table_name::text, privilege_type::text FROM information_schema.column_privileges
WHERE grantee = $1 AND table_schema = 'public' AND privilege_type <> 'SELECT'
UNION
SELECT table_name::text, privilege_type::text FROM information_schema.table_privileges
WHERE grantee = $1 AND table_schema = 'public' AND privilege_type <> 'SELECT'
"""


async def test_serving_may_change_what_a_statement_changes_and_nothing_else(
    connection: asyncpg.Connection,
) -> None:
    """Each right to insert, update or delete has a statement that needs it, and the reverse."""
    given = {tuple(row) for row in await connection.fetch(GIVEN, rights.SERVE)}
    assert given == wanted()
    assert not await connection.fetch(GIVEN, rights.READ)
    assert not await connection.fetch(GIVEN, rights.BI)


async def test_every_relation_has_declared_rights(connection: asyncpg.Connection) -> None:
    """A table that serving may not read is named here; nothing belongs to everybody."""
    rows = await connection.fetch(
        """
        SELECT relname, has_any_column_privilege('capmap_serve', oid, 'SELECT') AS served,
               has_any_column_privilege('public', oid, 'SELECT, INSERT, UPDATE') AS everybody
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')
        """
    )
    assert {row["relname"] for row in rows if not row["served"]} == NEVER_SERVED
    assert not any(row["everybody"] for row in rows)


FORBIDDEN = (
    "UPDATE events SET organisation = 'RTP'",
    "DELETE FROM events",
    "TRUNCATE events CASCADE",
    "UPDATE mentions SET organisation = 'RTP'",
    "DELETE FROM mentions",
    "UPDATE log_head SET log = gen_random_uuid()",
    "UPDATE log_secret SET secret = ''",
    "UPDATE keys SET grants = '[]'",
    "UPDATE keys SET hash = ''",
    "DELETE FROM keys",
    "INSERT INTO bi_grants VALUES ('x', 'all', 'exact', now())",
    "ALTER TABLE events DISABLE TRIGGER ALL",
    "ALTER TABLE packs DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE events OWNER TO capmap_serve",
    "DROP TABLE events CASCADE",
    "DROP TRIGGER events_unchanged ON events",
    "DROP FUNCTION refuse_change CASCADE",
    "CREATE TABLE public.mine (n integer)",
    "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "CREATE ROLE mine",
    "CREATE EXTENSION dblink",
    "GRANT UPDATE ON events TO capmap_serve; UPDATE events SET type = type",
    "GRANT capmap_bi TO capmap_serve",
    "SET session_replication_role = replica",
    "SELECT set_config('session_replication_role', 'replica', false)",
    "SET ROLE capmap_bi",
    "SET SESSION AUTHORIZATION postgres",
    "ALTER ROLE capmap_serve SUPERUSER",
    "COPY events TO PROGRAM 'cat'",
    "COPY events TO '/tmp/capmap'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT lo_import('/etc/passwd')",
    "UPDATE alembic_version SET version_num = '0001'",
    "UPDATE schema_support SET oldest_code = 0",
)


@pytest.mark.parametrize("again", ["", "RESET ROLE;"], ids=["serving", "role-reset"])
async def test_serving_cannot(served: asyncpg.Connection, again: str) -> None:
    """What only an owner may do is refused, also once an injected statement left the role."""
    for statement in FORBIDDEN:
        try:
            await served.execute(f"{again} {statement}")
        except asyncpg.InsufficientPrivilegeError:
            pass
        else:
            pytest.fail(f"was done: {statement}")
        await served.execute("ROLLBACK")
        await served.execute("BEGIN")


async def codes(connection: asyncpg.Connection, statement: str) -> set[str]:
    """Return the first column of a statement's rows."""
    return {row[0] for row in await connection.fetch(statement)}


async def test_a_wrong_statement_finds_only_the_organisation_it_is_confined_to(
    told_dsn: str, loading: asyncpg.Connection
) -> None:
    """Without a condition of its own a statement finds one history, as a right one does."""
    everything = "SELECT position FROM history_events"
    for code in ("RTP", "QXU", "RYR", "NOBODY"):
        right = await reading.history(loading, code, 0, 10**9)
        async with loading.transaction():
            await loading.execute("SELECT set_config('capmap.organisation', $1, true)", code)
            assert await codes(loading, everything) == {row.position for row in right}
    assert await codes(loading, everything) == set()
    assert not await loading.fetchval("SELECT current_setting('capmap.organisation', true)")


async def test_a_history_is_what_the_log_says(told_dsn: str, loading: asyncpg.Connection) -> None:
    """Within the scope nothing is missing: own events and those that name it, in order."""
    owner = await asyncpg.connect(told_dsn)
    said = """
    SELECT position FROM events WHERE organisation = $1
    UNION ALL SELECT position FROM mentions WHERE organisation = $1 ORDER BY position
    """
    for code in await codes(owner, "SELECT organisation FROM events"):
        found = [row.position for row in await reading.history(loading, code, 0, 10**9)]
        assert found == [row["position"] for row in await owner.fetch(said, code)]
    await owner.close()


async def test_loading_reads_histories_alone(loading: asyncpg.Connection) -> None:
    """Neither the log past its view, nor keys, secrets, files nor grants are to be had."""
    for name in ("events", "mentions", "log_secret", "log_head", "keys", "uploads", "upload_files",
                 "trial_events", "return_drafts", "current_pictures", "bi_events"):  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await loading.execute(f"SELECT * FROM {name}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await loading.execute("INSERT INTO packs SELECT * FROM packs")


async def test_packs_are_loaded_within_their_organisation(
    dsn: str, connection: asyncpg.Connection
) -> None:
    """Packs of others are not found, whatever the statement asks for."""
    made = [packs.Pack(code, 0, 1, 2, code.encode()) for code in ("RTP", "RYR")]
    await packs.seal(connection, made, FOLD)
    loading = await asyncpg.connect(dsn, server_settings={"role": rights.READ})
    try:
        for pack in made:
            assert await packs.packs(loading, pack.organisation, FOLD, 10) == [pack]
        assert await loading.fetch("SELECT * FROM packs") == []
        async with loading.transaction():
            await loading.execute("SELECT set_config('capmap.organisation', 'RYR', true)")
            assert await codes(loading, "SELECT organisation FROM packs") == {"RYR"}
    finally:
        await loading.close()


async def test_the_service_loads_histories_in_that_role(dsn: str) -> None:
    """Of a running service, every other session serves, and the one that loads reads alone."""
    async with opened(load({}), dsn) as rooms:
        await send(rooms.writer, trust("RTP"), *(renamed("RTP") for _ in range(3)))
        head = (await rooms.latest.head()).position
        history = await rooms.histories.load("RTP", head)
        assert history.last_position == head
        roles = ((rooms.histories._pool, rights.READ), (rooms.pool, rights.SERVE),
                 (rooms.desk.pool, rights.SERVE), (rooms.desk.pool, rights.SERVE))  # fmt: skip
        for pool, role in roles:  # the last again: what a session is given back with stays
            async with pool.acquire() as one:
                assert await one.fetchval("SELECT current_user") == role


async def test_a_long_history_is_sealed_and_read_alike_in_the_roles(dsn: str) -> None:
    """The sealer writes packs as serving; loading reads them and the tail behind them."""
    async with writing(dsn) as writer:
        await send(
            writer, trust("RTP"), *(renamed("RTP", name=f"N {at}") for at in range(SIZE + 9))
        )
    async with opened(load({}), dsn) as rooms, rooms.desk.pool.acquire() as made:
        await sealer.seal(made, ["RTP"], SIZE + 10)
        history = await rooms.histories.load("RTP", (await rooms.latest.head()).position)
        assert await made.fetchval("SELECT count(*) FROM packs") == 1
    assert len(history.by_type["TrustChanged"]) == SIZE + 9


async def test_a_restored_database_gets_its_rights_back(dsn: str) -> None:
    """A dump brings no rights: migrating finds that and gives them, without a step."""
    owner = await asyncpg.connect(dsn)
    await owner.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM capmap_serve, capmap_read")
    await owner.close()
    await upgrade(dsn, say=pytest.fail)
    serving = await rights.enter(dsn)
    await check(serving, allow_unsafe=False)
    assert await reading.history(serving, "RTP", 0, 1) == []
    await serving.close()


async def test_roles_are_made_by_several_databases_at_once(dsn: str, monkeypatch) -> None:
    """Of many that make the same roles of one server, none fails."""
    names = [f"capmap_race_{os.getpid()}_{number}" for number in range(3)]
    monkeypatch.setattr(rights, "MAKE", tuple(f"CREATE ROLE {name} NOLOGIN" for name in names))
    monkeypatch.setattr(rights, "THERE", "SELECT ''::name AS rolname WHERE false")
    several = [await asyncpg.connect(dsn) for _ in range(6)]
    try:
        await asyncio.gather(*(rights.make(one) for one in several))
    finally:
        await several[0].execute(f"DROP ROLE {', '.join(names)}")
        for one in several:
            await one.close()


async def test_without_the_right_to_make_roles_the_refusal_says_what_to_ask_for(
    served: asyncpg.Connection, monkeypatch
) -> None:
    """Whoever migrates without it is given the statements for an administrator."""
    monkeypatch.setattr(rights, "THERE", "SELECT ''::name AS rolname WHERE false")
    await served.execute("ROLLBACK")
    with pytest.raises(Refusal, match=f"CREATE ROLE capmap_serve NOLOGIN; .* TO {LOGIN}"):
        await rights.make(served)


async def test_a_login_that_may_not_serve_is_refused_with_the_way_out(
    dsn: str, stranger: str
) -> None:
    """A login outside of both roles, or of one, is told which to grant it."""
    owner = await asyncpg.connect(dsn)
    for grant in ("capmap_read", "capmap_serve"):
        with pytest.raises(Refusal, match=r"permission denied.*GRANT capmap_serve, capmap_read TO"):
            await rights.enter(by(dsn, stranger))
        await owner.execute(f"GRANT {grant} TO {stranger}")
    await (await rights.enter(by(dsn, stranger))).close()
    await owner.close()


async def test_an_owner_without_any_right_on_the_server_migrates(
    empty_dsn: str, run: Run, stranger: str, template: str
) -> None:
    """Once an administrator made the roles, owning the database is enough to migrate it."""
    owner = await asyncpg.connect(empty_dsn)
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f"ALTER DATABASE {name} OWNER TO {stranger}")
    await upgrade(by(empty_dsn, stranger), say=print)
    serving = await rights.enter(empty_dsn)
    await check(serving, allow_unsafe=False)
    await serving.close()
    await owner.execute(f"REASSIGN OWNED BY {stranger} TO CURRENT_USER")
    await owner.close()


async def test_a_login_that_could_do_more_is_doubted(dsn: str, served: asyncpg.Connection) -> None:
    """Serving as whoever owns the log is said; a login that only serves is not."""
    owner = await rights.enter(dsn)
    assert "CAPMAP_MIGRATE_URL" in (await rights.doubt(owner) or "")
    assert await rights.doubt(served) is None
    await owner.close()
