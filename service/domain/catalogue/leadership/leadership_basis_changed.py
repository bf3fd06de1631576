"""LeadershipBasisChanged: a person stays in a post on other terms."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from service.domain.envelope import Payload
from service.domain.fields import MOST_ITEMS, Basis, Code, Person, Post
from service.domain.spec import EventType, Fold
from service.domain.words import body_list, plain


class LeadershipBasisChanged(Payload):
    """A person stays in a post on other terms; effective is the first day on them.

    post: which one. person: an opaque reference; tenure runs on. basis: the new terms.
    shared_with: codes of the other bodies, when the post is now shared.
    Source: board papers, the body's own news. Recorded by: the organisation; the operator also.
    """

    post: Post
    person: Person
    basis: Basis
    shared_with: Annotated[tuple[Code, ...], Meta(max_length=MOST_ITEMS)] | UnsetType = UNSET


def _text(data: LeadershipBasisChanged) -> str:
    shared = f", together with {body_list(data.shared_with)}" if data.shared_with else ""
    return f"{data.person} stays {plain(data.post)}, now {plain(data.basis)}{shared}"


TYPE: Final = EventType(
    payload=LeadershipBasisChanged,
    part="leadership",
    fold=Fold("posts", "states", ("post", "person")),
    text=_text,
    sample={
        "post": "chief_executive",
        "person": "p-0a1b2c3d",
        "basis": "shared",
        "shared_with": ["ZT002"],
    },
)
