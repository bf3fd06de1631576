"""NetworkSurveyed: staff were asked with whom they work on improvement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, UnsetType

from service.domain.envelope import Event, Payload
from service.domain.faults import Fault, shown
from service.domain.fields import Count, Share, Text
from service.domain.spec import EventType, Fold, Smallest


class NetworkSurveyed(Payload):
    """Staff were asked with whom they work on improvement; effective is the survey's last day.

    instrument: name of the questionnaire. invited, responded: people asked, people who answered.
    ties: ties named. isolates: people who answered and have no tie.
    density_share: ties over possible ties, 0 to 1.
    reciprocity_share: ties that both sides named, over all ties.
    cross_division_share: ties that cross divisions, over all ties.
    Source: the trust's own survey. Recorded by: the organisation; the operator also.
    """

    instrument: Text
    invited: Count
    responded: Count
    ties: Count
    density_share: Share
    isolates: Count
    reciprocity_share: Share | UnsetType = UNSET
    cross_division_share: Share | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, NetworkSurveyed)  # noqa: S101 - the register pairs them
    if data.responded > data.invited:
        rule = f"must be no more than the people invited, {data.invited}"
        yield Fault("/data/responded", "part_exceeds_whole", rule, shown(data.responded))
    if data.isolates > data.responded:
        rule = f"must be no more than the people who responded, {data.responded}"
        yield Fault("/data/isolates", "part_exceeds_whole", rule, shown(data.isolates))


def _text(data: NetworkSurveyed) -> str:
    answered = f"{data.responded:,} of {data.invited:,} people answered"
    found = f"{data.ties:,} ties, {data.isolates:,} isolates"
    return f"Network survey ({data.instrument}): {answered}, {found}"


TYPE: Final = EventType(
    payload=NetworkSurveyed,
    part="culture",
    fold=Fold("networks", "adds"),
    text=_text,
    check=_check,
    classes={
        "invited": "survey",
        "responded": "survey",
        "ties": "survey",
        "density_share": "survey",
        "isolates": "survey",
        "reciprocity_share": "survey",
        "cross_division_share": "survey",
    },
    withheld=Smallest("responded"),
    sample={
        "instrument": "Improvement ties questionnaire",
        "invited": 180,
        "responded": 121,
        "ties": 640,
        "density_share": 0.044,
        "isolates": 9,
        "cross_division_share": 0.31,
    },
)
