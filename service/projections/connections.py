"""Connections: who is connected with whom, from when until when, and whether both sides say so.

Source: MODEL.md §1 (connection), DOMAIN.md §2 (connections, mergers). Pairs are recorder and
named, never the named among themselves. A connection is two-sided once the other side confirmed
it or the operator recorded it. Those of absorbed trusts go on; one that was absorbed by, or
merged into, the same body is no other side any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import UNSET, Struct

from service.domain import dates
from service.domain.envelope import OPERATOR_ASSURANCE
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.ledger import ordered
from service.projections.register import closing

ONE_DAY: Final = frozenset({"visit", "seminar", "peer_review", "joint_training"})
"""Kinds that last one day; the others last until ConnectionEnded."""
_DAY: Final = dt.timedelta(days=1)
_MADE: Final = "ConnectionMade"


class Pair(Struct, frozen=True, gc=False):
    """This body and one other. other: its code today, or the name of a body without a code.

    end: the first day on which they are connected no more. ended: what said so.
    """

    other: str
    has_code: bool
    two_sided: bool
    start: dt.date
    end: dt.date | None
    ended: Fact | None

    def last(self, on: dt.date) -> dt.date:
        """Return the last day, by a date, on which the two were connected."""
        return on if self.end is None else min(on, self.end - _DAY)

    def within(self, months: int, on: dt.date) -> bool:
        """Tell whether it was live or held on some day of the last months."""
        return self.start <= self.last(on) > dates.add_months(on, -months)


class Tie(Struct, frozen=True, gc=False):
    """One connection as this body has it. origin: the absorbed trust whose it was.

    ours: this body recorded it, so its divisions and teams are this body's.
    """

    fact: Fact
    origin: str | None
    ours: bool
    pairs: tuple[Pair, ...]

    @property
    def two_sided(self) -> bool:
        """Tell whether some pair of it counts."""
        return any(pair.two_sided for pair in self.pairs)

    def facts(self, on: dt.date) -> tuple[Fact, ...]:
        """Return what is behind it by a date."""
        ended = (pair.ended for pair in self.pairs if pair.ended is not None)
        return (self.fact, *(fact for fact in ended if fact.effective <= on))


def ties(given: Context) -> tuple[Tie, ...]:
    """Return every connection of a body and of those that it absorbed, in order of their start."""
    ends = _known(given, "ConnectionEnded")
    found: dict[int, Tie] = {}
    for origin, fact in _known(given, _MADE).values():
        about = [end for _, end in ends.values() if end.data.connection_event == fact.id]
        pairs = tuple(_pairs(given, fact, ordered(about)))
        if pairs:
            found[fact.position] = Tie(fact, origin, fact.organisation in given.bodies, pairs)
    return tuple(found[fact.position] for fact in ordered(tie.fact for tie in found.values()))


def current(given: Context, code: str) -> str:
    """Return the body that an organisation is part of on the date, as far as is known."""
    seen: set[str] = set()
    while code not in seen:
        seen.add(code)
        end = closing(code, given.around[code].facts) if code in given.around else None
        if end is not None and end.type == "TrustMerged" and end.effective <= given.on:
            code = end.data.into
    return code


def named(fact: Fact) -> frozenset[str]:
    """Return the organisations that a connection names by their codes."""
    return frozenset(() if fact.data.with_ is UNSET else fact.data.with_)


def _known(given: Context, kind: str) -> dict[int, tuple[str | None, Fact]]:
    """Return the facts of a type over all bodies by position, each with the body it came from."""
    found: dict[int, tuple[str | None, Fact]] = {}
    parts = [(None, given.facts), *((gone.code, gone.history.facts) for gone in given.absorbed)]
    for origin, facts in parts:
        for fact in facts:
            if fact.type == kind:
                found.setdefault(fact.position, (origin, fact))
    return found


def _pairs(given: Context, fact: Fact, ends: Iterable[Fact]) -> Iterator[Pair]:
    by_operator = fact.assurance in OPERATOR_ASSURANCE
    about = tuple(ends)
    if fact.organisation in given.bodies:
        others = {code: by_operator or code in fact.confirmed_by for code in named(fact)}
        if fact.data.with_name is not UNSET:
            yield _pair(given, fact, about, (fact.data.with_name, by_operator))
    else:
        ours = given.bodies & named(fact)
        others = {fact.organisation: by_operator or bool(ours & fact.confirmed_by)} if ours else {}
    for code in sorted(others):
        if current(given, code) not in given.bodies:
            yield _pair(given, fact, about, (code, others[code]))


def _pair(given: Context, fact: Fact, ends: Iterable[Fact], other: tuple[str, bool]) -> Pair:
    name, two_sided = other
    has_code = name == fact.organisation or name in named(fact)
    said = next((end for end in ends if _ends(given, fact, end, name)), None)
    end = said.effective if said else None
    if fact.data.kind in ONE_DAY:
        end, said = fact.effective + _DAY, None
    other_now = current(given, name) if has_code else name
    return Pair(other_now, has_code, two_sided, fact.effective, end, said)


def _ends(given: Context, fact: Fact, end: Fact, other: str) -> bool:
    """Tell whether an ending ends a pair: said by one of the two, or by the operator of all."""
    if end.effective < fact.effective:
        return False
    sides = {fact.organisation, other, current(given, other), *given.bodies}
    bystander = end.organisation in named(fact)
    return end.organisation in sides or (end.assurance in OPERATOR_ASSURANCE and not bystander)


__all__ = ["ONE_DAY", "Pair", "Tie", "current", "named", "ties"]
