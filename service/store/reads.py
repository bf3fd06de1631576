"""SQL of reads: counted by the hour, asked for by the organisation, dropped when they are old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct

from service.domain.reads import Kind
from service.store.appending import Connection

ADD: Final = """
-- One row an element of the arrays: $1 organisations, $2 hours, $3 callers, $4 kinds, $5 roles,
-- $6 how many hours, $7 how often. In order, so that of two processes none waits for the other in a
-- circle. Index: reads_pkey.
INSERT INTO reads AS old (organisation, hour, caller, kind, roles, hours, times)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[],
                     $6::smallint[], $7::bigint[])
ON CONFLICT (organisation, hour, caller, kind, roles, hours) DO UPDATE
SET times = old.times + excluded.times
"""

PAGE: Final = """
-- $1 organisation, $2 from which instant on, $3 to $7 the row behind which to go on, $8 how many;
-- the newest first. Index: reads_pkey.
SELECT organisation, hour, caller, kind, roles, hours, times FROM reads
WHERE organisation = $1 AND hour >= $2
  AND (hour, caller, kind, roles, hours) < ($3, $4, $5, $6, $7::smallint)
ORDER BY hour DESC, caller DESC, kind DESC, roles DESC, hours DESC LIMIT $8
"""

FORGET: Final = """
-- $1 instant. What was read in an hour that began before it. Indexes: reads_hour, or reads_pkey
-- where organisations are few.
DELETE FROM reads WHERE hour < $1
"""


Stored = Annotated[str, Meta(pattern=r"^[^\x00]*$")]
"""Text that the database can be asked about."""


class Read(Struct, frozen=True, order=True):
    """How often a caller read a kind of an organisation's data within an hour.

    roles: by which the caller could. hours: 1, and 24 where a whole day (UTC) was merged.
    """

    organisation: str
    hour: dt.datetime
    caller: str
    kind: Kind
    roles: str
    hours: int
    times: int


class Place(Struct, frozen=True, array_like=True):
    """Where a list goes on: behind this row; behind none of an instant by its other defaults."""

    hour: Annotated[dt.datetime, Meta(tz=True)]
    caller: Stored = ""
    kind: Stored = ""
    roles: Stored = ""
    hours: Annotated[int, Meta(ge=0, le=24)] = 0


async def add(connection: Connection, found: Sequence[Read]) -> None:
    """Count reads."""
    ordered = sorted(found)
    columns = [[getattr(one, name) for one in ordered] for name in Read.__struct_fields__]
    await connection.execute(ADD, *columns)


async def page(
    connection: Connection, organisation: str, since: dt.datetime, place: Place, limit: int
) -> list[Read]:
    """Return at most `limit` rows of who read an organisation, the newest first."""
    given = (place.hour, place.caller, place.kind, place.roles, place.hours)
    return [Read(*row) for row in await connection.fetch(PAGE, organisation, since, *given, limit)]


async def forget(connection: Connection, before: dt.datetime) -> None:
    """Remove what was read in hours that began before an instant."""
    await connection.execute(FORGET, before)


__all__ = ["Place", "Read", "add", "forget", "page"]
