"""LeadershipApproachAffirmed: a leader said whether an approach to improvement goes on."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, UnsetType

from service.domain.envelope import Payload
from service.domain.fields import ListCode, LongText, Post
from service.domain.spec import EventType, Fold
from service.domain.words import plain


class LeadershipApproachAffirmed(Payload):
    """A leader said whether an approach to improvement goes on; effective is the day it was said.

    by_post: the post of who said it. approach: code of the programme, method or strategy.
    continues: yes, adapted, replaced by another, or unknown.
    reference: where it was said, such as a paper's number.
    Source: board papers. Recorded by: the organisation; the operator also.
    """

    by_post: Post
    approach: ListCode
    continues: Literal["yes", "adapted", "replaced", "unknown"]
    reference: LongText | UnsetType = UNSET


_SAYS: Final = {
    "yes": "goes on",
    "adapted": "goes on, adapted",
    "replaced": "is replaced",
    "unknown": "may or may not go on",
}


def _text(data: LeadershipApproachAffirmed) -> str:
    return f"The {plain(data.by_post)} said that {plain(data.approach)} {_SAYS[data.continues]}"


TYPE: Final = EventType(
    payload=LeadershipApproachAffirmed,
    part="leadership",
    fold=Fold("approach", "adds", ("by_post",)),
    text=_text,
    sample={"by_post": "chief_executive", "approach": "lean_vmps", "continues": "adapted"},
)
