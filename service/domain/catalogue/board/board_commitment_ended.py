"""BoardCommitmentEnded: a board's commitment is no longer so."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, UnsetType

from service.domain.envelope import Payload
from service.domain.fields import Commitment, ListCode
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class BoardCommitmentEnded(Payload):
    """A board's commitment ended; effective is the first day on which it is no longer so.

    commitment: which one. method: code of the method, where one was agreed.
    Source: board minutes. Recorded by: the organisation; the operator also.
    """

    commitment: Commitment
    method: ListCode | UnsetType = UNSET


def _text(data: BoardCommitmentEnded) -> str:
    method = f": {plain(data.method)}" if data.method is not UNSET else ""
    return f"The board's commitment to {plain(data.commitment)} ended{method}"


TYPE: Final = EventType(
    payload=BoardCommitmentEnded,
    part="board",
    bearers=BOTH,
    fold=Fold("board_commitments", "closes", ("commitment",)),
    text=_text,
    sample={"commitment": "executive_sponsor"},
)
