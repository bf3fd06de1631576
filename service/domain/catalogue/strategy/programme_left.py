"""ProgrammeLeft: an organisation is no longer in a programme."""

from __future__ import annotations

from typing import Final, Literal

from service.domain.envelope import Payload
from service.domain.fields import ListCode
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class ProgrammeLeft(Payload):
    """An organisation is no longer in a programme; effective is the first day on which it is not.

    programme: its code. reason: it ran its term, the organisation withdrew, or not stated.
    Source: board papers. Recorded by: the organisation; the operator also.
    """

    programme: ListCode
    reason: Literal["end_of_term", "withdrawn", "not_stated"]


def _text(data: ProgrammeLeft) -> str:
    return f"Left the programme {plain(data.programme)} ({plain(data.reason)})"


TYPE: Final = EventType(
    payload=ProgrammeLeft,
    part="strategy",
    bearers=BOTH,
    fold=Fold("programmes", "closes", ("programme",)),
    text=_text,
    sample={"programme": "qsir", "reason": "end_of_term"},
)
