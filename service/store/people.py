"""SQL of people's names and of their erasure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final

import asyncpg
import msgspec
from msgspec import Struct

from service.domain.erasures import ErasureAct, Subject
from service.store.appending import Connection

ALONE: Final = "LOCK TABLE people IN SHARE ROW EXCLUSIVE MODE"
"""One writer of names at a time, until the transaction ends: else a name could be recorded while
it is being erased. Readers wait for none of it."""

RECORD: Final = """
-- $1 person, $2 name, $3 publisher, $4 reference, $5 url, $6 since, $7 now, $8 by whom.
-- The newest stands. Index: people_pkey.
INSERT INTO people (person, name, publisher, reference, url, since, recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (person) DO UPDATE
SET name = excluded.name, publisher = excluded.publisher, reference = excluded.reference,
    url = excluded.url, since = excluded.since, recorded_at = excluded.recorded_at,
    recorded_by = excluded.recorded_by
"""

OF: Final = """
-- $1 persons: the names that are recorded of them, in order. Index: people_pkey.
SELECT person, name, publisher, reference, url, since, recorded_at, recorded_by
FROM people WHERE person = ANY($1::text[]) ORDER BY person
"""

LISTED: Final = """
-- $1 after whom, $2 how many. Index: people_pkey.
SELECT person, name, publisher, reference, url, since, recorded_at, recorded_by
FROM people WHERE person > $1 ORDER BY person LIMIT $2
"""

LAST_ACT: Final = """
-- $1 subject: the act that counts. Index: erasures_pkey.
SELECT subject, at, act, caller, reason FROM erasures WHERE subject = $1
ORDER BY at DESC, act LIMIT 1
"""

ACTS: Final = """
-- Every act in order. They are few: no index.
SELECT subject, at, act, caller, reason FROM erasures ORDER BY at, subject, act
"""

ADD: Final = """
-- $1 subjects, $2 instants, $3 acts, $4 callers, $5 reasons, one each; those known are left.
-- Index: erasures_pkey.
INSERT INTO erasures (subject, at, act, caller, reason)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[])
ON CONFLICT DO NOTHING
"""

DELETE: Final = """
-- $1 persons. Index: people_pkey.
DELETE FROM people WHERE person = ANY($1::text[])
"""

BLANK: Final = """
-- $1 keys, by the ids that callers have: those are left that have no name any more.
-- They are few: no index.
UPDATE keys SET name = '' WHERE 'key-' || id::text = ANY($1::text[]) AND name <> ''
"""

PATIENCE: Final = "SET LOCAL lock_timeout = '2s'"
"""A sweep waits behind readers no longer, since new ones would wait behind it."""

PEOPLE_ANEW: Final = (
    "LOCK TABLE people IN ACCESS EXCLUSIVE MODE",
    "CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM people",
    "TRUNCATE people",
    "INSERT INTO people SELECT * FROM kept",
)
"""Writes what is left into a new file and deletes the old one. VACUUM may leave a deleted row's
bytes in its page until something is written over them, and keeps the row while an older snapshot,
of whatever table, might see it; VACUUM FULL does the latter and is for the table's owner alone."""

KEYS_ANEW: Final = (
    "LOCK TABLE keys IN ACCESS EXCLUSIVE MODE",
    "CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM keys",
    "TRUNCATE keys",
    "INSERT INTO keys SELECT * FROM kept",
)
"""The same of keys. Who brings a key meanwhile waits for it, some milliseconds."""


class Named(Struct, frozen=True):
    """A person's name as it is recorded."""

    person: str
    name: str
    publisher: str
    reference: str | None
    url: str | None
    since: dt.date | None
    recorded_at: dt.datetime
    recorded_by: str


async def alone(connection: Connection) -> None:
    """Let no other writer of names in until the transaction ends."""
    await connection.execute(ALONE)


async def record(connection: Connection, new: Named) -> None:
    """Record a name in the place of the one before."""
    await connection.execute(RECORD, *msgspec.structs.astuple(new))


async def of(connection: Connection, persons: Collection[str]) -> list[Named]:
    """Return the names that are recorded of some persons, in order of their references."""
    return [Named(*row) for row in await connection.fetch(OF, list(persons))]


async def listed(connection: Connection, after: str, limit: int) -> list[Named]:
    """Return so many names in order of the references, after one."""
    return [Named(*row) for row in await connection.fetch(LISTED, after, limit)]


async def last_act(connection: Connection, subject: str) -> ErasureAct | None:
    """Return what was done last about a subject's name."""
    row = await connection.fetchrow(LAST_ACT, subject)
    return _act(row) if row is not None else None


async def acts(connection: Connection) -> list[ErasureAct]:
    """Return every erasure, and every one that was lifted, in order."""
    return [_act(row) for row in await connection.fetch(ACTS)]


async def add(connection: Connection, done: Sequence[ErasureAct]) -> None:
    """Keep acts; those that are kept already are left as they are."""
    columns = [(one.subject, one.at, one.act, one.caller, one.reason) for one in done]
    if columns:
        await connection.execute(ADD, *(list(column) for column in zip(*columns, strict=True)))


async def forget(connection: Connection, subjects: Collection[Subject]) -> int:
    """Delete the names of persons and blank those of keys; return how many there were."""
    done = [await connection.execute(one, list(subjects)) for one in (DELETE, BLANK)]
    return sum(int(status.rpartition(" ")[2]) for status in done)


async def sweep_people(connection: Connection) -> bool:
    """Take the bytes of deleted names out of the database's files; tell whether that was done.

    It was not where somebody reads them all the while, or where the role may not truncate.
    """
    return await _anew(connection, PEOPLE_ANEW)


async def sweep_keys(connection: Connection) -> bool:
    """Take the bytes of keys' former names out of the database's files, as `sweep_people`."""
    return await _anew(connection, KEYS_ANEW)


async def _anew(connection: Connection, statements: Sequence[str]) -> bool:
    try:
        async with connection.transaction():
            for statement in (PATIENCE, *statements):
                await connection.execute(statement)
    except (
        asyncpg.LockNotAvailableError,
        asyncpg.DeadlockDetectedError,
        asyncpg.InsufficientPrivilegeError,
        asyncpg.FeatureNotSupportedError,  # another table refers to this one
    ):
        return False
    return True


def _act(row: asyncpg.Record) -> ErasureAct:
    subject, at, act, caller, reason = row
    return ErasureAct(subject=subject, at=at, act=act, caller=caller, reason=reason)


__all__ = [
    "Named", "acts", "add", "alone", "forget", "last_act", "listed", "of", "record", "sweep_keys",
    "sweep_people",
]  # fmt: skip
