"""The board: what it committed itself to, how it looks at progress, and how it learns."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET

from service.domain.catalogue.board.board_commitment_ended import BoardCommitmentEnded
from service.domain.catalogue.board.board_commitment_made import BoardCommitmentMade
from service.domain.catalogue.board.board_development_held import BoardDevelopmentHeld
from service.domain.catalogue.board.board_reviewed_progress import BoardReviewedProgress
from service.domain.fields import Commitment
from service.generator.bodies import Life, System, Trust, tell
from service.generator.months import Month, before
from service.generator.words import TOPICS

COMMITMENTS: Final[tuple[tuple[Commitment, float], ...]] = (
    ("executive_sponsor", 0.96),
    ("agreed_method", 0.95),
    ("standing_item", 0.5),
    ("quality_strategy", 0.84),
    ("induction", 0.41),
    ("board_measures", 0.6),
)
"""Each with the share of trusts that make it: a baseline of 2023, where there is one."""
_OTHER_FORMS: Final[tuple[tuple[Literal["run_chart", "rag", "narrative"], float], ...]] = (
    ("rag", 0.55),
    ("run_chart", 0.2),
    ("narrative", 0.25),
)
_MEMBERS: Final = 14


def committed(trust: Trust, month: Month, commitment: Commitment) -> Life:
    """Commit itself; now and then let go of it, and come back."""
    chance = trust.chance
    method = trust.method if commitment == "agreed_method" else UNSET
    made = BoardCommitmentMade(commitment=commitment, method=method)
    tell(trust, before(month, chance.between(0, 40)), made)
    while True:
        month = yield chance.wait(40 + 80 * trust.quality)
        ended = BoardCommitmentEnded(commitment=commitment, method=method)
        tell(trust, chance.day(month), ended)
        month = yield chance.wait(9)
        method = trust.method if commitment == "agreed_method" else UNSET
        made = BoardCommitmentMade(commitment=commitment, method=method)
        tell(trust, chance.day(month), made)


def reviewed(trust: Trust, month: Month) -> Life:
    """Look at progress at most meetings, on charts with limits where the trust does well."""
    chance = trust.chance
    while True:
        month = yield 2 if chance.likely(0.2 + trust.quality) else chance.between(3, 5)
        limits = chance.likely(0.1 + 1.2 * trust.quality**2)
        paper = f"Board paper {month.first:%Y-%m}"
        seen = BoardReviewedProgress(
            data_form="spc" if limits else chance.weighted(_OTHER_FORMS), reference=paper
        )
        tell(trust, chance.day(month), seen)


def developed(body: Trust | System, month: Month) -> Life:
    """Learn together, once or twice a year."""
    chance = body.chance
    while True:
        month = yield chance.wait(9)
        present = chance.between(7, _MEMBERS)
        held = BoardDevelopmentHeld(
            topic=chance.one_of(TOPICS),
            members_present=present,
            members_total=_MEMBERS,
            non_executives_present=min(present, chance.between(2, 5)),
        )
        tell(body, chance.day(month), held)


def looked(system: System, month: Month) -> Life:
    """Look, as a system's board, at the progress of its trusts."""
    while True:
        month = yield 3
        tell(system, system.chance.day(month), BoardReviewedProgress(data_form="narrative"))


__all__ = ["COMMITMENTS", "committed", "developed", "looked", "reviewed"]
