"""Leaders who came to a trust and left it, and those lent to and by it: persons are references."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, Struct

from service.domain import dates
from service.projections.context import Context
from service.projections.history import Fact, counts_for
from service.projections.leadership_measures import affairs
from service.projections.measure import Evidence, Moment, evidence, moment
from service.projections.posts import Spell

WITHIN: Final = 12
"""Months that moves are shown for, and in which a person who left turns up elsewhere."""


class Left(Struct, frozen=True, gc=False):
    """A person's last day in a post is the day before `on`. reason: as stated."""

    person: str
    post: str
    on: Moment
    reason: str
    events: Evidence


class Came(Struct, frozen=True, gc=False):
    """A person's first day in a post, by an appointment."""

    person: str
    post: str
    on: Moment
    events: Evidence


class Lent(Struct, frozen=True, gc=False):
    """A leader lent by one body to another. until: the last day as stated.

    live: None where the borrower's history is not at hand and no last day is stated.
    counted: the lender confirmed it, or the operator recorded it.
    """

    person: str
    post: str
    lender: str
    borrower: str
    on: Moment
    until: dt.date | None
    live: bool | None
    counted: bool
    events: Evidence


class People(Struct, frozen=True, gc=False):
    """Who came and left in the last 24 months, whoever is or was lent in the last 12."""

    left: tuple[Left, ...]
    came: tuple[Came, ...]
    lent: tuple[Lent, ...]


def people(given: Context) -> People:
    """Return whom a trust lost, gained, lent and borrowed by a date."""
    spells = affairs(given).posts.spells
    after = dates.add_months(given.on, -2 * WITHIN)
    return People(
        left=tuple(item for spell in spells for item in _left(spell, after, given.on)),
        came=tuple(item for spell in spells for item in _came(spell, after, given.on)),
        lent=tuple(_lent(given)),
    )


def _left(spell: Spell, after: dt.date, on: dt.date) -> Iterator[Left]:
    closed = spell.closed
    if closed is not None and closed.type == "LeaderDeparted" and after < closed.effective <= on:
        reason = str(closed.data.reason)
        yield Left(spell.person, spell.post, moment(closed), reason, evidence([closed]))


def _came(spell: Spell, after: dt.date, on: dt.date) -> Iterator[Came]:
    if not spell.seen_first and after < spell.start <= on:
        opened = spell.bases[0]
        yield Came(spell.person, spell.post, moment(opened), evidence([opened]))


def _lent(given: Context) -> Iterator[Lent]:
    """Yield secondments that name a lender, live on the date or begun in the last 12 months."""
    spells = affairs(given).posts.spells
    after = dates.add_months(given.on, -WITHIN)
    for fact in given.history.of("LeaderAppointed"):
        lender = fact.data.from_organisation
        if lender is UNSET or fact.effective > given.on:
            continue
        if given.code not in {fact.organisation, lender}:
            continue
        found = _one(fact, spells if fact.organisation == given.code else None, given.on)
        if found.live or fact.effective > after:
            yield found


def _one(fact: Fact, spells: tuple[Spell, ...] | None, on: dt.date) -> Lent:
    """Return a secondment. spells: the borrower's."""
    until = None if fact.data.term_ends is UNSET else fact.data.term_ends
    return Lent(
        person=fact.data.person,
        post=fact.data.post,
        lender=fact.data.from_organisation,
        borrower=fact.organisation,
        on=moment(fact),
        until=until,
        live=_live(fact, spells, until, on),
        counted=counts_for(fact, fact.data.from_organisation),
        events=evidence([fact]),
    )


def _live(
    fact: Fact, spells: tuple[Spell, ...] | None, until: dt.date | None, on: dt.date
) -> bool | None:
    if until is not None and until < on:
        return False
    if spells is None:
        return None if until is None else True
    return any(fact in spell.bases and spell.live(on) for spell in spells)


__all__ = ["WITHIN", "Came", "Left", "Lent", "People", "people"]
