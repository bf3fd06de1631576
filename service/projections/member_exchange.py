"""A trust's last two-sided exchange with each other organisation, with what it was.

Source: MODEL.md §1 (connection): two-sided once the other side confirmed it or the operator
recorded it; it lasts a day or until it ended.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from msgspec import Struct

from service.projections.connections import Pair, Tie, ties
from service.projections.context import Context
from service.projections.measure import Evidence, evidence


class LastExchange(Struct, frozen=True, gc=False):
    """The last day of a two-sided exchange with one other, and all that there was on that day.

    last: the date asked about while one is live. live: one of them has not ended.
    """

    last: dt.date
    live: bool
    kinds: tuple[str, ...]
    events: Evidence


def exchanged(given: Context) -> dict[str, LastExchange]:
    """Return the last exchange by the date with each other organisation, by its code or name."""
    with_each: dict[str, tuple[dt.date, list[tuple[Tie, Pair]]]] = {}
    for tie in ties(given):
        for pair in tie.pairs:
            if pair.two_sided and pair.start <= (day := pair.last(given.on)):
                known = with_each.get(pair.other)
                if known is None or known[0] < day:
                    with_each[pair.other] = (day, [(tie, pair)])
                elif known[0] == day:
                    known[1].append((tie, pair))
    return {other: _last(*with_each[other], given.on) for other in sorted(with_each)}


def _last(day: dt.date, newest: Sequence[tuple[Tie, Pair]], on: dt.date) -> LastExchange:
    return LastExchange(
        last=day,
        live=any(pair.end is None or on < pair.end for _, pair in newest),
        kinds=tuple(sorted({str(tie.fact.data.kind) for tie, _ in newest})),
        events=evidence(fact for tie, _ in newest for fact in tie.facts(on)),
    )


__all__ = ["LastExchange", "exchanged"]
