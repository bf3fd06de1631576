"""SharedLeadershipExtended: teams were given the means to lead improvement themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import Meta

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import MOST_ITEMS, Count, Reference
from service.domain.spec import EventType, Fold
from service.domain.words import body_list, plain


class SharedLeadershipExtended(Payload):
    """Teams were given the means to lead improvement; effective is the first day they had them.

    divisions: codes of the divisions of the teams. teams: how many teams.
    gives: what they were given: training, support, permission or protected time.
    Source: the trust's own record. Recorded by: the organisation; the operator also.
    """

    divisions: Annotated[tuple[Reference, ...], Meta(min_length=1, max_length=MOST_ITEMS)]
    teams: Count
    gives: Annotated[
        tuple[Literal["training", "support", "permission", "protected_time"], ...],
        Meta(min_length=1, max_length=MOST_ITEMS),
    ]


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, SharedLeadershipExtended)  # noqa: S101 - the register pairs them
    yield from checks.repeated("/data/divisions", data.divisions)
    yield from checks.repeated("/data/gives", data.gives)


def _text(data: SharedLeadershipExtended) -> str:
    gives = body_list(plain(what) for what in data.gives)
    teams = "1 team" if data.teams == 1 else f"{data.teams} teams"
    return f"Gave {gives} to {teams} in {body_list(data.divisions)}"


TYPE: Final = EventType(
    payload=SharedLeadershipExtended,
    part="leadership",
    fold=Fold("shared_leadership", "adds"),
    text=_text,
    check=_check,
    classes={"teams": "organisation"},
    sample={"divisions": ["med", "surg"], "teams": 12, "gives": ["training", "protected_time"]},
)
