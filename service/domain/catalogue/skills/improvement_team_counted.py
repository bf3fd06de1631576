"""ImprovementTeamCounted: the posts of the improvement team were counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import UNSET, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Day, Wte
from service.domain.spec import EventType, Fold
from service.domain.words import plain


class ImprovementTeamCounted(Payload):
    """Posts of the improvement team on one basis were counted; effective is the day of the count.

    wte_funded, wte_in_post: whole-time equivalents that are paid for, and that are filled.
    basis: on which these posts stand; each basis is counted apart, its newest count holds, and
    they add up. until: last day for which the money or the secondment is agreed.
    Source: the trust's own record. Recorded by: the organisation; the operator also.
    """

    wte_funded: Wte
    wte_in_post: Wte
    basis: Literal["recurrent", "fixed_term", "secondment"]
    until: Day | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, ImprovementTeamCounted)  # noqa: S101 - the register pairs them
    yield from checks.end_before_beginning("/data/until", data.until, event.effective)


def _text(data: ImprovementTeamCounted) -> str:
    posts = f"{data.wte_funded:g} whole-time equivalents funded, {data.wte_in_post:g} in post"
    until = f", until {data.until}" if data.until is not UNSET else ""
    return f"Improvement team: {posts} ({plain(data.basis)}{until})"


TYPE: Final = EventType(
    payload=ImprovementTeamCounted,
    part="skills",
    fold=Fold("improvement_team", "states", ("basis",)),
    text=_text,
    check=_check,
    classes={"wte_funded": "organisation", "wte_in_post": "organisation"},
    sample={
        "wte_funded": 6.0,
        "wte_in_post": 4.6,
        "basis": "fixed_term",
        "until": "2027-03-31",
    },
)
