"""Packs in the database: sealed runs of histories, written once, read whole.

A pack is the same whoever makes it, so writing one that is there already changes nothing, and any
number of processes may seal at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from service.store.appending import Connection

EXACT: Final = "exact"
"""Packs with every count as it was recorded."""

PACKS: Final = """
-- $1 organisation, $2 disclosure, $3 fold, $4 up to. The packs that begin by then, in order, read
-- as reading.HISTORY is. Index: packs_pkey.
SELECT pack.* FROM set_config('capmap.organisation', $1, true) AS confined (code)
CROSS JOIN LATERAL (
    SELECT number, first_position, last_position, body FROM packs
    WHERE confined.code IS NOT NULL
      AND organisation = $1 AND disclosure = $2 AND fold = $3 AND first_position <= $4
    OFFSET 0  -- it is looked at after the scope is set, and not before
) AS pack
ORDER BY number
"""

SEALED: Final = """
-- $1 organisations, $2 disclosure, $3 fold. Where the last pack of each ends, and its number.
-- Index: packs_pkey.
SELECT organisation, newest.number, newest.last_position
FROM unnest($1::text[]) AS organisation
CROSS JOIN LATERAL (
    SELECT number, last_position FROM packs
    WHERE packs.organisation = organisation.organisation AND disclosure = $2 AND fold = $3
    ORDER BY number DESC LIMIT 1
) AS newest
"""

SEAL: Final = """
-- A row an element; of one that is there already only a body that differs is replaced, and its
-- number returned: a pack cannot change, so somebody changed it behind the service's back.
INSERT INTO packs AS old (organisation, disclosure, fold, number, first_position, last_position,
                          body)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[],
                     $7::bytea[])
ON CONFLICT (organisation, disclosure, fold, number) DO UPDATE
SET first_position = excluded.first_position, last_position = excluded.last_position,
    body = excluded.body
WHERE (old.first_position, old.last_position, old.body)
      IS DISTINCT FROM (excluded.first_position, excluded.last_position, excluded.body)
RETURNING organisation, number, (xmax <> 0) AS replaced
"""

RUN: Final = """
-- $1 organisation, $2 disclosure, $3 fold, $4 number. A pack, and where the one before it ends (0
-- for the first; NULL where it is missing). Index: packs_pkey.
SELECT pack.number, pack.first_position, pack.last_position, pack.body,
       CASE pack.number WHEN 0 THEN 0 ELSE before.last_position END AS after
FROM packs AS pack
LEFT JOIN packs AS before
    ON before.organisation = $1 AND before.disclosure = $2 AND before.fold = $3
   AND before.number = $4 - 1
WHERE pack.organisation = $1 AND pack.disclosure = $2 AND pack.fold = $3 AND pack.number = $4
"""

PRUNE: Final = """
-- $1 fold. Packs of every other fold version go. No index: it reads the table, seldom.
DELETE FROM packs WHERE fold <> $1
"""


class Pack(Struct, frozen=True, gc=False):
    """One pack: the run of a history from its first to its last position, as bytes."""

    organisation: str
    number: int
    first_position: int
    last_position: int
    body: bytes


class End(Struct, frozen=True, gc=False):
    """Where the packs of a history end."""

    number: int = -1
    last_position: int = 0


async def packs(connection: Connection, organisation: str, fold: str, up_to: int) -> list[Pack]:
    """Return the packs of a history that begin by a position, in order."""
    rows = await connection.fetch(PACKS, organisation, EXACT, fold, up_to)
    return [Pack(organisation, *row) for row in rows]


async def ends(connection: Connection, organisations: Sequence[str], fold: str) -> dict[str, End]:
    """Return where the packs of each history end; those without packs are left out."""
    rows = await connection.fetch(SEALED, list(organisations), EXACT, fold)
    return {row["organisation"]: End(row["number"], row["last_position"]) for row in rows}


class Run(Struct, frozen=True, gc=False):
    """A pack with where the one before it ends; None where that one is missing."""

    pack: Pack
    after: int | None


async def run(connection: Connection, organisation: str, number: int, fold: str) -> Run | None:
    """Return one pack of a history, with what it begins after."""
    row = await connection.fetchrow(RUN, organisation, EXACT, fold, number)
    if row is None:
        return None
    number, first, last, body, after = row
    return Run(Pack(organisation, number, first, last, body), after)


async def seal(connection: Connection, made: Sequence[Pack], fold: str) -> list[Pack]:
    """Write packs; return those that stood there with another content and were replaced."""
    rows = await connection.fetch(
        SEAL,
        [pack.organisation for pack in made],
        [EXACT] * len(made),
        [fold] * len(made),
        [pack.number for pack in made],
        [pack.first_position for pack in made],
        [pack.last_position for pack in made],
        [pack.body for pack in made],
    )
    replaced = {(row["organisation"], row["number"]) for row in rows if row["replaced"]}
    return [pack for pack in made if (pack.organisation, pack.number) in replaced]


async def prune(connection: Connection, fold: str) -> None:
    """Remove the packs of every other fold version."""
    await connection.execute(PRUNE, fold)


__all__ = ["EXACT", "End", "Pack", "Run", "ends", "packs", "prune", "run", "seal"]
