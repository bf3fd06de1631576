"""Ten years of a trust's leaders that matter for a programme, and its programmes beside them.

Question 4 of a lead: where will a change of leader break a programme? Association, not cause.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from msgspec import UNSET, Struct

from service.domain import dates
from service.projections.context import Context, UnreadableAt
from service.projections.leadership_measures import affairs
from service.projections.measure import Evidence, evidence
from service.projections.member_sections import Sections
from service.projections.posts import CHIEF, Spell
from service.projections.strategy import Undertaking

POSTS: Final = ("chair", CHIEF, "director_of_improvement")
_MONTHS: Final = 120


class LaneSpell(Struct, frozen=True, gc=False):
    """One person's time in a post, whole, also where it began before the ten years.

    seen_first: the start is only the first day on which the person is known to be in post.
    end: the first day no longer in post, by the date. basis: as last said by then.
    term_ends: the last day of a fixed term, as last said.
    """

    post: str
    person: str
    start: dt.date
    seen_first: bool
    end: dt.date | None
    basis: str | None
    term_ends: dt.date | None
    events: Evidence


class Lane(Struct, frozen=True, gc=False):
    """Spells by post and start, strategies and programmes by start; None: cannot be read."""

    spells: tuple[LaneSpell, ...] | None
    undertakings: tuple[Undertaking, ...] | None


def lane(given: Context, said: Sections) -> Lane:
    """Return the ten years up to a date of one trust."""
    return Lane(
        None if isinstance(said.leadership, UnreadableAt) else _spells(given),
        None
        if isinstance(said.strategy, UnreadableAt)
        else _undertakings([*said.strategy.live, *said.strategy.ended], given.on),
    )


def _spells(given: Context) -> tuple[LaneSpell, ...]:
    held, first = affairs(given).posts, dates.add_months(given.on, -_MONTHS)
    return tuple(
        _spell(spell, given.on)
        for post in POSTS
        for spell in held.of(post)
        if spell.start <= given.on and (spell.end is None or spell.end > first)
    )


def _spell(spell: Spell, on: dt.date) -> LaneSpell:
    known = [fact for fact in spell.facts() if fact.effective <= on]
    terms = [f.data.term_ends for f in known if getattr(f.data, "term_ends", UNSET) is not UNSET]
    return LaneSpell(
        post=spell.post,
        person=spell.person,
        start=spell.start,
        seen_first=spell.seen_first,
        end=spell.end if spell.end is not None and spell.end <= on else None,
        basis=spell.basis(on),
        term_ends=terms[-1] if terms else None,
        events=evidence(known),
    )


def _undertakings(items: Sequence[Undertaking], on: dt.date) -> tuple[Undertaking, ...]:
    first = dates.add_months(on, -_MONTHS)
    shown = [item for item in items if item.end is None or item.end.date > first]
    return tuple(sorted(shown, key=lambda item: (item.start.date, item.kind, item.code)))


__all__ = ["POSTS", "Lane", "LaneSpell", "lane"]
