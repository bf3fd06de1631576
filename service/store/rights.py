"""What each role may do to each table, and who makes the roles.

Roles belong to a whole server, rights to a database: the roles are made before the first step of
the schema that is pending, the rights are given after the last. A restored dump has neither, so
both are looked for whenever a database is migrated. What is not given here, nobody has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg

from service.store.refusal import Refusal

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Asked = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]

SERVE: Final = "capmap_serve"
"""Serves, writes, works behind the log: owns nothing, and changes no event."""
READ: Final = "capmap_read"
"""Loads histories: of an organisation at a time, that its session is confined to."""
BI: Final = "capmap_bi"
"""Group of the logins that read SQL directly, each what `bi_grants` says."""

MAKE: Final = (
    "CREATE ROLE capmap_serve NOLOGIN",
    "CREATE ROLE capmap_read NOLOGIN",
    "CREATE ROLE capmap_bi NOLOGIN",
)
THERE: Final = """
-- Which of the roles the server has. No relation of the service's.
SELECT rolname FROM pg_catalog.pg_roles
WHERE rolname IN ('capmap_serve', 'capmap_read', 'capmap_bi')
"""
ADMIT: Final = """
-- Whoever migrates may serve as well, if it is allowed to say so. No relation.
GRANT capmap_serve, capmap_read TO CURRENT_USER
"""
GIVEN: Final = """
-- Whether the rights were given in this database since the last step. One row each.
SELECT has_table_privilege('capmap_serve', 'public.log_head', 'SELECT')
   AND (SELECT rights FROM public.schema_support)
       >= (SELECT max(version_num)::integer FROM public.alembic_version)
"""
BEYOND: Final = """
-- Whether the login behind the session could do more than serve: own the log, or anything at all.
SELECT login.rolsuper OR pg_has_role(login.rolname, log.relowner, 'MEMBER')
FROM pg_catalog.pg_roles AS login, pg_catalog.pg_class AS log
WHERE login.rolname = session_user AND log.oid = to_regclass('public.events')
"""
LOADS: Final = """
-- Whether the login behind the session may take the role that loads histories. No relation.
SELECT pg_has_role(session_user, 'capmap_read', 'MEMBER')
"""
RIGHTS: Final = """
-- The schema's own state.
GRANT USAGE ON SCHEMA public TO capmap_serve, capmap_read, capmap_bi;
GRANT SELECT ON alembic_version, schema_support TO capmap_serve, capmap_read;

-- The log: added to, never changed. Of the head all but whose log it is.
GRANT SELECT, INSERT ON events, mentions TO capmap_serve;
GRANT SELECT, UPDATE (position, hash, recorded_at) ON log_head TO capmap_serve;
GRANT SELECT ON log_secret TO capmap_serve;
GRANT SELECT ON history_events, packs TO capmap_read;
-- Read by the service as well: by the audit and the sealer, which confine themselves.
GRANT SELECT ON history_events TO capmap_serve;

-- What can be made again from the log.
GRANT SELECT, INSERT, UPDATE, DELETE ON packs, behind, current_pictures TO capmap_serve;
GRANT SELECT, INSERT, DELETE ON mismatches TO capmap_serve;

-- Uploads, trials, drafts.
GRANT SELECT, INSERT, UPDATE ON uploads TO capmap_serve;
GRANT SELECT, INSERT, UPDATE ON upload_chunks TO capmap_serve;
GRANT SELECT, INSERT, UPDATE, DELETE ON upload_staged TO capmap_serve;
GRANT SELECT, INSERT ON upload_outcomes TO capmap_serve;
GRANT SELECT, INSERT, DELETE ON upload_files TO capmap_serve;
GRANT SELECT, INSERT, UPDATE, DELETE ON upload_keys TO capmap_serve;
GRANT SELECT, INSERT, UPDATE (made_at), DELETE ON trials TO capmap_serve;  -- UPDATE: to lock
GRANT SELECT, INSERT ON trial_events TO capmap_serve;
GRANT SELECT, INSERT, UPDATE, DELETE ON return_drafts TO capmap_serve;

-- Keys: what for is never changed. Of names, here and of people, what is erased is swept out of the
-- files: TRUNCATE.
GRANT SELECT, INSERT, UPDATE (revoked_at, last_used_at, name), TRUNCATE ON keys TO capmap_serve;
GRANT SELECT, INSERT, UPDATE (seen_at), DELETE ON sessions TO capmap_serve;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON people TO capmap_serve;
GRANT SELECT, INSERT ON erasures TO capmap_serve;

-- What requests were answered that may come again.
GRANT SELECT, INSERT, UPDATE, DELETE ON kept_answers TO capmap_serve;

-- Who read what, and what was done: acts are never changed.
GRANT SELECT, INSERT, UPDATE, DELETE ON reads TO capmap_serve;
GRANT SELECT, INSERT ON acts, act_concerns TO capmap_serve;

-- Users of SQL: rows by policy, events by grant. bi_grants itself only whoever migrates writes.
GRANT SELECT ON current_pictures, current_rows, current_levels, current_measures TO capmap_bi;
GRANT SELECT (worker, fold, position, progressed_at) ON behind TO capmap_bi;
GRANT SELECT ON bi_grants, bi_reach, bi_organisations, bi_events TO capmap_bi;

UPDATE schema_support
SET rights = (SELECT max(version_num)::integer FROM alembic_version);
"""
TO_SERVE: Final = (
    "as an administrator of the server run: GRANT capmap_serve, capmap_read TO the login of"
    " DATABASE_URL (docs/database-roles.md)"
)
OF_DBA: Final = "; ".join((*MAKE, "GRANT capmap_serve, capmap_read TO {login} WITH ADMIN OPTION;"))


async def make(connection: Asked) -> None:
    """Make the roles that the server lacks; of several databases of it any may do so at once.

    Raises Refusal with what to ask of whoever administers the server.
    """
    there = {row["rolname"] for row in await connection.fetch(THERE)}
    for role, statement in zip((SERVE, READ, BI), MAKE, strict=True):
        if role not in there:
            await _make(connection, statement)
    await _admit(connection)


async def _make(connection: Asked, statement: str) -> None:
    try:
        await connection.execute(statement)
    except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        pass  # it was made meanwhile, for another database of the server
    except asyncpg.InsufficientPrivilegeError as error:
        login = await connection.fetchval("SELECT quote_ident(session_user)")
        message = f"{error}; have an administrator of the server run: {OF_DBA.format(login=login)}"
        raise Refusal(message) from error


async def _admit(connection: Asked) -> None:
    """Let whoever migrates serve; where that is refused, serving refuses and says the way out."""
    try:
        await connection.execute(ADMIT)
    except asyncpg.InsufficientPrivilegeError:
        return


async def are_given(connection: Asked) -> bool:
    """Tell whether the roles are there and have their rights in this database."""
    there = await connection.fetch(THERE)
    return len(there) == len(MAKE) and bool(await connection.fetchval(GIVEN))


async def give(connection: Asked) -> None:
    """Give each role what it may do; again changes nothing."""
    async with connection.transaction():
        await connection.execute(RIGHTS)


async def doubt(connection: Asked) -> str | None:
    """Return what an operator should know of the login that serves, if there is anything."""
    if not await connection.fetchval(BEYOND):
        return None
    return (
        "DATABASE_URL's login could change the log itself, were a statement ever injected: serve"
        " with a login that is only a member of capmap_serve and capmap_read, and migrate with"
        " CAPMAP_MIGRATE_URL (docs/database-roles.md)"
    )


async def enter(dsn: str) -> asyncpg.Connection[asyncpg.Record]:
    """Connect as the service does; raise Refusal where the login may not take its role."""
    try:
        made = await asyncpg.connect(dsn, server_settings={"role": SERVE})
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError) as error:
        raise Refusal(f"{error}; {TO_SERVE}") from error
    if await made.fetchval(LOADS):
        return made
    await made.close()
    raise Refusal(f'permission denied to set role "{READ}"; {TO_SERVE}')


__all__ = [
    "BI",
    "MAKE",
    "READ",
    "RIGHTS",
    "SERVE",
    "are_given",
    "doubt",
    "enter",
    "give",
    "make",
]  # fmt: skip
