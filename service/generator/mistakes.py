"""Mistakes: events that are corrected, retracted or disputed later, and what comes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final, Literal

import msgspec
from msgspec import Raw

from service.domain.catalogue.connection.network_joined import NetworkJoined
from service.domain.catalogue.funding.funding_spent import FundingSpent
from service.domain.catalogue.record.dispute_settled import DisputeSettled
from service.domain.catalogue.record.event_corrected import EventCorrected
from service.domain.catalogue.record.event_disputed import EventDisputed
from service.domain.catalogue.record.event_retracted import EventRetracted
from service.domain.catalogue.register.income_reported import IncomeReported
from service.domain.catalogue.skills.skills_counted import SkillsCounted
from service.domain.catalogue.skills.staff_trained import StaffTrained
from service.domain.envelope import Event, Payload
from service.domain.fields import Reason
from service.domain.mentions import payload_mentions
from service.domain.register import TYPES
from service.generator.answers import Desk
from service.generator.bodies import DECLARED, REGISTER, Body, Life, Voice, tell, tell_of
from service.generator.chance import Chance
from service.generator.months import Month

Ground = Literal["wrong_figure", "wrong_date", "not_ours"]

MISTAKEN: Final = 0.018
"""Of all events that can be mistaken, those that are found to be."""

_SURE: Final[frozenset[type[Payload]]] = frozenset(
    kind.payload
    for kind in TYPES
    if kind.part in {"register", "record"}
    and kind.name not in {"IncomeReported", "WorkforceCounted", "ReturnMade"}
)
"""What is not put right here: a register without its trusts would be no believable one."""


def mistake(desk: Desk, event: Event) -> Life | None:
    """Return what comes of an event that was wrong; None for most."""
    if desk.chance.random() >= MISTAKEN or type(event.data) in _SURE:
        return None
    return desk.chance.weighted(_COURSES)(desk, event)


def _corrected(desk: Desk, event: Event) -> Life:
    month = yield desk.chance.wait(4)
    _correct(desk, event, month)


def _corrected_twice(desk: Desk, event: Event) -> Life:
    yield from _corrected(desk, event)
    yield from _corrected(desk, event)


def _correction_retracted(desk: Desk, event: Event) -> Life:
    month = yield desk.chance.wait(4)
    correction = _correct(desk, event, month)
    month = yield desk.chance.wait(3)
    _retract(desk, correction, month)


def _retracted(desk: Desk, event: Event) -> Life:
    month = yield desk.chance.wait(4)
    _retract(desk, event, month)


def _retraction_taken_back(desk: Desk, event: Event) -> Life:
    month = yield desk.chance.wait(3)
    retraction = _retract(desk, event, month)
    month = yield desk.chance.wait(3)
    _retract(desk, retraction, month)


def _disputed(desk: Desk, event: Event) -> Life:
    """Dispute an event, settle the dispute, and put the event right where it was upheld."""
    chance = desk.chance
    month = yield chance.between(1, 4)
    body = desk.open(chance.one_of((event.organisation, *sorted(payload_mentions(event.data)))))
    if body is None:
        return
    ground: Ground = chance.one_of(("wrong_figure", "wrong_date", "not_ours"))
    disputed = EventDisputed(event=event.id, ground=ground)
    dispute = tell(body, chance.day(month), disputed, DECLARED)
    month = yield chance.between(2, 5)
    upheld = chance.likely(0.6)
    settled = DisputeSettled(dispute_event=dispute.id, outcome="upheld" if upheld else "rejected")
    tell(body, chance.day(month), settled, REGISTER)
    if upheld:
        yield from _retracted(desk, event) if ground == "not_ours" else _corrected(desk, event)


def _correct(desk: Desk, event: Event, month: Month) -> Event:
    amended = _AMENDED.get(type(event.data), _unchanged)(event.data, desk.chance)
    earlier = dt.timedelta(days=desk.chance.between(1, 9) if amended is event.data else 0)
    raw = Raw(msgspec.json.encode(amended, order="sorted"))
    correction = EventCorrected(event=event.id, data=raw, reason="mistyped")
    day = event.effective - earlier
    told = desk.chance.day(month)
    return tell_of(_body(desk, event), told, day, correction, _voice(event))


def _retract(desk: Desk, event: Event, month: Month) -> Event:
    reason: Reason = desk.chance.one_of(("duplicate", "superseded", "mistyped"))
    retraction = EventRetracted(event=event.id, reason=reason)
    return tell(_body(desk, event), desk.chance.day(month), retraction, _voice(event))


def _body(desk: Desk, event: Event) -> Body:
    """Return the organisation in whose stream an event stands, closed or not."""
    return desk.bodies[event.organisation]


def _voice(event: Event) -> Voice:
    """Return the voice of whoever recorded an event: who may record it may put it right."""
    return Voice(event.source, event.assurance)


def _unchanged(data: Payload, _: Chance) -> Payload:
    return data


def _more(member: str) -> Callable[[Payload, Chance], Payload]:
    """Return what raises a figure by a few in a hundred; parts of it stay within it."""

    def raised(data: Payload, chance: Chance) -> Payload:
        """Return the payload with the figure raised."""
        figure: int = getattr(data, member)
        return msgspec.structs.replace(data, **{member: figure + chance.near(1 + figure / 20)})

    return raised


_AMENDED: Final[dict[type[Payload], Callable[[Payload, Chance], Payload]]] = {
    StaffTrained: _more("completions"),
    SkillsCounted: _more("people"),
    FundingSpent: _more("pence"),
    IncomeReported: _more("pence"),
    NetworkJoined: _more("members"),
}
_COURSES: Final[tuple[tuple[Callable[[Desk, Event], Life], float], ...]] = (
    (_corrected, 0.5),
    (_retracted, 0.14),
    (_disputed, 0.14),
    (_corrected_twice, 0.08),
    (_correction_retracted, 0.08),
    (_retraction_taken_back, 0.06),
)

__all__ = ["MISTAKEN", "mistake"]
