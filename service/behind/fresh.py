"""An organisation's current row, made fresh from histories: the same whoever makes it, and when.

A trust's row holds its picture as the API answers it. A system's holds what is its own – register,
who belongs to it since when, moves, strategy, funding, support – and its members' codes, without
their levels: a trust's event would otherwise make anew the row of every system that it belongs to,
each over all of its trusts, some 25 pictures an event. What is counted over members is a join in
SQL (`current_levels` by `host`), or the system's picture over the API.

So a row rests on few whole histories: its own, those of trusts absorbed, and those of who gives it
money, which alone say what becomes of that. Of all others that it names it reads only the part that
places them (what they are, where they belong), and is made anew only when that part grew.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

import asyncpg
import msgspec
from msgspec import Struct, structs

from service.behind.entries import entry
from service.behind.histories import Histories
from service.behind.registers import Registers
from service.domain.model import Model, first_model
from service.domain.register import BY_NAME
from service.projections import closure, system_picture, trust_picture
from service.projections.blocks import ABOUT
from service.projections.history import Block, History, block, history
from service.projections.organisations import Summary, summary
from service.projections.register import kind_of
from service.projections.reuse import Reuse
from service.projections.system_picture import SystemPicture
from service.projections.trust_picture import TrustPicture
from service.store import current, failures, reading
from service.store.appending import Connection
from service.store.current import Row

_LEDGERS: Final = frozenset({"register", "membership"})
PLACE: Final = frozenset(name for name, kind in BY_NAME.items() if kind.fold.ledger in _LEDGERS)
"""Types that say what organisations are and where they belong."""
PLACING: Final = tuple(sorted(PLACE | ABOUT))
"""Types by which that part of a history may grow: those, and what is said about events."""
DATABASE: Final = (
    OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError,
)  # fmt: skip
"""Faults of the database, which are nobody's picture's."""
SLICE: Final = 250
"""Events that are decoded before others get their turn."""
_ENCODER: Final = msgspec.json.Encoder()


class Gathered(Struct, frozen=True):
    """The histories of a row; whole: whose count in full – its own, its parts', its funders'."""

    histories: dict[str, History]
    whole: frozenset[str]

    @property
    def placed(self) -> tuple[str, ...]:
        """Return of whom only the part that places them is read."""
        return tuple(sorted(set(self.histories) - self.whole))


class Source(Protocol):
    """Where histories come from: whole, or the parts that say what and where somebody is."""

    @property
    def reuse(self) -> Reuse | None:
        """Return what dimensions made before, where that may be used again."""
        ...

    async def load(self, organisation: str, up_to: int) -> History:
        """Return a history as known at a position."""
        ...

    async def place(self, organisation: str, up_to: int) -> History:
        """Return `placing` of that history."""
        ...

    async def around(self, organisations: Iterable[str], up_to: int) -> Mapping[str, History]:
        """Return of others at least where they belong."""
        ...


class AtHand(Struct, frozen=True):
    """Histories from packs, the tail of the log, and what is kept decoded."""

    histories: Histories
    registers: Registers
    reuse: Reuse | None = None

    async def load(self, organisation: str, up_to: int) -> History:
        """Return a history as known at a position."""
        return await self.histories.load(organisation, up_to)

    async def place(self, organisation: str, up_to: int) -> History:
        """Return the part of it that places the organisation."""
        return placing(await self.histories.load(organisation, up_to))

    async def around(self, organisations: Iterable[str], up_to: int) -> Mapping[str, History]:
        """Return where others belong."""
        return await self.registers.load(organisations, up_to)


class FromLog(Struct, frozen=True):
    """Histories from the log alone, for comparing; others get their turn between two slices."""

    connection: Connection
    reuse: Reuse | None = None

    async def load(self, organisation: str, up_to: int) -> History:
        """Return a history as known at a position."""
        return await _sliced(await reading.history(self.connection, organisation, 0, up_to))

    async def place(self, organisation: str, up_to: int) -> History:
        """Return the part of it that places the organisation."""
        rows = await current.placing(self.connection, organisation, up_to, PLACING)
        return placing(await _sliced(rows))

    async def around(self, organisations: Iterable[str], up_to: int) -> Mapping[str, History]:
        """Return what others are and where they belong."""
        return {code: await self.place(code, up_to) for code in sorted(organisations)}


async def _sliced(rows: Sequence[reading.Stored]) -> History:
    blocks: list[Block] = []
    for at in range(0, len(rows), SLICE):
        blocks.append(block([entry(row) for row in rows[at : at + SLICE]]))
        await asyncio.sleep(0)
    return history(blocks)


async def row(source: Source, code: str, up_to: int, on: dt.date) -> Row:
    """Return an organisation's row on a day, as known at a position.

    A picture that cannot be made is a value: the row says so in `fault`. Raises what the database
    raises.
    """
    try:
        return made(code, await gather(source, code, up_to), up_to, on, source.reuse)
    except DATABASE:
        raise
    except Exception as error:  # noqa: BLE001 - one organisation's fault must not stop the others
        return parked(code, up_to, on, error)


async def gather(source: Source, code: str, up_to: int) -> Gathered:
    """Load what a row is made of, each history read to the same position."""
    found = {code: await source.load(code, up_to)}
    whole = {code}
    places = {code: placing(found[code])}  # all that tells who else is needed, and short
    trust = kind_of(code, places[code]) != "system"
    while wanted := closure.missing(code, places):
        for one in sorted(wanted):
            found[one] = places[one] = await source.place(one, up_to)
            if trust and kind_of(one, places[one]) == "trust":
                found[one] = await source.load(one, up_to)
                whole.add(one)
    for one in sorted(closure.funders(code, found) - whole):
        found[one] = await source.load(one, up_to)
        whole.add(one)
    while others := closure.neighbours(code, found):
        found |= await source.around(others, up_to)
    return Gathered(found, frozenset(whole))


def placing(whole: History) -> History:
    """Return the part of a history that says what the organisation is and where it belongs."""
    kept = {kind: group for kind, group in whole.by_type.items() if kind in PLACE}
    last = max((group[-1].position for group in kept.values()), default=0)
    return History(kept, (), last)


def made(code: str, gathered: Gathered, up_to: int, on: dt.date, reuse: Reuse | None = None) -> Row:
    """Return a row from its histories."""
    found = summary(code, placing(gathered.histories[code]), on)
    picture = _picture(found, gathered, on, reuse)
    return Row(
        organisation=code,
        on_date=on,
        position=up_to,
        last_position=picture.last_position if picture else gathered.histories[code].last_position,
        kind=found.organisation_kind,
        name=found.name,
        trust_type=found.trust_type,
        system_kind=found.kind,
        host=picture.host if isinstance(picture, TrustPicture) else None,
        status=found.status,
        rests_on=tuple(sorted(gathered.whole)),
        placed_by=gathered.placed,
        summary=_ENCODER.encode(found).decode(),
        picture=_ENCODER.encode(picture).decode() if picture else None,
    )


def _picture(
    found: Summary, gathered: Gathered, on: dt.date, reuse: Reuse | None
) -> TrustPicture | SystemPicture | None:
    if found.organisation_kind == "trust":
        return trust_picture.picture(found.code, gathered.histories, on, first_model(), reuse)
    if found.organisation_kind == "system":
        return system_picture.picture(found.code, gathered.histories, on, _without_levels())
    return None


def _without_levels() -> Model:
    """Return a model that gives nobody a level: what is left is the system's own."""
    return structs.replace(first_model(), dimensions=())


def parked(code: str, up_to: int, on: dt.date, error: Exception) -> Row:
    """Return the row of an organisation whose picture cannot be made."""
    return Row(
        organisation=code,
        on_date=on,
        position=up_to,
        last_position=0,
        kind="parked",
        name=None,
        trust_type=None,
        system_kind=None,
        host=None,
        status="parked",
        rests_on=(code,),
        placed_by=(),
        summary="null",
        picture=None,
        fault=failures.named(error),
    )


__all__ = [
    "PLACING",
    "AtHand",
    "FromLog",
    "Gathered",
    "Source",
    "gather",
    "made",
    "parked",
    "placing",
    "row",
]
