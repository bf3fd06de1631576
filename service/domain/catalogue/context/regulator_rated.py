"""RegulatorRated: the regulator published ratings of a trust, a location or a service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import UNSET, UnsetType

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Day, Rating, Text
from service.domain.spec import EventType, Fold
from service.domain.words import plain

QUESTIONS: Final = ("overall", "safe", "effective", "caring", "responsive", "well_led")


class RegulatorRated(Payload):
    """The regulator published ratings; effective is the day of publication.

    scope: what was rated. location, service: its name, where the scope asks for it.
    framework: kloe (key lines of enquiry, to 2023) or quality_statements (since).
    overall, safe, effective, caring, responsive, well_led: the ratings given; at least one.
    assessed_from, assessed_to: first and last day of the assessment that they rest on.
    Source: Care Quality Commission. Recorded by: the operator only.
    """

    scope: Literal["trust", "location", "service"]
    framework: Literal["kloe", "quality_statements"]
    location: Text | UnsetType = UNSET
    service: Text | UnsetType = UNSET
    overall: Rating | UnsetType = UNSET
    safe: Rating | UnsetType = UNSET
    effective: Rating | UnsetType = UNSET
    caring: Rating | UnsetType = UNSET
    responsive: Rating | UnsetType = UNSET
    well_led: Rating | UnsetType = UNSET
    assessed_from: Day | UnsetType = UNSET
    assessed_to: Day | UnsetType = UNSET


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, RegulatorRated)  # noqa: S101 - the register pairs them
    if all(getattr(data, question) is UNSET for question in QUESTIONS):
        rule = f"must give at least one rating: {', '.join(QUESTIONS)}"
        yield Fault("/data", "no_rating", rule)
    if data.scope != "trust" and getattr(data, data.scope) is UNSET:
        yield Fault(
            f"/data/{data.scope}", "missing", f"must be named when the scope is {data.scope}"
        )
    if data.assessed_from is not UNSET:
        first, last = data.assessed_from, data.assessed_to
        yield from checks.end_before_beginning("/data/assessed_to", last, first)


def _text(data: RegulatorRated) -> str:
    subject = {"trust": "the trust", "location": data.location, "service": data.service}[data.scope]
    given = [
        f"{plain(question)} {plain(rating)}"
        for question in QUESTIONS
        if (rating := getattr(data, question)) is not UNSET
    ]
    return f"The regulator rated {subject}: {', '.join(given)}"


TYPE: Final = EventType(
    payload=RegulatorRated,
    part="context",
    recorder="operator",
    fold=Fold("ratings", "states", ("scope", "location", "service")),
    text=_text,
    check=_check,
    sample={"scope": "trust", "framework": "kloe", "overall": "good", "well_led": "good"},
)
