"""A system's picture on a date: its members by their own histories, and counts of their levels.

Lists are alphabetical, never by level; totals count hosts, partners are shown (DOMAIN.md §5).
A system of systems (a cluster, a region) has the trusts hosted by its members.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from service.domain import dates
from service.domain.model import Model, first_model
from service.projections import membership, register
from service.projections.board import Board
from service.projections.connection import Connection
from service.projections.context import Context, UnreadableAt, context, unknown_events
from service.projections.dimensions import BOARD, CONNECTION, FUNDING, STRATEGY, SUPPORT, levels
from service.projections.funding import Funding
from service.projections.history import History
from service.projections.levels import Answer
from service.projections.measure import Evidence, Moment
from service.projections.membership import Membership, SystemSpan
from service.projections.register import Registration
from service.projections.strategy import Strategy
from service.projections.support import Supports
from service.projections.trust_picture import (
    last_position,
    section,
    unreadable_by_dimension,
)

_MOVES_WITHIN: Final = 12
UNKNOWN: Final = "unknown"


class Member(Struct, frozen=True, gc=False):
    """A trust in the system. via: the member system that hosts it, of a system of systems."""

    code: str
    name: str | None
    trust_type: str | None
    role: membership.Role
    via: str | None
    since: Moment
    levels: dict[str, Answer]
    unreadable: dict[str, tuple[int, ...]]
    events: Evidence


class Move(Struct, frozen=True, gc=False):
    """A member that came or went in the last twelve months."""

    code: str
    what: Literal["came", "went"]
    role: membership.Role
    on: Moment
    reason: str | None
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
    boards_ahead_of_funding: tuple[str, ...]
    moves: tuple[Move, ...]
    strategy: Strategy | UnreadableAt
    connection: Connection | UnreadableAt
    funding: Funding | UnreadableAt
    board: Board | UnreadableAt
    support: Supports | UnreadableAt
    unknown_events: int
    last_position: int


class _Scene(Struct, frozen=True, gc=False):
    """What a system's picture is computed from."""

    code: str
    histories: Mapping[str, History]
    on: dt.date
    model: Model
    systems: Mapping[str, SystemSpan]
    memberships: Mapping[str, tuple[Membership, ...]]


def picture(
    code: str, histories: Mapping[str, History], on: dt.date, model: Model | None = None
) -> SystemPicture:
    """Return a system's picture on a date; histories hold all that `closure.missing` names."""
    scene = _scene(code, histories, on, model or first_model())
    given = context(code, histories, on)
    registered = register.registration(code, given.history, on)
    members = _members(scene)
    hosts = tuple(member for member in members if member.role == "host")
    return SystemPicture(
        code=code,
        on=on,
        note=register.note(registered),
        registration=registered,
        systems=tuple(_live(scene, code, "member")),
        member_of=tuple(item for item in scene.memberships.get(code, ()) if item.live(on)),
        hosts=hosts,
        partners=tuple(member for member in members if member.role == "partner"),
        counts=_counts(hosts),
        boards_ahead_of_funding=_ahead_of_funding(hosts),
        moves=_moves(scene),
        strategy=section(STRATEGY, given),
        connection=section(CONNECTION, given),
        funding=section(FUNDING, given),
        board=section(BOARD, given),
        support=section(SUPPORT, given),
        unknown_events=unknown_events(given),
        last_position=_last(scene, members, given),
    )


def _scene(code: str, histories: Mapping[str, History], on: dt.date, model: Model) -> _Scene:
    systems = membership.spans(histories)
    found = {
        name: membership.memberships(name, history, systems) for name, history in histories.items()
    }
    return _Scene(code, histories, on, model, systems, found)


def _all_of(scene: _Scene, system: str) -> Iterator[Membership]:
    """Yield every membership in a system, in order of members."""
    for name in sorted(scene.memberships):
        yield from (item for item in scene.memberships[name] if item.system == system)


def _live(scene: _Scene, system: str, *roles: str) -> Iterator[Membership]:
    return (m for m in _all_of(scene, system) if m.role in roles and m.live(scene.on))


def _members(scene: _Scene) -> tuple[Member, ...]:
    """Return direct members and those hosted by member systems, each once, hosts first."""
    found: dict[str, tuple[Membership, str | None]] = {}
    for item, via in sorted(_reached(scene, scene.code, frozenset()), key=_hosts_first):
        found.setdefault(item.member, (item, via))
    return tuple(_member(scene, *found[name]) for name in sorted(found))


def _reached(
    scene: _Scene, system: str, seen: frozenset[str]
) -> Iterator[tuple[Membership, str | None]]:
    via = system if seen else None
    roles = ("host",) if seen else ("host", "partner")
    yield from ((item, via) for item in _live(scene, system, *roles))
    for inner in _live(scene, system, "member"):
        if inner.member not in seen | {system}:
            yield from _reached(scene, inner.member, seen | {system})


def _hosts_first(item: tuple[Membership, str | None]) -> tuple[bool, str]:
    return (item[0].role != "host", item[0].member)


def _member(scene: _Scene, item: Membership, via: str | None) -> Member:
    given = context(item.member, scene.histories, scene.on)
    registered = register.registration(item.member, given.history, scene.on)
    return Member(
        code=item.member,
        name=registered.name,
        trust_type=registered.kind,
        role=item.role,
        via=via,
        since=item.start,
        levels=levels(given, scene.model),
        unreadable=unreadable_by_dimension(given),
        events=item.events,
    )


def _counts(hosts: Sequence[Member]) -> dict[str, LevelCounts]:
    names = sorted({name for member in hosts for name in member.levels})
    return {name: _count([member.levels[name] for member in hosts]) for name in names}


def _ahead_of_funding(hosts: Iterable[Member]) -> tuple[str, ...]:
    return tuple(member.code for member in hosts if _is_ahead(member.levels))


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


def _moves(scene: _Scene) -> tuple[Move, ...]:
    """Return who came and went in the last twelve months, by day and code."""
    after = dates.add_months(scene.on, -_MOVES_WITHIN)
    found = [move for item in _all_of(scene, scene.code) for move in _moves_of(item)]
    inside = [move for move in found if after < move.on.date <= scene.on]
    return tuple(sorted(inside, key=lambda move: (move.on.date, move.code, move.what)))


def _moves_of(item: Membership) -> Iterator[Move]:
    yield Move(item.member, "came", item.role, item.start, None, item.events)
    if item.end is not None:
        yield Move(item.member, "went", item.role, item.end, item.end_reason, item.events)


def _last(scene: _Scene, members: Iterable[Member], given: Context) -> int:
    parts = [context(member.code, scene.histories, scene.on) for member in members]
    return max(last_position(part) for part in [given, *parts])


__all__ = ["LevelCounts", "Member", "Move", "SystemPicture", "picture"]
