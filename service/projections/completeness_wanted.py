"""What each measure of a model is in plain words, and which type of event makes it known.

A test holds the table to the models: a measure without its line is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct

from service.domain.register import BY_NAME

Sender = Literal["organisation", "operator"]


class Wanted(Struct, frozen=True, gc=False):
    """What is to be known, in words that follow "not known:"; type: of the event that tells it."""

    words: str
    type: str


HEADCOUNT: Final = Wanted("how many people the trust has", "WorkforceCounted")
DIVISIONS: Final = Wanted("which divisions the trust has", "DivisionsSet")
MEASURES: Final[Mapping[str, Wanted]] = MappingProxyType({
    "chief_executive_in_post": Wanted("who is chief executive", "LeaderAppointed"),
    "chief_executive_basis": Wanted("on which terms the chief executive is", "LeaderAppointed"),
    "chief_executive_tenure_months": Wanted(
        "since when the chief executive is in post", "LeaderAppointed"
    ),
    "chief_executives_36m": Wanted(
        "who was chief executive throughout the last 36 months", "LeaderAppointed"
    ),
    "vacancy_percent": Wanted(
        "how many executive posts are vacant or interim, within 15 months", "BoardComposed"
    ),
    "approach_continued": Wanted(
        "whether the new chief executive goes on with the approach", "LeadershipApproachAffirmed"
    ),
    "q3f_percent": Wanted("what staff answered in the national survey", "CultureSurveyed"),
    "q3f_low": Wanted("how many staff answered the survey", "CultureSurveyed"),
    "q3f_high": Wanted("how many staff answered the survey", "CultureSurveyed"),
    "q3f_edition": Wanted("which edition of the survey it was", "CultureSurveyed"),
    "q3f_benchmark_group": Wanted("which benchmark group the survey put it in", "CultureSurveyed"),
    "introductory_completions_12m": Wanted(
        "who completed introductory courses in 12 months", "StaffTrained"
    ),
    "introductory_percent": Wanted(
        "which share of staff completed introductory courses in 12 months", "StaffTrained"
    ),
    "introductory_percent_lowest_of_3_years": Wanted(
        "which share of staff completed introductory courses in each of three years", "StaffTrained"
    ),
    "induction_live": Wanted("whether improvement is part of induction", "BoardCommitmentMade"),
    "introductory_holes": Wanted("in which divisions those trained work", "StaffTrained"),
    "practitioners": Wanted("how many practitioners there are", "SkillsCounted"),
    "practitioners_percent": Wanted("how many practitioners there are", "SkillsCounted"),
    "practitioners_active_percent": Wanted(
        "how many practitioners were active in 12 months", "SkillsCounted"
    ),
    "coaches_and_experts": Wanted("how many coaches and experts there are", "SkillsCounted"),
    "coaches": Wanted("how many coaches there are", "SkillsCounted"),
    "experts": Wanted("how many experts there are", "SkillsCounted"),
    "coaches_in_training": Wanted("how many coaches are in training", "SkillsCounted"),
    "projects_per_coach": Wanted("which projects are under way", "ProjectStarted"),
    "coaches_and_experts_percent": Wanted(
        "how many coaches and experts there are", "SkillsCounted"
    ),
    "divisions_without_coach": Wanted("in which divisions the coaches work", "SkillsCounted"),
    "funding_dropped": Wanted("what became of the money", "FundingCommitted"),
    "funding_runway_months": Wanted("what money is committed, and until when", "FundingCommitted"),
    "funding_recurrent_percent": Wanted("what money is committed every year", "FundingCommitted"),
    "funding_ring_fenced_percent": Wanted("which money is ring-fenced", "FundingCommitted"),
    "sponsor_dropped": Wanted("whether an executive sponsors it", "BoardCommitmentMade"),
    "sponsor_live": Wanted("whether an executive sponsors it", "BoardCommitmentMade"),
    "method_live": Wanted("whether the board agreed on a method", "BoardCommitmentMade"),
    "spc_quarters_in_a_row": Wanted(
        "in which quarters the board looked at charts of variation", "BoardReviewedProgress"
    ),
    "board_development_12m": Wanted(
        "whether the board learnt together in 12 months", "BoardDevelopmentHeld"
    ),
    "board_trained_percent": Wanted("how many of the board are trained", "SkillsCounted"),
    "board_reviews_6m": Wanted(
        "whether the board looked at progress in six months", "BoardReviewedProgress"
    ),
    "strategy_live": Wanted("which strategy or programme there is", "StrategyAdopted"),
    "strategy_dropped": Wanted("what became of the strategy", "StrategyEnded"),
    "run_months": Wanted("how long one method has been kept", "StrategyAdopted"),
    "horizon_months": Wanted("until when the strategy is planned", "StrategyAdopted"),
    "chief_executive_changed_in_run": Wanted(
        "whether the chief executive changed while it was kept", "LeaderAppointed"
    ),
    "partners_12m": Wanted("with whom there was exchange in 12 months", "ConnectionMade"),
    "partners_24m": Wanted("with whom there was exchange in 24 months", "ConnectionMade"),
    "another_host": Wanted("whether one of them belongs to another system", "ConnectionMade"),
    "divisions_named_percent": Wanted("which divisions take part", "ConnectionMade"),
    "network_surveyed_24m": Wanted("whether staff were asked for their ties", "NetworkSurveyed"),
    "completed_per_1000": Wanted("which projects were completed in 12 months", "ProjectCompleted"),
    "measured_percent": Wanted("whether the projects were measured", "ProjectCompleted"),
    "adopted_36m": Wanted("whether others took over a practice", "PracticeAdopted"),
})  # fmt: skip


def sender(kind: str) -> Sender:
    """Return who sends events of a type first: the national survey comes with its publication."""
    imported = BY_NAME[kind].recorder == "operator" or kind == "CultureSurveyed"
    return "operator" if imported else "organisation"


__all__ = ["DIVISIONS", "HEADCOUNT", "MEASURES", "Sender", "Wanted", "sender"]
