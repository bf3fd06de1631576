"""BoardReviewedProgress: a board looked at the progress of improvement."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, UnsetType

from service.domain.envelope import Payload
from service.domain.fields import LongText
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class BoardReviewedProgress(Payload):
    """A board looked at the progress of improvement; effective is the day of the meeting.

    data_form: what it looked at: charts of variation with limits, run charts, red-amber-green
    marks, or words. reference: of the paper.
    Source: board papers. Recorded by: the organisation; the operator also.
    """

    data_form: Literal["spc", "run_chart", "rag", "narrative"]
    reference: LongText | UnsetType = UNSET


def _text(data: BoardReviewedProgress) -> str:
    form = data.data_form.upper() if data.data_form in {"spc", "rag"} else plain(data.data_form)
    paper = f" in {data.reference}" if data.reference is not UNSET else ""
    return f"The board reviewed progress ({form}){paper}"


TYPE: Final = EventType(
    payload=BoardReviewedProgress,
    part="board",
    bearers=BOTH,
    fold=Fold("board_reviews", "adds"),
    text=_text,
    sample={"data_form": "spc", "reference": "TB 2026/41"},
)
