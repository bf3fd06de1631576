"""Routines of managing improvement: which are held, in which divisions, for how many teams.

Source: DOMAIN.md §2 (mergers: routines go on, the same one in both is one). Begun in some
divisions and then in more, a routine is held in all of them; ended in one it goes on elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import UNSET, Struct

from service.projections.context import Context, carried
from service.projections.history import Fact
from service.projections.ledger import ordered
from service.projections.measure import Evidence, Measure, Moment, evidence, measure, moment

TYPES: Final = ("ManagementRoutineStarted", "ManagementRoutineEnded")
WHOLE: Final = "*"
"""The whole trust: a routine begun without divisions."""


class Routine(Struct, frozen=True, gc=False):
    """A routine that is held. divisions: where; whole_trust: everywhere.

    teams_covered: teams by the newest statements, None where one says nothing.
    """

    kind: str
    since: Moment
    whole_trust: bool
    divisions: tuple[str, ...]
    teams_covered: int | None
    inherited_from: tuple[str, ...]
    events: Evidence


def live(given: Context) -> tuple[Routine, ...]:
    """Return the routines held on the date, in order of their kinds."""
    kinds = _kinds(given)
    return tuple(_routine(given, name, kinds[name]) for name in sorted(kinds))


def count(given: Context) -> Measure:
    """Return how many kinds of routine are held on the date."""
    kinds = _kinds(given)
    return measure(len(kinds), "routines", _statements(kinds.values()))


Places = dict[tuple[str, str], Fact]
"""Where a routine is held, by the body whose it was and the division, with what says so."""


def _kinds(given: Context) -> dict[str, Places]:
    """Return where each routine is held on the date; those held nowhere are left out."""
    found: dict[str, Places] = {}
    for origin, facts in carried(given, *TYPES):
        body = origin or given.code
        for fact in facts:
            if fact.effective <= given.on:
                _take(found.setdefault(fact.data.kind, {}), body, fact)
    held = {name: _restated(given, places) for name, places in found.items()}
    return {name: places for name, places in held.items() if places}


def _restated(given: Context, places: Places) -> Places:
    """Return places without those of absorbed trusts that the successor has spoken for since."""
    whole = places.get((given.code, WHOLE))
    spoken = {g.code for g in given.absorbed if whole and whole.effective >= g.since}
    return {place: fact for place, fact in places.items() if place[0] not in spoken}


def _take(places: Places, body: str, fact: Fact) -> None:
    """Let a statement open or close a routine in its divisions, or in the whole trust."""
    named = [(body, code) for code in fact.data.divisions or ()]
    if fact.type == "ManagementRoutineStarted":
        places.update(dict.fromkeys(named or [(body, WHOLE)], fact))
        return
    for place in named or [place for place in places if place[0] == body]:
        places.pop(place, None)


def _routine(given: Context, kind: str, places: Places) -> Routine:
    said = _statements([places])
    teams = [fact.data.teams_covered for fact in said]
    return Routine(
        kind=kind,
        since=moment(said[0]),
        whole_trust=any(code == WHOLE for _, code in places),
        divisions=tuple(sorted({code for _, code in places if code != WHOLE})),
        teams_covered=None if UNSET in teams else sum(teams),
        inherited_from=tuple(sorted({body for body, _ in places} - {given.code})),
        events=evidence(said),
    )


def _statements(parts: Iterable[Places]) -> tuple[Fact, ...]:
    found = {fact.position: fact for places in parts for fact in places.values()}
    return ordered(found.values())


__all__ = ["TYPES", "Routine", "count", "live"]
