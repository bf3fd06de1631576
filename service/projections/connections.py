"""Connections: who is connected with whom, from when until when, and whether both sides say so.

Source: MODEL.md §1 (connection), DOMAIN.md §2 (connections, mergers). Pairs are recorder and
named, never the named among themselves. A connection is two-sided once the other side confirmed
it or the operator recorded it. Those of absorbed trusts go on; one that was absorbed by, or
merged into, the same body is no other side any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import UNSET, Struct

from service.domain.envelope import OPERATOR_ASSURANCE
from service.projections.context import Context, lasting
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

    def within(self, after: dt.date, on: dt.date) -> bool:
        """Tell whether it was live or held on some day in (after, on]."""
        if self.end is None:
            return self.start <= on > after
        return self.start <= self.last(on) > after


class Tie(Struct, frozen=True, gc=False):
    """One connection as this body has it. origin: the absorbed trust whose it was.

    ours: this body recorded it, so its divisions and teams are this body's.
    two_sided: some pair of it counts.
    """

    fact: Fact
    origin: str | None
    ours: bool
    two_sided: bool
    pairs: tuple[Pair, ...]

    def facts(self, on: dt.date) -> tuple[Fact, ...]:
        """Return what is behind it by a date."""
        ended = [pair.ended for pair in self.pairs if pair.ended is not None]
        return (self.fact, *[fact for fact in ended if fact.effective <= on])


class _Reading(Struct, frozen=True, gc=False):
    """What all connections are read with. now: each other's code on the date; ends: by connection.

    bodies: this body and those that it absorbed.
    """

    bodies: frozenset[str]
    now: Mapping[str, str]
    ends: Mapping[int, Sequence[Fact]]


def ties(given: Context) -> tuple[Tie, ...]:
    """Return every connection of a body and of those that it absorbed, in order of their start."""
    now = ((code, current(given, code)) for code in _sides(given))
    return _ties(given, frozenset(pair for pair in now if pair[0] != pair[1]))


@lasting
def _sides(given: Context) -> frozenset[str]:
    """Return all that connections name or are recorded by."""
    found: set[str] = set()
    for _, fact in _known(given, _MADE):
        found.add(fact.organisation)
        found.update(fact.data.with_ or ())
    return frozenset(found)


@lasting
def _ties(given: Context, moved: frozenset[tuple[str, str]]) -> tuple[Tie, ...]:
    """Return the connections. moved: codes that are part of another body, and of which."""
    made = _known(given, _MADE)
    reading = _reading(given, {code: code for code in _sides(given)} | dict(moved))
    found: list[Tie] = []
    for origin, fact in made:
        pairs = tuple(_pairs(reading, fact))
        if pairs:
            ours = fact.organisation in reading.bodies
            counts = any(pair.two_sided for pair in pairs)
            found.append(Tie(fact, origin, ours, counts, pairs))
    return tuple(sorted(found, key=lambda tie: (tie.fact.effective, tie.fact.position)))


def _reading(given: Context, now: Mapping[str, str]) -> _Reading:
    ends: dict[int, list[Fact]] = {}
    for fact in ordered(fact for _, fact in _known(given, "ConnectionEnded")):
        for target in fact.refers:
            ends.setdefault(target.position, []).append(fact)
    return _Reading(given.bodies, now, ends)


def current(given: Context, code: str) -> str:
    """Return the body that an organisation is part of on the date, as far as is known."""
    seen: set[str] = set()
    while code not in seen:
        seen.add(code)
        end = closing(code, given.around[code]) if code in given.around else None
        if end is not None and end.type == "TrustMerged" and end.effective <= given.on:
            code = end.data.into
    return code


def named(fact: Fact) -> frozenset[str]:
    """Return the organisations that a connection names by their codes."""
    return frozenset(() if fact.data.with_ is UNSET else fact.data.with_)


def _known(given: Context, kind: str) -> list[tuple[str | None, Fact]]:
    """Return the facts of a type over all bodies, each once, with the body that it came from."""
    found: dict[int, tuple[str | None, Fact]] = {}
    parts = [(None, given.history), *((gone.code, gone.history) for gone in given.absorbed)]
    for origin, history in parts:
        for fact in history.of(kind):
            found.setdefault(fact.position, (origin, fact))
    return list(found.values())


def _pairs(reading: _Reading, fact: Fact) -> Iterator[Pair]:
    by_operator = fact.assurance in OPERATOR_ASSURANCE
    if fact.organisation in reading.bodies:
        others = sorted(named(fact))
        ours: frozenset[str] = frozenset()
        name = fact.data.with_name
        if name is not UNSET:
            has_code = name == fact.organisation or name in others
            yield _pair(reading, fact, name, has_code=has_code, two_sided=by_operator)
    else:
        ours = reading.bodies & named(fact)
        others = [fact.organisation] if ours else []
    for code in others:
        if reading.now[code] not in reading.bodies:
            confirmed = bool(ours & fact.confirmed_by) if ours else code in fact.confirmed_by
            yield _pair(reading, fact, code, has_code=True, two_sided=by_operator or confirmed)


def _pair(reading: _Reading, fact: Fact, other: str, *, has_code: bool, two_sided: bool) -> Pair:
    now = reading.now[other] if has_code else other
    if fact.data.kind in ONE_DAY:
        return Pair(now, has_code, two_sided, fact.effective, fact.effective + _DAY, None)
    ends = reading.ends.get(fact.position)
    if ends is None:
        return Pair(now, has_code, two_sided, fact.effective, None, None)
    sides = {fact.organisation, other, now, *reading.bodies}
    said = next((end for end in ends if _ends(fact, end, sides)), None)
    return Pair(now, has_code, two_sided, fact.effective, said.effective if said else None, said)


def _ends(fact: Fact, end: Fact, sides: set[str]) -> bool:
    """Tell whether an ending ends a pair: said by one of the two, or by the operator of all."""
    bystander = end.organisation in named(fact)
    by_operator = end.assurance in OPERATOR_ASSURANCE and not bystander
    return end.effective >= fact.effective and (end.organisation in sides or by_operator)


__all__ = ["ONE_DAY", "Pair", "Tie", "current", "named", "ties"]
