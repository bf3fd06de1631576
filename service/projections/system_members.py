"""Who is in a system on a date, in which role, through which member system; who came and went.

Totals count hosts, partners are shown (DOMAIN.md §5). A system of systems (a cluster, a region)
has the trusts hosted by its members.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final, Literal

from msgspec import Struct

from service.domain import dates
from service.projections import membership
from service.projections.history import History
from service.projections.measure import Evidence, Moment
from service.projections.membership import Membership, Role

_MOVES_WITHIN: Final = 12


class Scene(Struct, frozen=True, gc=False):
    """A system on a date among the histories at hand.

    memberships: all that each organisation ever had; inside: all of each system, by member.
    """

    code: str
    histories: Mapping[str, History]
    on: dt.date
    memberships: Mapping[str, tuple[Membership, ...]]
    inside: Mapping[str, tuple[Membership, ...]]


class Seat(Struct, frozen=True, gc=False):
    """A trust's place in the system. via: the member system that hosts it, of such a system."""

    membership: Membership
    via: str | None

    @property
    def code(self) -> str:
        """Return the trust's code."""
        return self.membership.member

    @property
    def role(self) -> Role:
        """Return what it is in the system: totals count hosts."""
        return self.membership.role


class Move(Struct, frozen=True, gc=False):
    """A member that came or went in the last twelve months.

    via: the member system that it came to or left, of a system of systems.
    """

    code: str
    via: str | None
    what: Literal["came", "went"]
    role: Role
    on: Moment
    reason: str | None
    events: Evidence


def scene(code: str, histories: Mapping[str, History], on: dt.date) -> Scene:
    """Return a system among the histories at hand."""
    systems = membership.spans(histories)
    found = {
        name: membership.memberships(name, histories[name], systems) for name in sorted(histories)
    }
    inside: dict[str, list[Membership]] = {}
    for items in found.values():
        for item in items:
            inside.setdefault(item.system, []).append(item)
    by_system = {system: tuple(items) for system, items in inside.items()}
    return Scene(code, histories, on, found, by_system)


def systems(given: Scene) -> tuple[Membership, ...]:
    """Return the member systems on the date."""
    return tuple(_live(given, given.code, "member"))


def member_of(given: Scene) -> tuple[Membership, ...]:
    """Return the systems that the system is itself a member of on the date."""
    return tuple(item for item in given.memberships.get(given.code, ()) if item.live(given.on))


def seats(given: Scene) -> tuple[Seat, ...]:
    """Return direct members and trusts hosted by member systems, each once, by code.

    Who is a host by one way and a partner by another is a host.
    """
    found: dict[str, Seat] = {}
    for seat in sorted(_reached(given, given.code, frozenset()), key=_hosts_first):
        found.setdefault(seat.code, seat)
    return tuple(found[name] for name in sorted(found))


def hosted(system: str, given: Scene) -> tuple[str, ...]:
    """Return the trusts that a system hosts by itself on the date."""
    return tuple(item.member for item in _live(given, system, "host"))


def moves(given: Scene) -> tuple[Move, ...]:
    """Return who came and went in the last twelve months, by day and code.

    Of a system of systems, trusts that moved into or out of its members, too: one that changed
    from one of them to another went and came.
    """
    after = dates.add_months(given.on, -_MOVES_WITHIN)
    found = _moves(given, given.code, frozenset())
    within = dict.fromkeys(move for move in found if after < move.on.date <= given.on)
    return tuple(sorted(within, key=_place))


def _live(given: Scene, system: str, *roles: str) -> Iterator[Membership]:
    """Yield the memberships of a system on the date, in order of members."""
    items = given.inside.get(system, ())
    return (item for item in items if item.role in roles and item.live(given.on))


def _reached(given: Scene, system: str, seen: frozenset[str]) -> Iterator[Seat]:
    via = system if seen else None
    roles = ("host",) if seen else ("host", "partner")
    yield from (Seat(item, via) for item in _live(given, system, *roles))
    for inner in _live(given, system, "member"):
        if inner.member not in seen | {system}:
            yield from _reached(given, inner.member, seen | {system})


def _hosts_first(seat: Seat) -> tuple[bool, str]:
    return (seat.role != "host", seat.code)


def _moves(given: Scene, system: str, seen: frozenset[str]) -> Iterator[Move]:
    """Yield every move of a system's members, and of theirs while they were members."""
    for item in given.inside.get(system, ()):
        if item.role == "host" or not seen:
            yield from _moves_of(item, system if seen else None)
        if item.role == "member" and item.member not in seen | {system}:
            inner = _moves(given, item.member, seen | {system})
            yield from (move for move in inner if _during(item, move.on.date))


def _moves_of(item: Membership, via: str | None) -> Iterator[Move]:
    yield Move(item.member, via, "came", item.role, item.start, None, item.events)
    if item.end is not None:
        yield Move(item.member, via, "went", item.role, item.end, item.end_reason, item.events)


def _during(item: Membership, day: dt.date) -> bool:
    """Tell whether a day lies in a membership, its last moment included."""
    return item.start.date <= day and (item.end is None or day <= item.end.date)


def _place(move: Move) -> tuple[dt.date, str, str, str]:
    return move.on.date, move.code, move.what, move.via or ""


__all__ = ["Move", "Scene", "Seat", "hosted", "member_of", "moves", "scene", "seats", "systems"]
