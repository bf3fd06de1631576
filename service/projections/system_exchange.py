"""Who exchanges with whom in a system, how long ago, and who is cut off: question 9 of a lead.

Every pair of members is there, in alphabetical order; a pair without an exchange on record says so.
Not recorded is not the same as not happened: the measures of connection say how much is covered.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from service.domain import dates
from service.projections.contribution import Contribution, Seated
from service.projections.measure import Evidence, together
from service.projections.member_exchange import LastExchange
from service.projections.membership import Role


class PairExchange(Struct, frozen=True, gc=False):
    """Two members, first and second by code, and their last two-sided exchange.

    last, months: its last day and the whole months since; None without one, `reason` says why.
    live: it goes on. with_partner: one of the two is not hosted.
    """

    one: str
    other: str
    with_partner: bool
    last: dt.date | None
    months: int | None
    live: bool
    kinds: tuple[str, ...]
    reason: Literal["none_recorded", "unreadable"] | None
    events: Evidence


class TrustExchange(Struct, frozen=True, gc=False):
    """One member's last exchange with any other trust of the system; None without one."""

    code: str
    role: Role
    last: dt.date | None
    months: int | None
    with_codes: tuple[str, ...]
    reason: Literal["none_recorded", "unreadable"] | None
    events: Evidence


class Exchanges(Struct, frozen=True, gc=False):
    """The matrix of a system's exchanges, and its margin: the last one of each trust."""

    pairs: tuple[PairExchange, ...]
    trusts: tuple[TrustExchange, ...]


def exchanges(members: Sequence[Seated], on: dt.date) -> Exchanges:
    """Return the matrix of members, given in order of their codes."""
    pairs = tuple(_pair(one, other, on) for one, other in itertools.combinations(members, 2))
    of_trust: dict[str, list[PairExchange]] = {member.code: [] for member in members}
    for pair in pairs:
        of_trust[pair.one].append(pair)
        of_trust[pair.other].append(pair)
    return Exchanges(pairs, tuple(_trust(member, of_trust[member.code], on) for member in members))


def _pair(one: Seated, other: Seated, on: dt.date) -> PairExchange:
    """Return the later of what the two histories say of a pair; they seldom differ."""
    found = [
        item
        for item in (_with(one.trust, other.code), _with(other.trust, one.code))
        if item is not None
    ]
    last = max((item.last for item in found), default=None)
    newest = [item for item in found if item.last == last]
    unreadable = one.trust.exchanges is None or other.trust.exchanges is None
    return PairExchange(
        one=one.code,
        other=other.code,
        with_partner={one.role, other.role} != {"host"},
        last=last,
        months=None if last is None else dates.whole_months(last, on),
        live=any(item.live for item in newest),
        kinds=tuple(sorted({kind for item in newest for kind in item.kinds})),
        reason=_reason(last, unreadable=unreadable),
        events=together(item.events for item in newest),
    )


def _with(trust: Contribution, other: str) -> LastExchange | None:
    return (trust.exchanges or {}).get(other)


def _reason(
    last: dt.date | None, *, unreadable: bool
) -> Literal["none_recorded", "unreadable"] | None:
    if last is not None:
        return None
    return "unreadable" if unreadable else "none_recorded"


def _trust(member: Seated, pairs: Sequence[PairExchange], on: dt.date) -> TrustExchange:
    last = max((pair.last for pair in pairs if pair.last is not None), default=None)
    newest = [pair for pair in pairs if pair.last == last] if last else []
    return TrustExchange(
        code=member.code,
        role=member.role,
        last=last,
        months=None if last is None else dates.whole_months(last, on),
        with_codes=tuple(pair.other if pair.one == member.code else pair.one for pair in newest),
        reason=_reason(last, unreadable=member.trust.exchanges is None),
        events=together(pair.events for pair in newest),
    )


__all__ = ["Exchanges", "PairExchange", "TrustExchange", "exchanges"]
