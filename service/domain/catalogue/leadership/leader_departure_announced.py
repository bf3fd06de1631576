"""LeaderDepartureAnnounced: it was announced that a person will leave a post."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Day, Person, Post
from service.domain.spec import EventType, Fold
from service.domain.words import plain


class LeaderDepartureAnnounced(Payload):
    """It was announced that a person will leave a post; effective is the day of the announcement.

    post: which one. person: an opaque reference.
    leaves_on: last day in the post, where it was said.
    successor_known: whether a successor had been named by then.
    Source: board papers, the body's own news. Recorded by: the organisation; the operator also.
    """

    post: Post
    person: Person
    successor_known: bool
    leaves_on: Day | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, LeaderDepartureAnnounced)  # noqa: S101 - the register pairs them
    yield from checks.end_before_beginning("/data/leaves_on", data.leaves_on, event.effective)


def _text(data: LeaderDepartureAnnounced) -> str:
    last = f", last day {data.leaves_on}" if data.leaves_on else ""
    successor = "successor known" if data.successor_known else "no successor known"
    return f"{data.person} is to leave the post of {plain(data.post)}{last} ({successor})"


TYPE: Final = EventType(
    payload=LeaderDepartureAnnounced,
    part="leadership",
    fold=Fold("posts", "adds", ("post", "person")),
    text=_text,
    check=_check,
    sample={"post": "chief_executive", "person": "p-0a1b2c3d", "successor_known": False},
)
