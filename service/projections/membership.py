"""Memberships: which systems a trust belongs to on a date, and systems in systems.

Source: DOMAIN.md §2, memberships: one host of kind `ics`, the newest join wins, late data counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

import msgspec
from msgspec import Struct

from service.projections.history import Fact, History, remembered
from service.projections.ledger import ordered
from service.projections.measure import Evidence, Moment, evidence, moment
from service.projections.register import closing, system_kind

Role = Literal["host", "partner", "member"]
EndReason = Literal["left", "joined_anew", "other_host", "member_closed", "system_closed"]
_FIRST: Final = get_args(EndReason)
"""Of several ends of one day, which is said: an order of its own, not of recording."""
_JOINS = frozenset({"TrustJoinedSystem", "SystemJoinedSystem"})
_LEAVES = frozenset({"TrustLeftSystem", "SystemLeftSystem"})


class SystemSpan(Struct, frozen=True, gc=False):
    """What a member must know of a system: its kind, and what closed it."""

    kind: str
    closed: Fact | None


class Membership(Struct, frozen=True, gc=False):
    """One organisation's membership of a system, from `start` until `end` if it has ended."""

    member: str
    system: str
    role: Role
    start: Moment
    end: Moment | None
    end_reason: EndReason | None
    events: Evidence

    def live(self, on: dt.date) -> bool:
        """Tell whether it holds on a day."""
        return self.start.date <= on and (self.end is None or on < self.end.date)


def spans(histories: Mapping[str, History]) -> dict[str, SystemSpan]:
    """Return the systems among some histories; one whose history is missing counts as an `ics`."""
    found: dict[str, SystemSpan] = {}
    for code, history in histories.items():
        kind = system_kind(code, history)
        if kind is not None:
            found[code] = SystemSpan(kind, closing(code, history))
    return found


def memberships(
    member: str, history: History, systems: Mapping[str, SystemSpan]
) -> tuple[Membership, ...]:
    """Return every membership that an organisation ever had, in order of its start."""
    moves = _moves(member, history)
    joins = [fact for fact in moves if fact.type in _JOINS]
    end = closing(member, history)
    found = [_membership(join, moves, end, systems) for join in joins]
    return tuple(item for item in found if item.end is None or item.end.date > item.start.date)


def _moves(member: str, history: History) -> tuple[Fact, ...]:
    """Return what an organisation said of joining and leaving systems, in order."""
    return remembered(
        history, ("moves", member), lambda: ordered(history.own(member, *_JOINS, *_LEAVES))
    )


def host(items: Sequence[Membership], systems: Mapping[str, SystemSpan], on: dt.date) -> str | None:
    """Return the board that hosts a trust on a date; there is at most one."""
    hosts = [m for m in items if m.role == "host" and m.live(on) and _is_board(m.system, systems)]
    return hosts[-1].system if hosts else None


def hosted(code: str, histories: Mapping[str, History], on: dt.date) -> str | None:
    """Return the board that hosts a trust on a date, by the histories at hand."""
    history = histories.get(code, History())
    names = {fact.data.system for fact in _moves(code, history)}
    systems = spans({name: histories[name] for name in names if name in histories})
    return host(memberships(code, history, systems), systems, on)


def _is_board(system: str, systems: Mapping[str, SystemSpan]) -> bool:
    span = systems.get(system)
    return span is None or span.kind == "ics"


def _membership(
    join: Fact, moves: Sequence[Fact], closed: Fact | None, systems: Mapping[str, SystemSpan]
) -> Membership:
    span = systems.get(join.data.system)
    ends: list[tuple[Fact, EndReason]] = [
        (fact, reason)
        for fact in moves
        if _after(fact, join) and (reason := _ends(join, fact, systems)) is not None
    ]
    if closed is not None:
        ends.append((closed, "member_closed"))
    if span is not None and span.closed is not None:
        ends.append((span.closed, "system_closed"))
    end, reason = min(ends, key=_soonest, default=(None, None))
    return Membership(
        member=join.organisation,
        system=join.data.system,
        role=_role(join),
        start=moment(join),
        end=moment(end) if end else None,
        end_reason=reason,
        events=evidence([join, *([end] if end else [])]),
    )


def _soonest(item: tuple[Fact, EndReason]) -> tuple[dt.date, int]:
    fact, reason = item
    return fact.effective, _FIRST.index(reason)


def _after(fact: Fact, join: Fact) -> bool:
    return (fact.effective, fact.position) > (join.effective, join.position)


def _role(join: Fact) -> Role:
    return getattr(join.data, "role", "member")


def _ends(join: Fact, fact: Fact, systems: Mapping[str, SystemSpan]) -> EndReason | None:
    same = fact.data.system == join.data.system
    if fact.type in _LEAVES:
        return "left" if same else None
    if same:
        return "joined_anew"
    boards = _is_board(join.data.system, systems) and _is_board(fact.data.system, systems)
    return "other_host" if boards and _role(fact) == _role(join) == "host" else None


def without_inner_ends(items: Sequence[Membership]) -> tuple[Membership, ...]:
    """Return memberships with those of one system and role that follow without a gap made one."""
    found: list[Membership] = []
    for item in items:
        before = next((m for m in reversed(found) if _goes_on(m, item)), None)
        if before is None:
            found.append(item)
        else:
            joined = msgspec.structs.replace(before, end=item.end, end_reason=item.end_reason)
            found[found.index(before)] = joined
    return tuple(found)


def _goes_on(before: Membership, after: Membership) -> bool:
    same = (before.member, before.system, before.role) == (after.member, after.system, after.role)
    return same and before.end is not None and before.end.date == after.start.date


__all__ = [
    "Membership", "SystemSpan", "host", "hosted", "memberships", "spans", "without_inner_ends",
]  # fmt: skip
