"""Leadership: holders of posts, tenure, turnover, vacancy, announced departures, approach.

Sources: DOMAIN.md §2 (tenure), MODEL.md §1 (leadership). The level hangs on the chief executive.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from msgspec import UNSET, Struct

from service.domain import dates
from service.projections.leadership_measures import (
    TYPES,
    Affairs,
    affairs,
    distinct,
    measures,
    state,
    tenure_of,
)  # fmt: skip
from service.projections.ledger import of_types
from service.projections.measure import Evidence, Measure, Moment, evidence, moment
from service.projections.posts import Spell

_ANNOUNCED_FOR: Final = 12


class Holder(Struct, frozen=True, gc=False):
    """A person in post on the date. counts: this one's tenure is the post's."""

    person: str
    basis: str | None
    since: Moment
    tenure_months: Measure
    counts: bool
    away: bool
    term_ends: dt.date | None


class Announced(Struct, frozen=True, gc=False):
    """A departure that is announced and has not come about."""

    person: str
    announced: Moment
    leaves_on: dt.date | None
    successor_known: bool
    events: Evidence


class Post(Struct, frozen=True, gc=False):
    """One post on the date. state: filled, vacant or unknown. warning: two in one post."""

    post: str
    state: str
    holders: tuple[Holder, ...]
    distinct_holders_36m: Measure
    announced: tuple[Announced, ...]
    warning: str | None


class Leadership(Struct, frozen=True, gc=False, tag_field="section", tag="leadership"):
    """Leadership of a body on a date; measures are those that the model's lines name."""

    posts: tuple[Post, ...]
    measures: dict[str, Measure]
    shared_divisions: tuple[str, ...]
    shared_events: Evidence


def leadership(given: Affairs) -> Leadership:
    """Return leadership on the date."""
    names = sorted({spell.post for spell in given.posts.spells if spell.start <= given.on})
    shared = [
        f for f in of_types(given.facts, "SharedLeadershipExtended") if f.effective <= given.on
    ]
    divisions = sorted({division for fact in shared for division in fact.data.divisions})
    found = tuple(_post(given, name) for name in names)
    return Leadership(found, measures(given), tuple(divisions), evidence(shared))


def _post(given: Affairs, name: str) -> Post:
    on = given.on
    live = [spell for spell in given.posts.of(name) if spell.live(on)]
    counting = given.posts.counting(name, on)
    present = given.posts.in_post(name, on)
    several = name != "non_executive_director" and len(present) > len(counting)
    return Post(
        post=name,
        state=state(given, name, on),
        holders=tuple(_holder(given, spell, counting) for spell in live),
        distinct_holders_36m=distinct(given, name),
        announced=_announced(given, name, live),
        warning="several_in_post" if several else None,
    )


def _holder(given: Affairs, spell: Spell, counting: Sequence[Spell]) -> Holder:
    terms = [
        f.data.term_ends
        for f in spell.bases
        if f.effective <= given.on and getattr(f.data, "term_ends", UNSET) is not UNSET
    ]
    return Holder(
        person=spell.person,
        basis=spell.basis(given.on),
        since=moment(spell.bases[0]) if spell.bases else Moment(spell.start),
        tenure_months=tenure_of(spell, given.on),
        counts=spell in counting,
        away=given.posts.lent(spell, given.on) is not None,
        term_ends=terms[-1] if terms else None,
    )


def _announced(given: Affairs, post: str, live: Sequence[Spell]) -> tuple[Announced, ...]:
    """Return announced departures: not after the departure, the next holder, or twelve months."""
    newest = max(
        (spell.start for spell in given.posts.of(post) if spell.start <= given.on), default=None
    )
    persons = {spell.person for spell in live}
    said = [f for f in of_types(given.facts, "LeaderDepartureAnnounced") if f.data.post == post]
    return tuple(
        Announced(
            person=fact.data.person,
            announced=moment(fact),
            leaves_on=None if fact.data.leaves_on is UNSET else fact.data.leaves_on,
            successor_known=fact.data.successor_known,
            events=evidence([fact]),
        )
        for fact in said
        if fact.data.person in persons
        and fact.effective <= given.on < dates.add_months(fact.effective, _ANNOUNCED_FOR)
        and (newest is None or newest <= fact.effective)
    )


__all__ = ["TYPES", "Affairs", "Leadership", "affairs", "leadership", "measures"]
