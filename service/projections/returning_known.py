"""What is known already of what a return asks: the facts that an answer may start from.

Nothing here is an answer: a figure that was counted once is only offered to be said again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct

from service.domain import dates
from service.projections import (
    agreements,
    board_commitments,
    connections,
    leadership,
    skilled,
    undertakings,
)
from service.projections.context import Context
from service.projections.held import pieces
from service.projections.history import Fact
from service.projections.ledger import intervals, newest, within
from service.projections.posts import CHIEF, SEVERAL

Use = Literal["stands", "again", "start"]
"""stands: it goes on as recorded unless somebody says otherwise. again: a figure of a day, which
may be stated anew for the quarter's last day. start: values to begin from, the rest to be stated.
"""
_YEAR: Final = 12


class Known(Struct, frozen=True):
    """A fact that an answer may start from. to_state: members of its payload left to be stated."""

    fact: Fact
    use: Use
    to_state: tuple[str, ...] = ()


def leaders(given: Context) -> Iterator[Known]:
    """Yield who is in post, by the newest that says on which terms; without non-executives."""
    for spell in leadership.affairs(given).posts.spells:
        told = [fact for fact in spell.bases if fact.effective <= given.on]
        said = [fact for fact in told if fact.type != "LeaderDepartureAnnounced"] or told
        if spell.post != SEVERAL and spell.live(given.on) and said:
            yield Known(said[-1], "stands")


def board(given: Context) -> Iterator[Known]:
    """Yield the newest count of a board's posts."""
    yield from _again(newest(_by(given, "BoardComposed")))


def approach(given: Context) -> Iterator[Known]:
    """Yield what the chief executive said last of the approach."""
    said = (f for f in _by(given, "LeadershipApproachAffirmed") if f.data.by_post == CHIEF)
    yield from _stands(newest(said))


def divisions(given: Context) -> Iterator[Known]:
    """Yield the divisions as they are set out."""
    yield from _stands(newest(_by(given, "DivisionsSet")))


def practitioners(given: Context) -> Iterator[Known]:
    """Yield the newest census of practitioners."""
    yield from _again(skilled.newest_census(given, "practitioner"))


def coaches(given: Context) -> Iterator[Known]:
    """Yield the newest censuses of coaches and of experts."""
    yield from _again(skilled.newest_census(given, "coach"))
    yield from _again(skilled.newest_census(given, "expert"))


def board_skills(given: Context) -> Iterator[Known]:
    """Yield the newest census of the board's own training."""
    yield from _again(skilled.newest_census(given, "board"))


def courses(given: Context) -> Iterator[Known]:
    """Yield each course taught in the last twelve months, its completions to be stated."""
    taught: dict[tuple[str, str, str], Fact] = {}
    for fact in within(given.own("StaffTrained"), _year_before(given), given.on):
        taught[fact.data.course, fact.data.tier, fact.data.participant_group] = fact
    yield from (Known(fact, "start", ("completions", "by")) for fact in taught.values())


def money(given: Context) -> Iterator[Known]:
    """Yield the agreements that are live, own and taken over from trusts absorbed."""
    for case in agreements.cases(given):
        if case.counted and agreements.is_live(case, given.on):
            yield Known(case.commitment, "stands")


def commitments(given: Context) -> Iterator[Known]:
    """Yield what the board is committed to."""
    for item in intervals(given.own(*board_commitments.TYPES)):
        if board_commitments.is_live(given, item, given.on):
            yield Known(item.opened, "stands")


def reviews(given: Context) -> Iterator[Known]:
    """Yield the last review of progress, of which the form of the data usually stays."""
    yield from _start(newest(_by(given, "BoardReviewedProgress")), "reference")


def development(given: Context) -> Iterator[Known]:
    """Yield the last session of the board's development."""
    last = newest(_by(given, "BoardDevelopmentHeld"))
    yield from _start(last, "topic", "members_present", "non_executives_present")


def strategies(given: Context) -> Iterator[Known]:
    """Yield strategies and programmes that go on."""
    live = (item for item in undertakings.undertaken(given) if item.live(given.on))
    yield from (Known(item.interval.opened, "stands") for item in live)


def ties(given: Context) -> Iterator[Known]:
    """Yield connections that go on, of this trust's own recording."""
    for tie in connections.ties(given):
        begun = tie.ours and tie.fact.effective <= given.on
        if begun and any(pair.last(given.on) == given.on for pair in tie.pairs):
            yield Known(tie.fact, "stands")


def projects(given: Context) -> Iterator[Known]:
    """Yield projects that run, the oldest first."""
    yield from _live(given, ("ProjectStarted", "ProjectCompleted"))


def routines(given: Context) -> Iterator[Known]:
    """Yield routines of managing improvement that go on."""
    yield from _live(given, ("ManagementRoutineStarted", "ManagementRoutineEnded"))


def _live(given: Context, types: tuple[str, ...]) -> Iterator[Known]:
    live = (item for item in pieces(given, types) if item.live(given.on))
    yield from (Known(item.interval.opened, "stands") for item in live)


def _by(given: Context, *types: str) -> Sequence[Fact]:
    return within(given.own(*types), dt.date.min, given.on)


def _year_before(given: Context) -> dt.date:
    return dates.add_months(given.on, -_YEAR)


def _stands(fact: Fact | None) -> Iterable[Known]:
    return [] if fact is None else [Known(fact, "stands")]


def _again(fact: Fact | None) -> Iterable[Known]:
    return [] if fact is None else [Known(fact, "again")]


def _start(fact: Fact | None, *to_state: str) -> Iterable[Known]:
    return [] if fact is None else [Known(fact, "start", to_state)]


__all__ = [
    "Known", "Use", "approach", "board", "board_skills", "coaches", "commitments", "courses",
    "development", "divisions", "leaders", "money", "practitioners", "projects", "reviews",
    "routines", "strategies", "ties",
]  # fmt: skip
