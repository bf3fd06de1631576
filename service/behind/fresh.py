"""An organisation's current row, made fresh from histories: the same whoever makes it, and when.

A trust's row holds its picture as the API answers it. A system's holds what is its own – register,
who belongs to it since when, moves, strategy, funding, support – and its members' codes, without
their levels: a trust's event would otherwise make anew the row of every system that it belongs to,
each over all of its trusts, some 25 pictures an event. What is counted over members is a join in
SQL (`current_levels` by `host`), or the system's picture over the API.

So a row rests on few whole histories: its own, and those of trusts absorbed. Of all others that it
names it reads only the part that places them (what they are, where they belong), and is made anew
only when that part grew.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from msgspec import Struct, structs

from service.behind.histories import Histories
from service.domain.model import Model, first_model
from service.domain.register import BY_NAME
from service.projections import closure, system_picture, trust_picture
from service.projections.history import ABOUT, History
from service.projections.organisations import Summary, summary
from service.projections.register import kind_of
from service.projections.system_picture import SystemPicture
from service.projections.trust_picture import TrustPicture
from service.store.current import Row

_LEDGERS: Final = frozenset({"register", "membership"})
PLACE: Final = frozenset(name for name, kind in BY_NAME.items() if kind.fold.ledger in _LEDGERS)
"""Types that say what organisations are and where they belong."""
PLACING: Final = tuple(sorted(PLACE | ABOUT))
"""Types by which that part of a history may grow: those, and what is said about events."""
_ENCODER: Final = msgspec.json.Encoder()


class Gathered(Struct, frozen=True):
    """The histories of a row; whole: whose count in full, but for its own."""

    histories: dict[str, History]
    whole: frozenset[str]

    @property
    def placed(self) -> tuple[str, ...]:
        """Return of whom only the part that places them is read."""
        return tuple(sorted(set(self.histories) - self.whole))


async def row(histories: Histories, code: str, up_to: int, on: dt.date) -> Row:
    """Return an organisation's row on a day, as known at a position.

    A picture that cannot be made is a value: the row says so in `fault`.
    """
    gathered = await gather(histories, code, up_to)
    try:
        return made(code, gathered, up_to, on)
    except Exception as error:  # noqa: BLE001 - one organisation's fault must not stop the others
        return parked(code, up_to, on, error)


async def gather(histories: Histories, code: str, up_to: int) -> Gathered:
    """Load what a row is made of, each history read to the same position."""
    found = {code: await histories.load(code, up_to)}
    whole = {code}
    trust = kind_of(code, found[code].facts) != "system"
    while wanted := closure.missing(code, found):
        for one in sorted(wanted):
            history = await histories.load(one, up_to)
            if trust and kind_of(one, history.facts) == "trust":
                whole.add(one)
                found[one] = history
            else:
                found[one] = placing(history)
    return Gathered(found, frozenset(whole))


def placing(history: History) -> History:
    """Return the part of a history that says what the organisation is and where it belongs."""
    kept = {kind: group for kind, group in history.by_type.items() if kind in PLACE}
    last = max((group[-1].position for group in kept.values()), default=0)
    return History(kept, (), last)


def made(code: str, gathered: Gathered, up_to: int, on: dt.date) -> Row:
    """Return a row from its histories."""
    found = summary(code, gathered.histories[code], on)
    picture = _picture(found, gathered, on)
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
    found: Summary, gathered: Gathered, on: dt.date
) -> TrustPicture | SystemPicture | None:
    if found.organisation_kind == "trust":
        return trust_picture.picture(found.code, gathered.histories, on, first_model())
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
        fault=f"{type(error).__name__}: {error}"[:500],
    )


__all__ = ["PLACING", "Gathered", "gather", "made", "parked", "placing", "row"]
