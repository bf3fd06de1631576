"""Skills by division, and the divisions without: holes.

Source: DOMAIN.md §2: divisions are those of the newest DivisionsSet; without one, what rests on
divisions is unknown. Parts recorded without a division, or with one that is not of the newest
list, may lie anywhere: holes that they could fill are "at most".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import UNSET, Struct, structs

from service.projections import size, skilled
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.ledger import newest
from service.projections.measure import Measure, measure, not_assessable, ratio, unknown
from service.projections.size import Division, listed

_HALF: Final = 0.5


class DivisionSkills(Struct, frozen=True, gc=False):
    """One division: its staff, completions of introductory courses in 12 months, its skilled.

    hole: whether it trained less than half of the trust's share.
    Practitioners, coaches and experts are of the newest census.
    """

    code: str
    name: str
    headcount: Measure
    introductory_12m: Measure
    introductory_percent: Measure
    hole: Measure
    practitioners: Measure
    coaches: Measure
    experts: Measure


class Placed(Struct, frozen=True, gc=False):
    """People by division, and those that no division of the newest list is stated for."""

    by: dict[str, int]
    unplaced: int
    facts: tuple[Fact, ...]

    @property
    def disclosed(self) -> bool:
        """Tell whether parts of it are withheld from the reader (MODEL.md §5.3)."""
        return any(fact.disclosed for fact in self.facts)


def divisions(given: Context, percent: Measure) -> tuple[DivisionSkills, ...]:
    """Return each division of the newest list with its skills.

    percent: the trust's own share of staff with introductory courses in 12 months.
    """
    named = listed(given)
    heads, done = headcounts(given, named), _trained(given, named)
    counted = {tier: _counted(given, named, tier) for tier in ("practitioner", "coach", "expert")}
    return tuple(_division(d, heads, done, counted, percent) for d in named)


def _division(
    division: Division,
    heads: Placed | None,
    done: Placed | None,
    counted: Mapping[str, Placed | None],
    percent: Measure,
) -> DivisionSkills:
    headcount, courses = _staff(heads, division), _of(done, division, "completions")
    share = ratio(courses, headcount, "percent", 100)
    return DivisionSkills(
        code=division.code,
        name=division.name,
        headcount=headcount,
        introductory_12m=courses,
        introductory_percent=share,
        hole=_hole(share, percent),
        practitioners=_of(counted["practitioner"], division, "people"),
        coaches=_of(counted["coach"], division, "people"),
        experts=_of(counted["expert"], division, "people"),
    )


def _hole(share: Measure, percent: Measure) -> Measure:
    """Return whether a division's share is below half of the trust's; a bound may prove it not."""
    compared = ratio(share, percent, "share")
    if percent.status != "known" or compared.value is None:
        return structs.replace(compared, value=None, unit="yes_no", status="unknown")
    below = float(compared.value) < _HALF
    open_ = below and compared.status != "known"
    return structs.replace(
        compared,
        value=None if open_ else below,
        unit="yes_no",
        status="unknown" if open_ else "known",
        reason="courses_without_a_division" if open_ else UNSET,
    )


def introductory_holes(given: Context, percent: Measure) -> Measure:
    """Return how many divisions trained less than half of the trust's share in 12 months."""
    named = listed(given)
    heads, done = headcounts(given, named), _trained(given, named)
    if not named or heads is None or done is None:
        return unknown("divisions", "divisions_not_known")
    if done.disclosed:
        return not_assessable("divisions", done.facts)
    if any(not heads.by.get(division.code) for division in named):
        return unknown("divisions", "no_headcount_of_every_division", heads.facts)
    if percent.status != "known":
        return unknown("divisions", "share_of_the_trust_not_exact", done.facts)
    half = _HALF * float(percent.value or 0)
    below = [d for d in named if 100 * done.by.get(d.code, 0) / heads.by[d.code] < half]
    return _holes(given, len(below), (done, heads))


def without(given: Context, tier: str) -> Measure:
    """Return how many divisions have nobody of a tier by the newest census."""
    named = listed(given)
    counted = _counted(given, named, tier)
    if not named or counted is None:
        return unknown("divisions", "divisions_not_known" if not named else "no_census")
    if counted.disclosed:
        return not_assessable("divisions", counted.facts)
    return _holes(given, sum(not counted.by.get(d.code) for d in named), (counted,))


def headcounts(given: Context, named: Iterable[Division]) -> Placed | None:
    """Return the staff of each division by the newest count that states any."""
    counts = [f for f in given.own("WorkforceCounted") if f.effective <= given.on]
    said = newest(f for f in counts if any(p.division is not UNSET for p in f.data.by or ()))
    return _placed(given, named, [said], "headcount") if said else None


def _holes(given: Context, count: int, rests_on: Sequence[Placed]) -> Measure:
    """Return a count of holes; at most, when people of the first figure stand nowhere."""
    exact = not count or not rests_on[0].unplaced
    basis = [fact for placed in rests_on for fact in placed.facts]
    said = size.divisions(given)
    basis += [said] if said else []
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


def _staff(heads: Placed | None, division: Division) -> Measure:
    """Return a division's staff as stated: what is stated of none belongs to no division."""
    if heads is None or not heads.by.get(division.code):
        return unknown("people", "not_recorded", heads.facts if heads else ())
    return measure(heads.by[division.code], "people", heads.facts)


def _of(placed: Placed | None, division: Division, unit: str) -> Measure:
    if placed is None:
        return unknown(unit, "not_recorded")
    if placed.disclosed:
        return not_assessable(unit, placed.facts)
    value = placed.by.get(division.code, 0)
    return measure(value, unit, placed.facts, "at_least" if placed.unplaced else "known")


__all__ = ["DivisionSkills", "Placed", "divisions", "headcounts", "introductory_holes", "without"]
