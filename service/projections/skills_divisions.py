"""Skills by division, and the divisions without: holes.

Source: DOMAIN.md §2: divisions are those of the newest DivisionsSet; without one, what rests on
divisions is unknown. Parts recorded without a division, or with one that is not of the newest
list, may lie anywhere: holes that they could fill are "at most".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import UNSET, Struct

from service.projections import skilled
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.ledger import newest
from service.projections.measure import Measure, measure, unknown
from service.projections.size import Division, listed

_HALF: Final = 0.5


class DivisionSkills(Struct, frozen=True, gc=False):
    """One division: its staff, completions of introductory courses in 12 months, its skilled.

    Practitioners, coaches and experts are of the newest census.
    """

    code: str
    name: str
    headcount: Measure
    introductory_12m: Measure
    practitioners: Measure
    coaches: Measure
    experts: Measure


class Placed(Struct, frozen=True, gc=False):
    """People by division, and those that no division of the newest list is stated for."""

    by: dict[str, int]
    unplaced: int
    facts: tuple[Fact, ...]


def divisions(given: Context) -> tuple[DivisionSkills, ...]:
    """Return each division of the newest list with its skills."""
    named = listed(given)
    heads = headcounts(given, named)
    done = _trained(given, named)
    counted = {tier: _counted(given, named, tier) for tier in ("practitioner", "coach", "expert")}
    return tuple(
        DivisionSkills(
            code=division.code,
            name=division.name,
            headcount=_of(heads, division, "people"),
            introductory_12m=_of(done, division, "completions"),
            practitioners=_of(counted["practitioner"], division, "people"),
            coaches=_of(counted["coach"], division, "people"),
            experts=_of(counted["expert"], division, "people"),
        )
        for division in named
    )


def introductory_holes(given: Context, percent: Measure) -> Measure:
    """Return how many divisions trained less than half of the trust's share in 12 months."""
    named = listed(given)
    heads, done = headcounts(given, named), _trained(given, named)
    if not named or heads is None or done is None:
        return unknown("divisions", "divisions_not_known")
    if any(not heads.by.get(division.code) for division in named):
        return unknown("divisions", "no_headcount_of_every_division", heads.facts)
    if percent.status != "known":
        return unknown("divisions", "share_of_the_trust_not_exact", done.facts)
    half = _HALF * float(percent.value or 0)
    below = [d for d in named if 100 * done.by.get(d.code, 0) / heads.by[d.code] < half]
    return _holes(len(below), done, heads.facts)


def without(given: Context, tier: str) -> Measure:
    """Return how many divisions have nobody of a tier by the newest census."""
    named = listed(given)
    counted = _counted(given, named, tier)
    if not named or counted is None:
        return unknown("divisions", "divisions_not_known" if not named else "no_census")
    return _holes(sum(not counted.by.get(d.code) for d in named), counted)


def headcounts(given: Context, named: Iterable[Division]) -> Placed | None:
    """Return the staff of each division by the newest count that states any."""
    counts = [f for f in given.own("WorkforceCounted") if f.effective <= given.on]
    said = newest(f for f in counts if any(p.division is not UNSET for p in f.data.by or ()))
    return _placed(given, named, [said], "headcount") if said else None


def _holes(count: int, placed: Placed, more: Iterable[Fact] = ()) -> Measure:
    exact = not count or not placed.unplaced
    basis = [*placed.facts, *more]
    return measure(count, "divisions", basis, "known" if exact else "at_most")


def _trained(given: Context, named: Iterable[Division]) -> Placed | None:
    done = skilled.trained(given, "introductory")
    return _placed(given, named, done, "completions") if done else None


def _counted(given: Context, named: Iterable[Division], tier: str) -> Placed | None:
    said = skilled.newest_census(given, tier)
    return _placed(given, named, [said], "people") if said else None


def _placed(
    given: Context, named: Iterable[Division], facts: Iterable[Fact], member: str
) -> Placed:
    """Return a member by division; parts of another trust's divisions stand nowhere."""
    codes = {division.code for division in named}
    known = tuple(facts)
    by: dict[str, int] = {}
    whole = 0
    for fact in known:
        whole += getattr(fact.data, member) or 0
        for part in (fact.data.by or ()) if fact.organisation == given.code else ():
            count = getattr(part, member)
            if part.division in codes and count is not UNSET:
                by[part.division] = by.get(part.division, 0) + count
    return Placed(by, max(whole - sum(by.values()), 0), known)


def _of(placed: Placed | None, division: Division, unit: str) -> Measure:
    if placed is None:
        return unknown(unit, "not_recorded")
    value = placed.by.get(division.code, 0)
    return measure(value, unit, placed.facts, "at_least" if placed.unplaced else "known")


__all__ = ["DivisionSkills", "Placed", "divisions", "headcounts", "introductory_holes", "without"]
