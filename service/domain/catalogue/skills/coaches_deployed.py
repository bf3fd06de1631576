"""CoachesDeployed: coaches were given time for teams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Count, Day, Wte
from service.domain.spec import EventType, Fold


class CoachesDeployed(Payload):
    """Coaches were given time for teams; effective is the first day. The newest event holds all.

    people: coaches. wte_released: their time for it in whole-time equivalents.
    teams_supported: teams that they coach. until: last day that is agreed.
    Source: the trust's own record. Recorded by: the organisation; the operator also.
    """

    people: Count
    wte_released: Wte
    teams_supported: Count
    until: Day | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, CoachesDeployed)  # noqa: S101 - the register pairs them
    yield from checks.end_before_beginning("/data/until", data.until, event.effective)


def _text(data: CoachesDeployed) -> str:
    coaches = "1 coach" if data.people == 1 else f"{data.people:,} coaches"
    teams = "1 team" if data.teams_supported == 1 else f"{data.teams_supported:,} teams"
    until = f" until {data.until}" if data.until is not UNSET else ""
    return f"{coaches} ({data.wte_released:g} whole-time equivalents) for {teams}{until}"


TYPE: Final = EventType(
    payload=CoachesDeployed,
    part="skills",
    fold=Fold("coaches", "states"),
    text=_text,
    check=_check,
    classes={
        "people": "organisation",
        "wte_released": "organisation",
        "teams_supported": "organisation",
    },
    sample={"people": 9, "wte_released": 2.4, "teams_supported": 31, "until": "2027-03-31"},
)
