"""BoardCommitmentMade: a board committed itself to a part of improvement."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, UnsetType

from service.domain.envelope import Payload
from service.domain.fields import Commitment, ListCode
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class BoardCommitmentMade(Payload):
    """A board committed itself; effective is the first day of it.

    commitment: an executive sponsor, an agreed method, a standing item on the agenda, a quality
    strategy, improvement in everybody's induction, or measures that the board reads.
    method: code of the method, where one was agreed.
    Source: board minutes. Recorded by: the organisation; the operator also.
    """

    commitment: Commitment
    method: ListCode | UnsetType = UNSET


def _text(data: BoardCommitmentMade) -> str:
    method = f": {plain(data.method)}" if data.method is not UNSET else ""
    return f"The board committed itself to {plain(data.commitment)}{method}"


TYPE: Final = EventType(
    payload=BoardCommitmentMade,
    part="board",
    bearers=BOTH,
    fold=Fold("board_commitments", "opens", ("commitment",)),
    text=_text,
    sample={"commitment": "agreed_method", "method": "lean_vmps"},
)
