"""What one trust gives to the picture of any system that it is in: made once, in whatever system.

It is a function of the trust's context (its history, those of absorbed trusts, the register part of
those that it is connected with, the date) and of the model. Between two requests it holds for as
long as none of these histories has grown: a caller may keep it under their last positions, the date
and the model, and hand it to `system_picture.assemble`. Its seat in a system is no part of it.
"""

from __future__ import annotations

import functools
from typing import Final, TypeVar

import msgspec
from msgspec import Struct, structs

from service.domain.model import Model
from service.projections import register
from service.projections.context import Context, UnreadableAt
from service.projections.dimensions import CONNECTION, levels, reused
from service.projections.holes import Holes, holes
from service.projections.lanes import Lane, lane
from service.projections.levels import Answer
from service.projections.member_ends import QuarterEnds, ends
from service.projections.member_exchange import LastExchange, exchanged
from service.projections.member_help import Help, given_help
from service.projections.member_measures import Measures, measures
from service.projections.member_people import People, people
from service.projections.member_sections import sections
from service.projections.membership import Role
from service.projections.reliance import Reliance, reliance
from service.projections.size import headcount
from service.projections.system_members import Seat
from service.projections.trust_picture import last_position, unreadable_by_dimension

T = TypeVar("T")
_ENCODER: Final = msgspec.msgpack.Encoder()


class Contribution(Struct, frozen=True, gc=False):
    """One trust on a date, as the pictures of its systems need it.

    bodies: the trust and those that it absorbed. exchanges: by the other's code or name; None
    where connection cannot be read.
    """

    code: str
    name: str | None
    trust_type: str | None
    bodies: frozenset[str]
    levels: dict[str, Answer]
    unreadable: dict[str, tuple[int, ...]]
    measures: Measures
    ends: tuple[QuarterEnds, ...]
    exchanges: dict[str, LastExchange] | None
    help: Help
    people: People
    lane: Lane
    holes: Holes
    reliance: Reliance
    last_position: int


class Seated(Struct, frozen=True, gc=False):
    """A trust's contribution in its seat in one system."""

    seat: Seat
    trust: Contribution

    @property
    def code(self) -> str:
        """Return the trust's code."""
        return self.trust.code

    @property
    def role(self) -> Role:
        """Return what it is in the system: totals count hosts."""
        return self.seat.role


def contribution(given: Context, model: Model) -> Contribution:
    """Return what a trust gives to the pictures of its systems."""
    registered = register.registration(given.code, given.history, given.on)
    said, found = sections(given), levels(given, model)
    return Contribution(
        code=given.code,
        name=registered.name,
        trust_type=registered.kind,
        bodies=given.bodies,
        levels=found,
        unreadable=unreadable_by_dimension(given),
        measures=measures(given, said),
        ends=ends(given, said),
        exchanges=_exchanges(given) if _readable(said.connection) else None,
        help=given_help(given, said, headcount(given)[0]),
        people=people(given) if _readable(said.leadership) else People((), (), ()),
        lane=lane(given, said),
        holes=holes(said),
        reliance=reliance(given, found),
        last_position=last_position(given),
    )


def settled(made: Contribution, before: Contribution) -> Contribution:
    """Return a contribution whose parts that say the same as an earlier one's are the same objects.

    What a system's picture makes of them is then used again (`projections.reuse`).
    """
    kept = {
        name: _same(getattr(made, name), getattr(before, name)) for name in made.__struct_fields__
    }
    measures = {
        name: _same(found, before.measures.get(name)) for name, found in made.measures.items()
    }
    levels = {name: _same(found, before.levels.get(name)) for name, found in made.levels.items()}
    return structs.replace(made, **{**kept, "measures": measures, "levels": levels})


def _same(made: T, before: T | None) -> T:
    """Return the earlier one if it is written alike: 1 and 1.0 are equal, and are not the same."""
    if before is None or before is made:
        return made
    return before if _ENCODER.encode(before) == _ENCODER.encode(made) else made


def _exchanges(given: Context) -> dict[str, LastExchange]:
    return reused(given, CONNECTION, "exchanges", functools.partial(exchanged, given))


def _readable(section: object) -> bool:
    return not isinstance(section, UnreadableAt)


__all__ = ["Contribution", "Seated", "contribution", "settled"]
