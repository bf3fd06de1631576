"""BoardComposed: the posts of a board, and how they are filled, were stated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta

from service.domain.envelope import Event, Payload
from service.domain.faults import Fault, shown
from service.domain.spec import EventType, Fold

Posts = Annotated[int, Meta(ge=0, le=100, title="Number of posts")]


class BoardComposed(Payload):
    """The posts of a board were stated; effective is the day on which it stood so.

    executive_posts: posts of executive directors, filled or not.
    executive_vacant: of them, with nobody in post.
    executive_interim: of them, held by an interim or acting person.
    voting_members: members of the board with a vote, executive or not.
    Source: board papers, annual report. Recorded by: the organisation; the operator also.
    """

    executive_posts: Posts
    executive_vacant: Posts
    executive_interim: Posts
    voting_members: Posts


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, BoardComposed)  # noqa: S101 - the register pairs them
    part = data.executive_vacant + data.executive_interim
    if part > data.executive_posts:
        rule = f"must be no fewer than the vacant and interim posts together, {part}"
        place = "/data/executive_posts"
        yield Fault(place, "sum_exceeds_total", rule, shown(data.executive_posts))


def _text(data: BoardComposed) -> str:
    posts = (
        "1 executive post"
        if data.executive_posts == 1
        else f"{data.executive_posts} executive posts"
    )
    state = f"{data.executive_vacant} vacant and {data.executive_interim} interim"
    return f"Board of {data.voting_members} voting members; {posts}, {state}"


TYPE: Final = EventType(
    payload=BoardComposed,
    part="leadership",
    fold=Fold("board_composition", "states"),
    text=_text,
    check=_check,
    classes={
        "executive_posts": "organisation",
        "executive_vacant": "organisation",
        "executive_interim": "organisation",
        "voting_members": "organisation",
    },
    sample={
        "executive_posts": 8,
        "executive_vacant": 1,
        "executive_interim": 1,
        "voting_members": 13,
    },
)
