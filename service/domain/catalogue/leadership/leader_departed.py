"""LeaderDeparted: a person left a post."""

from __future__ import annotations

from typing import Final, Literal

from service.domain.envelope import Payload
from service.domain.fields import Person, Post
from service.domain.spec import EventType, Fold
from service.domain.words import plain


class LeaderDeparted(Payload):
    """A person left a post; effective is the first day no longer in it.

    post: which one. person: an opaque reference. reason: as stated in public.
    Source: board papers, the body's own news. Recorded by: the organisation; the operator also.
    """

    post: Post
    person: Person
    reason: Literal[
        "retired",
        "moved_post",
        "moved_within_nhs",
        "moved_outside",
        "end_of_term",
        "post_ended",
        "merger",
        "not_stated",
    ]


def _text(data: LeaderDeparted) -> str:
    return f"{data.person} left the post of {plain(data.post)} ({plain(data.reason)})"


TYPE: Final = EventType(
    payload=LeaderDeparted,
    part="leadership",
    fold=Fold("posts", "closes", ("post", "person")),
    text=_text,
    sample={"post": "chief_executive", "person": "p-0a1b2c3d", "reason": "retired"},
)
