"""The level of strategy on a date.

Source: MODEL.md §1 (strategy) and §3: a live fact with a stated end vouches until that end, and so
does one that is known to end later; an open one ages from the last event about it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from service.domain.model import DimensionRules
from service.projections import strategy_measures, undertakings
from service.projections.context import Context, returned
from service.projections.held import Held
from service.projections.levelled import settled
from service.projections.levels import Answer, Case, decide, freshness


def strategy_level(given: Context, rules: DimensionRules) -> Answer:
    """Return the level of strategy on a date."""
    return settled(_level, given, rules)


def _level(given: Context, rules: DimensionRules) -> Answer:
    begun = undertakings.undertaken(given)
    seen = [*_seen(given, begun), *returned(given, "strategy")]
    age = freshness(rules, seen, lambda day: any(_vouches(i, day) for i in begun), given.on)
    return decide(Case(rules, strategy_measures.measures(given)), age)


def _vouches(item: Held, day: dt.date) -> bool:
    """Tell whether something live on a day is known to end later, or planned to."""
    planned = undertakings.planned_end(item.interval.opened)
    return item.live(day) and (item.end is not None or (planned is not None and day <= planned))


def _seen(given: Context, begun: list[Held]) -> Iterator[dt.date]:
    for item in begun:
        yield from (fact.effective for fact in item.facts)
        planned = undertakings.planned_end(item.interval.opened)
        if planned is not None:
            yield planned
    yield from (fact.effective for fact in given.own(*undertakings.TYPES))
    yield from (fact.data.by for fact in given.own("AmbitionSet") if fact.effective <= given.on)


__all__ = ["strategy_level"]
