"""BoardDevelopmentHeld: a board learnt about improvement together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, UnsetType

from service.domain.envelope import Event, Payload
from service.domain.faults import Fault, shown
from service.domain.fields import Count, Text
from service.domain.spec import BOTH, EventType, Fold


class BoardDevelopmentHeld(Payload):
    """A board learnt about improvement together; effective is the day of the session.

    topic: what it was about. members_present, members_total: members there, and in all.
    non_executives_present: of those present, non-executive directors.
    Source: board papers. Recorded by: the organisation; the operator also.
    """

    topic: Text
    members_present: Count
    members_total: Count
    non_executives_present: Count | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, BoardDevelopmentHeld)  # noqa: S101 - the register pairs them
    if data.members_present > data.members_total:
        rule = f"must be no more than members_total, {data.members_total}"
        place = "/data/members_present"
        yield Fault(place, "part_exceeds_whole", rule, shown(data.members_present))
    others = data.non_executives_present
    if others is not UNSET and others > data.members_present:
        rule = f"must be no more than members_present, {data.members_present}"
        place = "/data/non_executives_present"
        yield Fault(place, "part_exceeds_whole", rule, shown(others))


def _text(data: BoardDevelopmentHeld) -> str:
    present = f"{data.members_present} of {data.members_total} members"
    return f"Board development on {data.topic}, {present} present"


TYPE: Final = EventType(
    payload=BoardDevelopmentHeld,
    part="board",
    bearers=BOTH,
    fold=Fold("board_development", "adds"),
    text=_text,
    check=_check,
    classes={
        "members_present": "organisation",
        "members_total": "organisation",
        "non_executives_present": "organisation",
    },
    sample={
        "topic": "Reading charts of variation",
        "members_present": 11,
        "members_total": 13,
        "non_executives_present": 6,
    },
)
