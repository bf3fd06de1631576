"""SQL of drafts of returns: answers that several people give; the log is not touched."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final

import asyncpg
import msgspec
from msgspec import Meta, Raw, Struct

from service.store.appending import Connection

BEGIN: Final = """
-- $1 organisation, $2 financial year, $3 quarter. Waits for whoever begins or discards it now.
-- Index: return_drafts_pkey.
INSERT INTO return_drafts (organisation, financial_year, quarter, version, answers)
VALUES ($1, $2, $3, 0, '[]') ON CONFLICT DO NOTHING
"""

HELD: Final = """
-- $1 organisation, $2 financial year, $3 quarter. Index: return_drafts_pkey.
SELECT version, answers, signed_by, signed_caller, signed_at, made_version, made_by, made_at
FROM return_drafts WHERE organisation = $1 AND financial_year = $2 AND quarter = $3 AND version > 0
"""

LOCK: Final = """
-- $1 organisation, $2 financial year, $3 quarter. Of two who change it, one waits.
-- Index: return_drafts_pkey.
SELECT version, answers, signed_by, signed_caller, signed_at, made_version, made_by, made_at
FROM return_drafts WHERE organisation = $1 AND financial_year = $2 AND quarter = $3 FOR UPDATE
"""

SAVE: Final = """
-- $1 organisation, $2 financial year, $3 quarter, $4 version, $5 answers, $6 person, $7 caller,
-- $8 when it was signed off. Index: return_drafts_pkey.
UPDATE return_drafts
SET version = $4, answers = $5, signed_by = $6, signed_caller = $7, signed_at = $8
WHERE organisation = $1 AND financial_year = $2 AND quarter = $3
"""

MADE: Final = """
-- $1 organisation, $2 financial year, $3 quarter, $4 version, $5 caller, $6 now.
-- Index: return_drafts_pkey.
UPDATE return_drafts SET made_version = $4, made_by = $5, made_at = $6
WHERE organisation = $1 AND financial_year = $2 AND quarter = $3
"""

DISCARD: Final = """
-- $1 organisation, $2 financial year, $3 quarter. Index: return_drafts_pkey.
DELETE FROM return_drafts WHERE organisation = $1 AND financial_year = $2 AND quarter = $3
RETURNING version
"""


class Key(Struct, frozen=True):
    """Which draft: there is one of an organisation's return of a quarter."""

    organisation: str
    financial_year: str
    quarter: int


class KeptAnswer(Struct, frozen=True):
    """One question's answer in a draft.

    answer: as it was given. version: of the draft, from which it is. by: the caller. at: when.
    """

    question: str
    answer: Annotated[Raw, Meta(extra_json_schema={"type": "object"})]
    version: int
    by: str
    at: dt.datetime


class SignedOff(Struct, frozen=True):
    """Who signed a draft off as it is: the caller, and the person named, if one was."""

    by: str
    person: str | None
    at: dt.datetime


class MadeFrom(Struct, frozen=True):
    """From which version a return was made last, by which caller and when."""

    version: int
    by: str
    at: dt.datetime


class Draft(Struct, frozen=True):
    """A draft as it stands."""

    version: int
    answers: tuple[KeptAnswer, ...] = ()
    signed: SignedOff | None = None
    made: MadeFrom | None = None


_ANSWERS: Final = msgspec.json.Decoder(tuple[KeptAnswer, ...])


async def held(connection: Connection, key: Key) -> Draft | None:
    """Return a draft, if there is one."""
    row = await connection.fetchrow(HELD, *_members(key))
    return None if row is None else _draft(row)


async def locked(connection: Connection, key: Key) -> Draft:
    """Return a draft, begun if there is none, that nobody else changes until the transaction ends.

    One that was just begun has version 0.
    """
    await connection.execute(BEGIN, *_members(key))
    row = await connection.fetchrow(LOCK, *_members(key))
    assert row is not None  # noqa: S101 - it was begun a line above
    return _draft(row)


async def save(connection: Connection, key: Key, draft: Draft) -> None:
    """Put a draft in the place of the one that is locked."""
    signed = draft.signed
    who = (signed.person, signed.by, signed.at) if signed else (None, None, None)
    answers = msgspec.json.encode(draft.answers)
    await connection.execute(SAVE, *_members(key), draft.version, answers, *who)


async def made(connection: Connection, key: Key, done: MadeFrom) -> None:
    """Note that a return was made from a version of a draft."""
    await connection.execute(MADE, *_members(key), done.version, done.by, done.at)


async def discard(connection: Connection, key: Key) -> bool:
    """Throw a draft away; tell whether it was there."""
    return await connection.fetchval(DISCARD, *_members(key)) is not None


def _members(key: Key) -> tuple[str, str, int]:
    return key.organisation, key.financial_year, key.quarter


def _draft(row: asyncpg.Record) -> Draft:
    caller, made_by = row["signed_caller"], row["made_by"]
    return Draft(
        row["version"],
        _ANSWERS.decode(row["answers"]),
        SignedOff(caller, row["signed_by"], row["signed_at"]) if caller else None,
        MadeFrom(row["made_version"], made_by, row["made_at"]) if made_by else None,
    )


__all__ = [
    "Draft",
    "KeptAnswer",
    "Key",
    "MadeFrom",
    "SignedOff",
    "discard",
    "held",
    "locked",
    "made",
    "save",
]  # fmt: skip
