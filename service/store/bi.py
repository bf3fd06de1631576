"""Grants to logins that read SQL directly: made and taken by whoever owns the database."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from msgspec import Struct

from service.store.appending import Connection

ALL: Final = "all"
Disclosure = Literal["people-v1", "exact"]

GRANT: Final = """
-- $1 login, $2 organisation, $3 disclosure, $4 now. The newest stands. Index: bi_grants_pkey.
INSERT INTO bi_grants (login, organisation, disclosure, granted_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (login, organisation) DO UPDATE
SET disclosure = excluded.disclosure, granted_at = excluded.granted_at
"""

REVOKE: Final = """
-- $1 login, $2 organisation; NULL: every one. Index: bi_grants_pkey.
DELETE FROM bi_grants WHERE login = $1 AND ($2::text IS NULL OR organisation = $2)
RETURNING organisation
"""

LISTED: Final = """
-- Every grant, by login. Few, read whole.
SELECT login, organisation, disclosure, granted_at FROM bi_grants ORDER BY login, organisation
"""

MEMBER: Final = """
-- $1 login. Whether it may read at all. No relation of the service's.
SELECT pg_has_role(oid, 'capmap_bi', 'MEMBER') FROM pg_catalog.pg_roles WHERE rolname = $1
"""


class Given(Struct, frozen=True):
    """Whom a login may see, an organisation or all, and whether with exact counts."""

    login: str
    organisation: str
    disclosure: Disclosure
    granted_at: dt.datetime


async def grant(connection: Connection, given: Given) -> None:
    """Let a login see an organisation; of a board also the trusts that it hosts."""
    await connection.execute(
        GRANT, given.login, given.organisation, given.disclosure, given.granted_at
    )


async def revoke(connection: Connection, login: str, organisation: str | None) -> list[str]:
    """Take a login's grant, or every one; return what it could see by them."""
    rows = await connection.fetch(REVOKE, login, organisation)
    return sorted(row["organisation"] for row in rows)


async def listed(connection: Connection) -> list[Given]:
    """Return every grant, by login and organisation."""
    return [Given(*row) for row in await connection.fetch(LISTED)]


async def is_member(connection: Connection, login: str) -> bool:
    """Tell whether the server has a login that is a member of the group."""
    return bool(await connection.fetchval(MEMBER, login))


__all__ = ["ALL", "Disclosure", "Given", "grant", "is_member", "listed", "revoke"]
