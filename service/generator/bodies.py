"""The organisations of a generated history, what is remembered of each, and how they speak."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from service.domain.dates import Precision
from service.domain.envelope import Assurance, Event, Payload, Source
from service.domain.fields import LegalForm, TrustType
from service.domain.register import ENVELOPES, TYPES
from service.generator.chance import Chance
from service.generator.months import Month

T = TypeVar("T")
Course = Generator[int, Month, T]
"""As a life, but it comes to an end with a result."""
Life = Generator[int, Month, None]
"""A course of events: yields how many months pass, is sent the month that it then is."""

Told = tuple[dt.date, Event]
"""An event, and the day on which it would be recorded were everybody prompt."""

OPEN_PROJECTS: Final = 40
"""Projects that a trust remembers as open: the oldest is forgotten, as happens."""

_ENVELOPES: Final[dict[type[Payload], type[Event]]] = {
    kind.payload: ENVELOPES[kind.name] for kind in TYPES
}


class Voice(Struct, frozen=True):
    """Where a fact was found, how much stands behind it, and how exactly its day is known."""

    source: Source
    assurance: Assurance
    precision: Precision = "day"


def _voice(assurance: Assurance, publisher: str, reference: str) -> Voice:
    kind: Final = "own" if assurance in {"board_minuted", "self_declared"} else "public"
    source = Source(kind=kind, publisher=publisher, reference=reference)
    return Voice(source, assurance)


REGISTER: Final = _voice("public_record", "Fictional register", "organisations")
PUBLISHED: Final = _voice("public_record", "Fictional statistics", "published file")
NEWS: Final = _voice("third_party", "Fictional gazette", "news")
MINUTED: Final = _voice("board_minuted", "The board", "papers")
REMEMBERED: Final = msgspec.structs.replace(NEWS, precision="month")
DECLARED: Final = _voice("self_declared", "The improvement team", "own record")


class Body(Struct, eq=False):
    """An organisation. told: where its events go. closed: it does nothing any more."""

    code: str
    name: str
    chance: Chance
    told: list[Told]
    closed: bool = False


class System(Body, eq=False):
    """A system of trusts: the open ones that it hosts, and those that work with it beside."""

    members: list[Trust] = msgspec.field(default_factory=list)
    partners: list[Trust] = msgspec.field(default_factory=list)


class Trust(Body, eq=False):
    """A trust and what is remembered of it.

    quality: from 0 to 1; nobody can see it, everything that happens leans on it.
    divisions: their codes. home: its host system. everyone: all trusts, closed ones too.
    method: of improvement. gaps: executive posts that nobody, or an interim, holds.
    projects: references of open ones. started: how many were ever begun.
    cohorts_a_year: as many courses are told of, so that each is of its share of the people.
    """

    everyone: Sequence[Trust] = ()
    quality: float = 0.5
    trust_type: TrustType = "acute"
    legal_form: LegalForm = "nhs_trust"
    headcount: int = 5000
    divisions: tuple[str, ...] = ()
    home: System | None = None
    method: str = "in_house"
    vacant: set[str] = msgspec.field(default_factory=set)
    interim: set[str] = msgspec.field(default_factory=set)
    projects: deque[str] = msgspec.field(default_factory=lambda: deque(maxlen=OPEN_PROJECTS))
    started: int = 0
    cohorts_a_year: float = 0.0


def tell(body: Body, day: dt.date, data: Payload, voice: Voice = MINUTED) -> Event:
    """Have something happen to an organisation on a day, and be told at once; return the event."""
    return tell_of(body, day, day, data, voice)


def tell_of(
    body: Body, day: dt.date, effective: dt.date, data: Payload, voice: Voice = MINUTED
) -> Event:
    """Have an organisation tell on a day what is so since another; return the event."""
    event = _ENVELOPES[type(data)](
        id=body.chance.id(),
        organisation=body.code,
        effective=effective,
        precision=voice.precision,
        data=data,
        source=voice.source,
        assurance=voice.assurance,
    )
    body.told.append((day, event))
    return event


def another(trust: Trust) -> Trust | None:
    """Return another open trust, most often of the same system, or None if there is none."""
    chance = trust.chance
    near = trust.home.members if trust.home and chance.likely(0.65) else trust.everyone
    found = chance.one_of(near) if near else trust
    return None if found is trust or found.closed else found


def some_divisions(trust: Trust) -> tuple[str, ...]:
    """Return one to three divisions of a trust."""
    count = trust.chance.between(1, min(3, len(trust.divisions)))
    at = trust.chance.between(0, len(trust.divisions) - count)
    return trust.divisions[at : at + count]


def later(begin: Callable[[Month], Life], wait: int) -> Life:
    """Begin a life some months later."""
    month = yield wait
    yield from begin(month)


def band(trust: Trust, poor: T, ordinary: T, outstanding: T) -> T:
    """Return what holds of trusts like this one."""
    if trust.quality < 0.2:
        return poor
    return outstanding if trust.quality > 0.85 else ordinary


__all__ = [
    "DECLARED", "MINUTED", "NEWS", "PUBLISHED", "REGISTER", "REMEMBERED", "Body", "Course", "Life",
    "System", "Told", "Trust", "Voice", "another", "band", "later", "some_divisions", "tell",
    "tell_of",
]  # fmt: skip
