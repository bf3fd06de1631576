"""DivisionsSet: a trust set out its divisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import MOST_ITEMS, Reference, Text
from service.domain.spec import EventType, Fold


class Division(Payload):
    """A division of a trust.

    code: the trust's own, unique within it. name: as the trust calls it.
    """

    code: Reference
    name: Text


class DivisionsSet(Payload):
    """A trust set out its divisions; effective is the first day of that structure.

    divisions: all of them, each code once; the newest event holds the whole list.
    Source: the trust's own structure. Recorded by: the organisation; the operator also.
    """

    divisions: Annotated[tuple[Division, ...], Meta(min_length=1, max_length=MOST_ITEMS)]


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, DivisionsSet)  # noqa: S101 - the register pairs them
    yield from checks.repeated("/data/divisions", (item.code for item in data.divisions), "code")


def _text(data: DivisionsSet) -> str:
    return f"Divisions: {', '.join(item.name for item in data.divisions)}"


TYPE: Final = EventType(
    payload=DivisionsSet,
    part="register",
    fold=Fold("divisions", "states"),
    text=_text,
    check=_check,
    sample={
        "divisions": [
            {"code": "med", "name": "Medicine"},
            {"code": "surg", "name": "Surgery and cancer"},
        ]
    },
)
