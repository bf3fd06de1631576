"""LeaderAppointed: a person took up a post."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault, shown
from service.domain.fields import MOST_ITEMS, Basis, Code, Day, Person, Post
from service.domain.spec import EventType, Fold
from service.domain.words import body_list, plain


class LeaderAppointed(Payload):
    """A person took up a post; effective is the first day in it.

    post: which one; only non_executive_director has several holders.
    person: an opaque reference. basis: on which terms.
    shared_with: codes of the other bodies, when the post is shared.
    from_organisation: the body that lends the person, of a secondment.
    term_ends: last day of a fixed term.
    Source: board papers, the body's own news. Recorded by: the organisation; the operator also.
    """

    post: Post
    person: Person
    basis: Basis
    shared_with: Annotated[tuple[Code, ...], Meta(max_length=MOST_ITEMS)] | UnsetType = UNSET
    from_organisation: Code | UnsetType = UNSET
    term_ends: Day | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, LeaderAppointed)  # noqa: S101 - the register pairs them
    if data.from_organisation is not UNSET and data.basis != "secondment":
        rule = "belongs to a secondment: leave it out, or state basis secondment"
        yield Fault("/data/from_organisation", "only_for_secondment", rule, shown(data.basis))
    yield from checks.end_before_beginning("/data/term_ends", data.term_ends, event.effective)


def _text(data: LeaderAppointed) -> str:
    shared = f", shared with {body_list(data.shared_with)}" if data.shared_with else ""
    lent = f", on secondment from {data.from_organisation}" if data.from_organisation else ""
    return (
        f"{data.person} took up the post of {plain(data.post)} ({plain(data.basis)}{shared}{lent})"
    )


TYPE: Final = EventType(
    payload=LeaderAppointed,
    part="leadership",
    fold=Fold("posts", "opens", ("post", "person")),
    text=_text,
    check=_check,
    sample={"post": "chief_executive", "person": "p-0a1b2c3d", "basis": "substantive"},
)
