"""The questions that a quarterly return can ask: one place, in the order in which they are read.

Eight are asked each quarter: between them they ask for all that keeps a dimension's record whole.
The others are asked as what is known grows old, or when there is nothing, while there is room.
Culture is not asked: its level rests on the published survey alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

from msgspec import Struct

from service.domain import dates
from service.domain.fields import Dimension, Tier
from service.projections import leadership, returning_known
from service.projections.context import Context
from service.projections.ledger import within
from service.projections.posts import CHIEF
from service.projections.returning_known import Known

_NEW_CHIEF: Final = 12
_EVER: Final = dt.date.min
_DAY: Final = dt.timedelta(days=1)


def _always(_given: Context) -> bool:
    """Tell that a question can be asked of every trust."""
    return True


def _has_new_chief(given: Context) -> bool:
    """Tell whether a chief executive is new and has not said yet whether the approach goes on."""
    holders = leadership.affairs(given).posts.counting(CHIEF, given.on)
    since = max((spell.start for spell in holders), default=_EVER)
    if since <= dates.add_months(given.on, -_NEW_CHIEF):
        return False
    said = within(given.own("LeadershipApproachAffirmed"), since - _DAY, given.on)
    return not any(fact.data.by_post == CHIEF for fact in said)


class Question(Struct, frozen=True, kw_only=True):
    """One question of a return.

    dimension: of the return's list. words: as a person is asked. types: of the events that an
    answer becomes. known: what an answer may start from. happens: a quarter may pass without any;
    else something stands, and the quarter may pass without a change of it.
    day: where an answer states none, whether the quarter's last one is meant.
    always: asked each quarter; others once what is known is `months` old, if `wanted`.
    tiers: of skill, where it asks for some only; each of them ages apart.
    """

    key: str
    dimension: Dimension
    words: str
    types: tuple[str, ...]
    known: Callable[[Context], Iterable[Known]]
    happens: bool = False
    day: Literal["stated", "last_of_quarter"] = "stated"
    always: bool = False
    months: int = 12
    wanted: Callable[[Context], bool] = _always
    tiers: tuple[Tier, ...] = ()

    # Any: the payload of one of its types.
    def asks_for(self, data: Any) -> bool:  # noqa: ANN401 - a payload of any type
        """Tell whether an event of its types, by its payload, is what it asks for."""
        return not self.tiers or data.tier in self.tiers

    def last(self, given: Context) -> dt.date | None:
        """Return the newest day of what is known by a date, of the tier known least; or None."""
        by = [fact for kind in self.types for fact in within(given.own(kind), _EVER, given.on)]
        parts = [[fact for fact in by if fact.data.tier == tier] for tier in self.tiers] or [by]
        days = [max((fact.effective for fact in part), default=None) for part in parts]
        known = [day for day in days if day is not None]
        return min(known) if len(known) == len(days) else None


QUESTIONS: Final = (
    Question(
        key="leaders",
        dimension="leadership",
        words="Did anybody take up, leave or announce leaving the post of chair, chief executive or"
        " another executive, or did the terms of anybody in post change?",
        types=("LeaderAppointed", "LeaderDeparted", "LeaderDepartureAnnounced",
               "LeadershipBasisChanged"),
        known=returning_known.leaders,
        always=True,
    ),
    Question(
        key="board_posts",
        dimension="leadership",
        words="How many executive posts does the board have, how many of them are vacant or held by"
        " interims, and how many members vote?",
        types=("BoardComposed",),
        known=returning_known.board,
        day="last_of_quarter",
        months=10,
    ),
    Question(
        key="approach",
        dimension="leadership",
        words="Has the new chief executive said whether the approach to improvement goes on?",
        types=("LeadershipApproachAffirmed",),
        known=returning_known.approach,
        happens=True,
        months=3,
        wanted=_has_new_chief,
    ),
    Question(
        key="training",
        dimension="skills",
        words="How many people completed training in improvement in the quarter, by course, and did"
        " trained people leave?",
        types=("StaffTrained", "TrainedStaffLeft"),
        known=returning_known.courses,
        happens=True,
        day="last_of_quarter",
        always=True,
    ),
    Question(
        key="practitioners",
        dimension="skills",
        words="How many people in post are trained as practitioners, and how many of them worked on"
        " an improvement in the last twelve months?",
        types=("SkillsCounted",),
        known=returning_known.practitioners,
        day="last_of_quarter",
        tiers=("practitioner",),
    ),
    Question(
        key="coaches_and_experts",
        dimension="skills",
        words="How many coaches and how many experts in improvement are in post, and how many train"
        " to be one?",
        types=("SkillsCounted",),
        known=returning_known.coaches,
        day="last_of_quarter",
        tiers=("coach", "expert"),
    ),
    Question(
        key="divisions",
        dimension="skills",
        words="Which divisions does the trust have?",
        types=("DivisionsSet",),
        known=returning_known.divisions,
        months=24,
    ),
    Question(
        key="money",
        dimension="funding",
        words="Was money for improvement committed, changed, spent or withdrawn?",
        types=("FundingCommitted", "FundingSpent", "FundingWithdrawn"),
        known=returning_known.money,
        always=True,
    ),
    Question(
        key="commitments",
        dimension="board",
        words="Did the board begin or end a commitment: an executive sponsor, an agreed method, a"
        " standing item, a quality strategy, training at induction, measures that it watches?",
        types=("BoardCommitmentMade", "BoardCommitmentEnded"),
        known=returning_known.commitments,
        always=True,
    ),
    Question(
        key="board_reviews",
        dimension="board",
        words="On which days did the board review progress, and in which form did it see the data?",
        types=("BoardReviewedProgress",),
        known=returning_known.reviews,
        happens=True,
        always=True,
    ),
    Question(
        key="board_development",
        dimension="board",
        words="Did the board spend time on its own development in improvement?",
        types=("BoardDevelopmentHeld",),
        known=returning_known.development,
        happens=True,
        months=9,
    ),
    Question(
        key="board_skills",
        dimension="board",
        words="How many members of the board are trained in improvement?",
        types=("SkillsCounted",),
        known=returning_known.board_skills,
        day="last_of_quarter",
        tiers=("board",),
    ),
    Question(
        key="strategies",
        dimension="strategy",
        words="Did a strategy or a programme for improvement begin or end, or was one said to go"
        " on, to be adapted or replaced?",
        types=("StrategyAdopted", "StrategyEnded", "ProgrammeJoined", "ProgrammeLeft",
               "LeadershipApproachAffirmed", "AmbitionSet"),
        known=returning_known.strategies,
        always=True,
    ),
    Question(
        key="connections",
        dimension="connection",
        words="With which other organisations did people learn (visits, seminars, action learning"
        " sets, joint projects …), and which of these connections ended?",
        types=("ConnectionMade", "ConnectionEnded", "NetworkJoined", "NetworkLeft"),
        known=returning_known.ties,
        happens=True,
        always=True,
    ),
    Question(
        key="projects",
        dimension="practice",
        words="Which improvement projects began or were completed, with which result, and was a"
        " practice of another trust taken over?",
        types=("ProjectStarted", "ProjectCompleted", "PracticeAdopted", "LearningShared"),
        known=returning_known.projects,
        happens=True,
        always=True,
    ),
    Question(
        key="routines",
        dimension="practice",
        words="Did a routine of managing improvement begin or end: huddles, visibility boards,"
        " executive visits, catchball …?",
        types=("ManagementRoutineStarted", "ManagementRoutineEnded"),
        known=returning_known.routines,
    ),
)  # fmt: skip
BY_KEY: Final = {question.key: question for question in QUESTIONS}

__all__ = ["BY_KEY", "QUESTIONS", "Question"]
