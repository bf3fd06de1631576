"""Shared leadership: which divisions teams were given the means to lead improvement in, and what.

Source: MODEL.md §1, measures without a level. Never inherited, as leadership is not. Divisions
are those of the newest list; what was given to one that is not on it is shown and not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from service.projections import size
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.measure import Evidence, Measure, evidence, measure, unknown

TYPES: Final = ("SharedLeadershipExtended",)


class Given(Struct, frozen=True, gc=False):
    """What was given: to how many divisions of the list, in percent, and to which ever."""

    what: str
    divisions_percent: Measure
    divisions: tuple[str, ...]
    events: Evidence


class SharedLeadership(Struct, frozen=True, gc=False, tag_field="section", tag="shared_leadership"):
    """Shared leadership up to a date. reached: with anything at all; teams: over all events."""

    reached: Measure
    teams: Measure
    gives: tuple[Given, ...]


def shared_leadership(given: Context) -> SharedLeadership:
    """Return shared leadership up to a date."""
    facts = [fact for fact in given.own(*TYPES) if fact.effective <= given.on]
    if not facts:
        nothing = unknown("teams", "not_recorded")
        return SharedLeadership(unknown("percent", "not_recorded"), nothing, ())
    kinds = sorted({what for fact in facts for what in fact.data.gives})
    return SharedLeadership(
        reached=_percent(given, facts),
        teams=measure(sum(fact.data.teams for fact in facts), "teams", facts, "at_most"),
        gives=tuple(_given(given, kind, facts) for kind in kinds),
    )


def _given(given: Context, what: str, facts: Sequence[Fact]) -> Given:
    giving = [fact for fact in facts if what in fact.data.gives]
    divisions = sorted({code for fact in giving for code in fact.data.divisions})
    return Given(what, _percent(given, giving), tuple(divisions), evidence(giving))


def _percent(given: Context, facts: Sequence[Fact]) -> Measure:
    """Return the share of the divisions of the newest list that facts name; at least so many."""
    listed = size.divisions(given)
    if listed is None or not listed.data.divisions:
        return unknown("percent", "no_list_of_divisions", facts)
    codes = {division.code for division in listed.data.divisions}
    reached = {code for fact in facts for code in fact.data.divisions} & codes
    return measure(
        round(100 * len(reached) / len(codes), 2), "percent", [listed, *facts], "at_least"
    )


__all__ = ["TYPES", "Given", "SharedLeadership", "shared_leadership"]
