"""Who the service is to its database: a login that owns nothing, on its own server and another."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Iterator

import asyncpg
import pytest

from service.cli import process
from service.settings import load
from tests.conftest import Run, quick
from tests.process.test_command import capmap

LOGIN = f"capmap_serving_{os.getpid()}"

WHO = """
SELECT session_user::text, rolsuper, rolcreaterole, pg_has_role('postgres', 'MEMBER'),
       (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid)
FROM pg_roles WHERE rolname = session_user
"""


@pytest.fixture
def serving(dsn: str, run: Run) -> Iterator[str]:
    """Address of a migrated database for a login that only serves."""
    run(f"CREATE ROLE {LOGIN} LOGIN PASSWORD '{LOGIN}' IN ROLE capmap_serve, capmap_read")
    yield re.sub(r"//[^@/]*@", f"//{LOGIN}:{LOGIN}@", dsn)
    run(f"DROP ROLE {LOGIN}")


def test_the_service_s_own_server_is_served_from_by_a_login_that_owns_nothing() -> None:
    """On the data folder's server the sessions' login is no superuser and a member of two roles."""

    async def ask(dsn: str) -> tuple[object, ...]:
        connection = await asyncpg.connect(dsn)
        try:
            return tuple(await connection.fetchrow(WHO))
        finally:
            await connection.close()

    with (
        tempfile.TemporaryDirectory(prefix="cm", dir=quick()) as folder,
        process.database(load({"CAPMAP_DATA_DIR": folder})) as dsn,
    ):
        asyncio.run(process.prepare(dsn))
        found = asyncio.run(ask(dsn))
    assert found == ("capmap_service", False, False, False, 0)


def test_commands_serve_by_one_login_and_migrate_by_another(dsn: str, serving: str) -> None:
    """With both addresses nothing is missing; grants need the second, and say so."""
    made = capmap(serving, "keys", "make", "A", "--role", "operator")
    assert made.returncode == 0, made.stderr
    refused = capmap(serving, "bi", "grant", "somebody", "RTP")
    assert refused.returncode == 3
    assert "permission denied for table bi_grants" in refused.stderr
    granted = capmap(serving, "bi", "grant", "somebody", "rtp", CAPMAP_MIGRATE_URL=dsn)
    assert granted.stderr.splitlines() == [
        "somebody sees RTP, people-v1.",
        "somebody cannot read yet; as an administrator run: GRANT capmap_bi TO the login.",
    ]
    shown = capmap(dsn, "bi", "list")
    assert re.fullmatch(r"somebody  RTP  people-v1  \S+Z\n", shown.stdout)
    taken = capmap(dsn, "bi", "revoke", "somebody")
    assert (taken.returncode, taken.stderr) == (
        0,
        "somebody no longer sees RTP by a grant of its own.\n",
    )


def test_a_pending_step_is_refused_to_a_login_that_only_serves(dsn: str, serving: str) -> None:
    """It is told that another migrates."""

    async def back(dsn: str) -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute("UPDATE alembic_version SET version_num = '0008'")
        await connection.close()

    asyncio.run(back(dsn))
    ended = capmap(serving, "migrate")
    assert ended.returncode == 3
    assert "CAPMAP_MIGRATE_URL" in ended.stderr
