"""Ratings: for each subject and question the newest publication that rates it, with its age.

Sources: DOMAIN.md §2 (ratings, mergers). Effective is the publication, evidence the assessment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from msgspec import UNSET, Struct

from service.domain import dates
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.ledger import ordered
from service.projections.measure import Evidence, Moment, evidence, moment

TYPES: Final = ("RegulatorRated",)
QUESTIONS: Final = ("overall", "safe", "effective", "caring", "responsive", "well_led")
_GREY_AFTER: Final = 36
Subject = tuple[str, str, str, str]


class Rated(Struct, frozen=True, gc=False):
    """One question's rating. grey: its evidence is older than three years."""

    question: str
    rating: str
    framework: str
    published: Moment
    assessed_from: dt.date | None
    assessed_to: dt.date | None
    age_months: int
    grey: bool
    events: Evidence


class Subjects(Struct, frozen=True, gc=False):
    """The ratings of a trust, a location or a service.

    inherited_from: the absorbed trust whose rating it is; such a trust-level one is only beside.
    superseded: ratings published later whose assessment ended by the date; they change no value.
    """

    scope: str
    location: str | None
    service: str | None
    inherited_from: str | None
    ratings: tuple[Rated, ...]
    superseded: tuple[Rated, ...]


class Ratings(Struct, frozen=True, gc=False, tag_field="section", tag="ratings"):
    """All ratings on a date, the trust's own first."""

    subjects: tuple[Subjects, ...]


def ratings(given: Context) -> Ratings:
    """Return the ratings on a date."""
    keyed: dict[Subject, list[tuple[str | None, Fact]]] = {}
    for origin, fact in _all(given):
        keyed.setdefault(_subject(origin, fact), []).append((origin, fact))
    order = sorted(keyed, key=lambda key: (key[0] != "trust", key))
    found = (_rate(key, keyed[key], given.on) for key in order)
    return Ratings(tuple(item for item in found if item.ratings or item.superseded))


def _all(given: Context) -> list[tuple[str | None, Fact]]:
    found: list[tuple[str | None, Fact]] = [(None, fact) for fact in given.own(*TYPES)]
    for gone in given.absorbed:
        found.extend((gone.code, fact) for fact in gone.own(*TYPES))
    return found


def _subject(origin: str | None, fact: Fact) -> Subject:
    """Return the key: locations and services are one across a merger, trusts stay apart."""
    place = tuple(
        "" if member is UNSET else member for member in (fact.data.location, fact.data.service)
    )
    apart = origin or "" if fact.data.scope == "trust" else ""
    return (fact.data.scope, place[0], place[1], apart)


def _rate(key: Subject, said: Sequence[tuple[str | None, Fact]], on: dt.date) -> Subjects:
    facts = ordered(fact for _, fact in said)
    published = [fact for fact in facts if fact.effective <= on]
    newest = {
        q: fact for fact in published for q in QUESTIONS if getattr(fact.data, q) is not UNSET
    }
    late = [fact for fact in facts if fact.effective > on and _assessed_by(fact, on)]
    counting = published[-1] if published else None
    origins = [origin for origin, fact in said if fact is counting]
    return Subjects(
        scope=key[0],
        location=key[1] or None,
        service=key[2] or None,
        inherited_from=origins[0] if origins else key[3] or None,
        ratings=tuple(_rated(newest[q], q, on) for q in QUESTIONS if q in newest),
        superseded=tuple(
            _rated(fact, q, on)
            for fact in late
            for q in QUESTIONS
            if getattr(fact.data, q) is not UNSET
        ),
    )


def _assessed_by(fact: Fact, on: dt.date) -> bool:
    assessed: dt.date | object = fact.data.assessed_to
    return isinstance(assessed, dt.date) and assessed <= on


def _rated(fact: Fact, question: str, on: dt.date) -> Rated:
    data = fact.data
    evidenced = fact.effective if data.assessed_to is UNSET else data.assessed_to
    return Rated(
        question=question,
        rating=getattr(data, question),
        framework=data.framework,
        published=moment(fact),
        assessed_from=None if data.assessed_from is UNSET else data.assessed_from,
        assessed_to=None if data.assessed_to is UNSET else data.assessed_to,
        age_months=dates.whole_months(evidenced, on),
        grey=evidenced <= dates.add_months(on, -_GREY_AFTER),
        events=evidence([fact]),
    )


__all__ = ["TYPES", "Rated", "Ratings", "Subjects", "ratings"]
