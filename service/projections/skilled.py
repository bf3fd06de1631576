"""People with a skill: completions in twelve months, the stock at a tier, what a census says.

Sources: DOMAIN.md §2 (stock of skilled people, mergers), MODEL.md §1 (skills) and §3 (flows).
A stock is the newest census + completions of staff since, less leavers since. Completions are
courses and not people, so with completions since a census the stock is estimated; without a census
it is at most what they add up to, where leavers are recorded, else each counts 0.9 a year,
estimated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import UNSET

from service.domain import dates
from service.projections import coverage
from service.projections.context import Context, carried, uncounted
from service.projections.history import Fact
from service.projections.ledger import newest
from service.projections.measure import Measure, Status, measure, total, unknown

TYPES: Final = ("StaffTrained", "SkillsCounted", "TrainedStaffLeft")
STAFF: Final = frozenset({"staff", "board", "resident_doctor"})
"""The groups of participants that are a trust's staff."""
OTHERS: Final = frozenset({"lived_experience", "student", "volunteer", "partner_organisation"})
DIMENSION: Final = "skills"
_KEPT_A_YEAR: Final = 0.9
_DAYS_A_YEAR: Final = 365.25
_LEAVERS_SEEN: Final = 24
_WINDOW: Final = 12


def facts(given: Context, *tiers: str) -> Iterator[Fact]:
    """Yield the facts by the date about some tiers, own and of absorbed trusts."""
    for _, found in carried(given, *TYPES):
        yield from (f for f in found if f.effective <= given.on and f.data.tier in tiers)


def trained(given: Context, tier: str, groups: frozenset[str] = STAFF) -> list[Fact]:
    """Return the courses of a tier completed in the 12 months to the date by some groups."""
    after = dates.add_months(given.on, -_WINDOW)
    return [
        fact
        for fact in facts(given, tier)
        if fact.type == "StaffTrained"
        and fact.effective > after
        and fact.data.participant_group in groups
    ]


def completions(given: Context, tier: str) -> Measure:
    """Return completions of a tier by staff in 12 months; at least, while quarters are missing."""
    done = trained(given, tier)
    added = sum(fact.data.completions for fact in done)
    return coverage.counted(added, "completions", done, covered(given, tier))


def covered(given: Context, tier: str) -> coverage.Coverage:
    """Return which of the four newest quarters are covered for the training of a tier."""
    bodies = coverage.bodies(given, lambda f: f.type == "StaffTrained" and f.data.tier == tier)
    return coverage.coverage(DIMENSION, bodies, given.on)


def left(given: Context, tier: str) -> Measure:
    """Return the people of a tier recorded as having left in the 12 months to the date."""
    after = dates.add_months(given.on, -_WINDOW)
    gone = [f for f in facts(given, tier) if f.type == "TrainedStaffLeft" and f.effective > after]
    if not gone:
        return unknown("people", "not_recorded")
    return measure(sum(fact.data.people for fact in gone), "people", gone, "at_least")


def stock(given: Context, tier: str) -> Measure:
    """Return the people with a tier's skill in post on the date, to one decimal."""
    parts = [_stock_of(found, given.on) for found in _bodies(given, tier)]
    return total(parts, "people")


def census(given: Context, tier: str, member: str = "people") -> Measure:
    """Return a member of the newest census of a tier, over the trusts that still count apart."""
    parts = [_counted(found, member) for found in _bodies(given, tier)]
    return total(parts, "people")


def newest_census(given: Context, tier: str) -> Fact | None:
    """Return the trust's own newest census of a tier."""
    return _census(f for f in given.own("SkillsCounted") if _of(f, tier, given.on))


def _of(fact: Fact, tier: str, on: dt.date) -> bool:
    return bool(fact.data.tier == tier) and fact.effective <= on


def _bodies(given: Context, tier: str) -> Iterator[list[Fact]]:
    """Yield the facts of the trust, then of each absorbed one that it has not counted since."""
    apart = uncounted(given, lambda f: f.type == "SkillsCounted" and f.data.tier == tier)
    codes = {gone.code for gone in apart}
    for origin, found in carried(given, *TYPES):
        if origin is None or origin in codes:
            yield [fact for fact in found if _of(fact, tier, given.on)]


def _census(found: Iterable[Fact]) -> Fact | None:
    return newest(fact for fact in found if fact.type == "SkillsCounted")


def _counted(found: Sequence[Fact], member: str) -> Measure:
    counted = _census(found)
    if counted is None:
        return unknown("people", "no_census")
    value = getattr(counted.data, member)
    if value is UNSET:
        return unknown("people", "not_counted", [counted])
    return measure(value, "people", [counted])


def _stock_of(found: Sequence[Fact], on: dt.date) -> Measure:
    """Return the stock of one trust's own facts about one tier."""
    counted = _census(found)
    since = [f for f in found if counted is None or f.effective > counted.effective]
    gone = [fact for fact in since if fact.type == "TrainedStaffLeft"]
    done = [f for f in since if f.type == "StaffTrained" and f.data.participant_group in STAFF]
    if counted is not None:
        guessed = done or counted.data.method == "estimate"
        status: Status = "estimated" if guessed else "known"
        return _people(counted.data.people + _net(done, gone), [counted, *done, *gone], status)
    if not done:
        return unknown("people", "no_census_and_no_completions", gone)
    seen = dates.add_months(on, -_LEAVERS_SEEN)
    if any(fact.effective > seen for fact in gone):
        return _people(_net(done, gone), [*done, *gone], "at_most")
    return _people(sum(_kept(fact, on) for fact in done), done, "estimated")


def _net(done: Iterable[Fact], gone: Iterable[Fact]) -> int:
    came = sum(fact.data.completions for fact in done)
    return int(came - sum(fact.data.people for fact in gone))


def _kept(fact: Fact, on: dt.date) -> float:
    """Return how many of a course's completions are still in post: a tenth leaves each year."""
    years = (on - fact.effective).days / _DAYS_A_YEAR
    return float(fact.data.completions * _KEPT_A_YEAR**years)


def _people(value: float, basis: Iterable[Fact], status: Status) -> Measure:
    shown = round(max(value, 0), 1)
    return measure(int(shown) if shown == int(shown) else shown, "people", basis, status)


__all__ = [
    "DIMENSION", "OTHERS", "STAFF", "TYPES", "census", "completions", "covered", "facts", "left",
    "newest_census", "stock", "trained",
]  # fmt: skip
