"""A system's picture on a date: its trusts side by side, by their own histories.

Lists are alphabetical, never by level; totals count hosts, partners are shown (DOMAIN.md §5). The
picture is assembled from what each trust gives (`contribution`), its seat in the system, and the
system's own history; a lead's questions 2 to 9 (DOMAIN.md §4) are answered from it by counting.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from msgspec import Struct

from service.domain.model import Model, first_model
from service.projections import (
    membership,
    register,
    system_ends,
    system_exchange,
    system_help,
    system_members,
    system_people,
    system_values,
)  # fmt: skip
from service.projections.board import Board
from service.projections.connection import Connection
from service.projections.context import Context, UnreadableAt, context, unknown_events
from service.projections.contribution import Contribution, Seated, contribution
from service.projections.dimensions import BOARD, CONNECTION, FUNDING, STRATEGY, SUPPORT
from service.projections.funding import Funding
from service.projections.history import History
from service.projections.holes import Holes
from service.projections.lanes import Lane
from service.projections.levels import Answer
from service.projections.measure import Evidence, Moment
from service.projections.membership import Membership
from service.projections.register import Registration
from service.projections.reliance import Reliance
from service.projections.reuse import Reuse
from service.projections.strategy import Strategy
from service.projections.support import Supports
from service.projections.system_ends import SystemQuarter
from service.projections.system_exchange import Exchanges
from service.projections.system_help import SystemHelp
from service.projections.system_members import Move, Scene, scene, seats
from service.projections.system_people import MovesOfPeople
from service.projections.system_values import DimensionValues
from service.projections.trust_picture import last_position, section

UNKNOWN: Final = "unknown"
T = TypeVar("T")


class Member(Struct, frozen=True, gc=False):
    """A trust in the system. via: the member system that hosts it, of a system of systems."""

    code: str
    name: str | None
    trust_type: str | None
    role: membership.Role
    via: str | None
    since: Moment
    levels: dict[str, Answer]
    reliance: Reliance
    lane: Lane
    holes: Holes
    unreadable: dict[str, tuple[int, ...]]
    events: Evidence


class LevelCounts(Struct, frozen=True, gc=False):
    """How many hosted trusts are at each settled level; unsettled ones are counted apart."""

    levels: dict[str, int]
    unsettled: int
    hosts: int


class SystemPicture(Struct, frozen=True, gc=False):
    """What is known of a system on a date.

    boards_ahead_of_funding: hosted trusts whose board is at level 2 or above while their funding
    is at level 1 or below, or unknown (MODEL.md §1): a plain list, by code.
    values: by dimension, each measure over the trusts. ends: in the next 12 months, by quarter.
    """

    code: str
    on: dt.date
    note: str | None
    registration: Registration
    systems: tuple[Membership, ...]
    member_of: tuple[Membership, ...]
    hosts: tuple[Member, ...]
    partners: tuple[Member, ...]
    counts: dict[str, LevelCounts]
    values: dict[str, DimensionValues]
    boards_ahead_of_funding: tuple[str, ...]
    ends: tuple[SystemQuarter, ...]
    moves: tuple[Move, ...]
    exchanges: Exchanges
    help: SystemHelp
    people: MovesOfPeople
    strategy: Strategy | UnreadableAt
    connection: Connection | UnreadableAt
    funding: Funding | UnreadableAt
    board: Board | UnreadableAt
    support: Supports | UnreadableAt
    unknown_events: int
    last_position: int


def picture(
    code: str, histories: Mapping[str, History], on: dt.date, model: Model | None = None
) -> SystemPicture:
    """Return a system's picture on a date; histories hold all that `closure.missing` names."""
    given, rules = scene(code, histories, on), model or first_model()
    trusts = {
        seat.code: contribution(context(seat.code, histories, on), rules) for seat in seats(given)
    }
    return assemble(given, trusts)


def assemble(
    given: Scene, trusts: Mapping[str, Contribution], reuse: Reuse | None = None
) -> SystemPicture:
    """Return a system's picture from what each of its trusts gives, kept or made anew.

    trusts: of every seat in `system_members.seats`, by code. reuse: where the same system is asked
    for again and again as its trusts grow.
    """
    members = [Seated(seat, trusts[seat.code]) for seat in seats(given)]
    hosts = [one for one in members if one.role == "host"]
    partners = [one for one in members if one.role == "partner"]
    own = context(given.code, given.histories, given.on, reuse)
    registered = register.registration(given.code, own.history, given.on)
    return SystemPicture(
        code=given.code,
        on=given.on,
        note=register.note(registered),
        registration=registered,
        systems=system_members.systems(given),
        member_of=system_members.member_of(given),
        hosts=tuple(_member(one) for one in hosts),
        partners=tuple(_member(one) for one in partners),
        counts=_counts(hosts),
        values=system_values.values(
            [one.trust for one in hosts], [one.trust for one in partners], reuse
        ),
        boards_ahead_of_funding=_ahead_of_funding(hosts),
        ends=_made_of(members, given.on, reuse, _ENDS),
        moves=system_members.moves(given),
        exchanges=_made_of(members, given.on, reuse, _EXCHANGES),
        help=_made_of(members, given.on, reuse, _HELP),
        people=system_people.people(members, given.on),
        strategy=section(STRATEGY, own),
        connection=section(CONNECTION, own),
        funding=section(FUNDING, own),
        board=section(BOARD, own),
        support=section(SUPPORT, own),
        unknown_events=unknown_events(own),
        last_position=_last(own, members),
    )


class _Part(Struct, Generic[T], frozen=True):
    """A part of the picture. make: of members on a date; read: what it reads of each trust."""

    name: str
    make: Callable[[Sequence[Seated], dt.date], T]
    read: Callable[[Contribution], tuple[object, ...]]


_ENDS: Final = _Part("ends", system_ends.ends, lambda trust: (trust.ends,))
_EXCHANGES: Final = _Part("exchanges", system_exchange.exchanges, lambda trust: (trust.exchanges,))
_HELP: Final = _Part(
    "help", lambda members, _: system_help.given_help(members), system_help.read_of
)


def _made_of(members: Sequence[Seated], on: dt.date, reuse: Reuse | None, part: _Part[T]) -> T:
    """Return a part, made before if what it reads of each trust is the same."""
    make = functools.partial(part.make, members, on)
    if reuse is None:
        return make()
    key = (part.name, on, tuple((one.code, one.role) for one in members))
    return reuse.get(key, tuple(item for one in members for item in part.read(one.trust)), make)


def _member(one: Seated) -> Member:
    item, trust = one.seat.membership, one.trust
    return Member(
        code=trust.code,
        name=trust.name,
        trust_type=trust.trust_type,
        role=item.role,
        via=one.seat.via,
        since=item.start,
        levels=trust.levels,
        reliance=trust.reliance,
        lane=trust.lane,
        holes=trust.holes,
        unreadable=trust.unreadable,
        events=item.events,
    )


def _counts(hosts: Sequence[Seated]) -> dict[str, LevelCounts]:
    names = sorted({name for one in hosts for name in one.trust.levels})
    return {name: _count([one.trust.levels[name] for one in hosts]) for name in names}


def _ahead_of_funding(hosts: Iterable[Seated]) -> tuple[str, ...]:
    return tuple(one.code for one in hosts if _is_ahead(one.trust.levels))


def _is_ahead(answers: Mapping[str, Answer]) -> bool:
    told = {name: answer.level for name, answer in answers.items()}
    return (told.get("board") or 0) >= 2 and (told.get("funding") or 0) <= 1


def _count(answers: Sequence[Answer]) -> LevelCounts:
    counts = dict.fromkeys(["0", "1", "2", "3", "4", UNKNOWN], 0)
    for answer in answers:
        if answer.level is None:
            counts[UNKNOWN] += 1
        elif answer.settled:
            counts[str(answer.level)] += 1
    return LevelCounts(counts, len(answers) - sum(counts.values()), len(answers))


def _last(own: Context, members: Iterable[Seated]) -> int:
    return max([last_position(own), *(one.trust.last_position for one in members)])


__all__ = ["LevelCounts", "Member", "Move", "SystemPicture", "assemble", "picture"]
