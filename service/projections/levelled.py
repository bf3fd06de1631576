"""The levels of dimensions that have one: measures, freshness, and the level three months before.

Source: MODEL.md §2 (settled) and §3 (freshness).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

import msgspec

from service.domain.model import DimensionRules
from service.projections import culture, leadership
from service.projections.context import Context, months_before, returned
from service.projections.history import Fact
from service.projections.levels import Answer, Case, Freshness, decide, freshness, nothing
from service.projections.posts import CHIEF, Posts

_SETTLED_AFTER: Final = 3
Decided = Callable[[Context, DimensionRules], Answer]


def leadership_level(given: Context, rules: DimensionRules) -> Answer:
    """Return the level of leadership on a date."""
    return settled(_leadership_level, given, rules)


def culture_level(given: Context, rules: DimensionRules) -> Answer:
    """Return the level of culture on a date."""
    return settled(_culture_level, given, rules)


def settled(decided: Decided, given: Context, rules: DimensionRules) -> Answer:
    """Return a level with whether it was the same three months earlier, from the same history."""
    if ended := given.ended():
        return nothing(closed_reason(ended), Freshness(None, None, "none", None))
    now = decided(given, rules)
    before = decided(months_before(given, _SETTLED_AFTER), rules)
    return msgspec.structs.replace(now, settled=now.level == before.level)


def closed_reason(ended: Fact) -> str:
    """Return how a closed organisation is said: with its successor, if it has one."""
    return f"closed, see {ended.data.into}" if ended.type == "TrustMerged" else "closed"


def _leadership_level(given: Context, rules: DimensionRules) -> Answer:
    affairs = leadership.affairs(given)
    held = affairs.posts
    seen = [fact.effective for fact in affairs.facts]
    seen += [away.start for away in held.away]
    seen += [day for spell in held.spells for day in _term_ends(spell.bases)]
    seen += returned(given, "leadership")
    age = freshness(rules, seen, lambda day: _vouched(held, day), given.on)
    return decide(Case(rules, leadership.measures(affairs)), age)


def _vouched(held: Posts, day: dt.date) -> bool:
    """Tell whether what is so of the chief executive on a day is known to end later."""
    spells = held.of(CHIEF)
    begun = [spell for spell in spells if spell.start <= day]
    if not begun:
        return False
    live = [spell for spell in begun if spell.live(day)]
    ends = [spell.end for spell in live if spell.end is not None]
    stated = [end for spell in live for end in _term_ends(spell.bases) if end >= day]
    later = [spell.start for spell in spells if spell.start > day and not spell.seen_first]
    return bool(ends or stated or later)


def _term_ends(bases: tuple[Fact, ...]) -> list[dt.date]:
    found = (getattr(fact.data, "term_ends", None) for fact in bases)
    return [day for day in found if isinstance(day, dt.date)]


def _culture_level(given: Context, rules: DimensionRules) -> Answer:
    age = freshness(rules, culture.seen(given), lambda _day: False, given.on)
    return decide(Case(rules, culture.measures(given)), age)


__all__ = ["closed_reason", "culture_level", "leadership_level", "settled"]
