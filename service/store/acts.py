"""SQL of administrative acts: written down in the transaction of what is done, read, never changed.

Whoever does something of `domain.acts` calls `note` on the connection that does it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

import asyncpg
from msgspec import Struct

from service.domain.acts import Act
from service.domain.admission import Admitted
from service.domain.roles import ALL, Organisations
from service.store.appending import Connection

NOTE: Final = """
-- $1 at, $2 by, $3 act, $4 object, $5 detail, $6 organisations. One act, and whom it concerns.
WITH noted AS (
    INSERT INTO acts (at, by, act, object, detail, organisations) VALUES ($1, $2, $3, $4, $5, $6)
    RETURNING number
)
INSERT INTO act_concerns (organisation, number)
SELECT code, number FROM noted CROSS JOIN unnest($6::text[]) AS code
"""

PAGE: Final = """
-- $1 number before which, $2 how many; the newest first. Index: acts_pkey.
SELECT number, act, at, by, object, organisations, detail FROM acts
WHERE number < $1 ORDER BY number DESC LIMIT $2
"""

PAGE_OF: Final = """
-- $1 number before which, $2 how many, $3 organisation: what concerns it, or everybody; the newest
-- first. Of each no more is looked at than fills the page. Indexes: act_concerns_pkey, acts_pkey.
SELECT act.number, act.act, act.at, act.by, act.object, act.organisations, act.detail
FROM (
    SELECT near.number FROM unnest(ARRAY[$3, 'all']) AS code CROSS JOIN LATERAL (
        SELECT number FROM act_concerns
        WHERE organisation = code AND number < $1 ORDER BY number DESC LIMIT $2
    ) AS near
    ORDER BY near.number DESC LIMIT $2
) AS found
CROSS JOIN LATERAL (
    SELECT number, act, at, by, object, organisations, detail FROM acts
    WHERE acts.number = found.number
    OFFSET 0  -- as in appending.SEEN
) AS act
ORDER BY act.number DESC
"""


class Noted(Struct, frozen=True):
    """An act as it was written down. number: the order in which acts were."""

    number: int
    act: Act


async def note(connection: Connection, act: Act) -> None:
    """Write an act down, in the transaction of the connection."""
    every = act.organisations
    codes = [ALL] if every == ALL else sorted(every)
    await connection.execute(NOTE, act.at, act.by, act.name, act.object, act.detail, codes)


async def settled(connection: Connection, admitted: Sequence[Admitted], now: dt.datetime) -> None:
    """Write down the disputes that a group of events settles, however they came."""
    for one in admitted:
        if one.type == "DisputeSettled":
            by, key = one.stamp.recorded_by, str(one.about or one.event.id)
            concerns = one.named | {one.event.organisation}
            await note(connection, Act("dispute_settled", now, by, key, concerns))


async def page(connection: Connection, before: int, limit: int) -> list[Noted]:
    """Return at most `limit` acts before a number, the newest first."""
    return _noted(await connection.fetch(PAGE, before, limit))


async def page_of(
    connection: Connection, organisation: str, before: int, limit: int
) -> list[Noted]:
    """Return the same of the acts that concern an organisation, or everybody."""
    return _noted(await connection.fetch(PAGE_OF, before, limit, organisation))


def _noted(rows: Iterable[asyncpg.Record]) -> list[Noted]:
    found = []
    for number, name, at, by, key, codes, detail in rows:
        concerns: Organisations = ALL if ALL in codes else frozenset(codes)
        found.append(Noted(number, Act(name, at, by, key, concerns, detail)))
    return found


__all__ = ["Noted", "note", "page", "page_of", "settled"]
