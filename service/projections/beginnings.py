"""Ready to begin: a trust's levels on the day on which it joined a programme.

Source: MODEL.md §1, measures without a level. No composite: the levels stand side by side, with
the dimensions that were unknown then and those at level 0 or 1, which is what was missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from service.projections.context import Context, at
from service.projections.history import Fact
from service.projections.levels import Answer
from service.projections.measure import Evidence, Moment, evidence, moment

_EARLY: Final = 1


class Beginning(Struct, frozen=True, gc=False):
    """One programme on the day of joining it, by what is known now.

    levels: of each dimension on that day. unknown, early: dimensions without a level, and those
    at level 0 or 1.
    """

    programme: str
    joined: Moment
    levels: dict[str, Answer]
    unknown: tuple[str, ...]
    early: tuple[str, ...]
    events: Evidence


def beginnings(
    given: Context, levels: Callable[[Context], Mapping[str, Answer]]
) -> tuple[Beginning, ...]:
    """Return the levels on the day of each programme that the trust itself joined by the date."""
    joined = [fact for fact in given.own("ProgrammeJoined") if fact.effective <= given.on]
    return tuple(_beginning(fact, dict(levels(at(given, fact.effective)))) for fact in joined)


def _beginning(joined: Fact, then: dict[str, Answer]) -> Beginning:
    told = {name: answer.level for name, answer in then.items()}
    return Beginning(
        programme=joined.data.programme,
        joined=moment(joined),
        levels=then,
        unknown=tuple(name for name, level in told.items() if level is None),
        early=tuple(name for name, level in told.items() if level is not None and level <= _EARLY),
        events=evidence([joined]),
    )


__all__ = ["Beginning", "beginnings"]
