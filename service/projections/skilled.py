"""People with a skill: completions in twelve months, the stock at a tier, what a census says.

Sources: DOMAIN.md §2 (stock of skilled people, mergers), MODEL.md §1 (skills) and §3 (flows).
A stock is the newest census + completions of staff since, less leavers since. Completions are
courses and not people, so with completions since a census the stock is estimated; without a census
it is at most what they add up to, where leavers are recorded, else each counts 0.9 a year,
estimated.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import UNSET

from service.domain import dates
from service.projections import coverage
from service.projections.context import Context, once, uncounted
from service.projections.history import Fact
from service.projections.ledger import newest, within
from service.projections.measure import Measure, Status, measure, total, unknown

TYPES: Final = ("StaffTrained", "SkillsCounted", "TrainedStaffLeft")
STAFF: Final = frozenset({"staff", "board", "resident_doctor"})
"""The groups of participants that are a trust's staff."""
OTHERS: Final = frozenset({"lived_experience", "student", "volunteer", "partner_organisation"})
DIMENSION: Final = "skills"
Own = Callable[..., tuple[Fact, ...]]
"""A body's own facts of some types: of the trust, or of one that it absorbed."""
_KEPT_A_YEAR: Final = 0.9
_DAYS_A_YEAR: Final = 365.25
_LEAVERS_SEEN: Final = 24
_WINDOW: Final = 12


def facts(given: Context, kind: str, *tiers: str) -> Iterator[Fact]:
    """Yield the facts of a type by the date about some tiers, own and of absorbed trusts."""
    for own in (given.own(kind), *(gone.own(kind) for gone in given.absorbed)):
        yield from (f for f in within(own, dt.date.min, given.on) if f.data.tier in tiers)


def last_days(given: Context, *tiers: str) -> list[dt.date]:
    """Return the last day by the date of each type's facts about some tiers, of each body.

    Read from the end: the age of evidence asks for the newest only.
    """
    bodies = (given.own, *(gone.own for gone in given.absorbed))
    known = (within(own(kind), dt.date.min, given.on) for own in bodies for kind in TYPES)
    found = (next((f for f in reversed(facts) if f.data.tier in tiers), None) for facts in known)
    return [fact.effective for fact in found if fact is not None]


def trained(given: Context, tier: str, groups: frozenset[str] = STAFF) -> list[Fact]:
    """Return the courses of a tier completed in the 12 months to the date by some groups."""
    done = _year(given, "StaffTrained", tier)
    return [fact for fact in done if fact.data.participant_group in groups]


@once
def completions(given: Context, tier: str) -> Measure:
    """Return completions of a tier by staff in 12 months; at least, while quarters are missing."""
    done = trained(given, tier)
    added = sum(fact.data.completions for fact in done)
    return coverage.counted(added, "completions", done, covered(given, tier))


@once
def covered(given: Context, tier: str) -> coverage.Coverage:
    """Return which of the four newest quarters are covered for the training of a tier."""
    bodies = coverage.bodies(given, lambda fact: fact.data.tier == tier, "StaffTrained")
    return coverage.coverage(DIMENSION, bodies, given.on)


def left(given: Context, tier: str) -> Measure:
    """Return the people of a tier recorded as having left in the 12 months to the date."""
    gone = _year(given, "TrainedStaffLeft", tier)
    if not gone:
        return unknown("people", "not_recorded")
    return measure(sum(fact.data.people for fact in gone), "people", gone, "at_least")


@once
def stock(given: Context, tier: str) -> Measure:
    """Return the people with a tier's skill in post on the date, to one decimal."""
    return total([_stock_of(own, tier, given.on) for own in _bodies(given, tier)], "people")


@once
def census(given: Context, tier: str, member: str = "people") -> Measure:
    """Return a member of the newest census of a tier, over the trusts that still count apart."""
    found = [_census(own, tier, given.on) for own in _bodies(given, tier)]
    return total([_counted(fact, member) for fact in found], "people")


def newest_census(given: Context, tier: str) -> Fact | None:
    """Return the trust's own newest census of a tier."""
    return _census(given.own, tier, given.on)


def _year(given: Context, kind: str, tier: str) -> list[Fact]:
    after = dates.add_months(given.on, -_WINDOW)
    owns = (given.own(kind), *(gone.own(kind) for gone in given.absorbed))
    return [f for own in owns for f in within(own, after, given.on) if f.data.tier == tier]


def _bodies(given: Context, tier: str) -> Iterator[Own]:
    """Yield the trust, then each absorbed one that it has not counted since."""
    yield given.own
    apart = uncounted(given, "SkillsCounted", lambda fact: bool(fact.data.tier == tier))
    yield from (gone.own for gone in apart)


def _known(own: Own, kind: str, tier: str, after: dt.date, on: dt.date) -> list[Fact]:
    return [fact for fact in within(own(kind), after, on) if fact.data.tier == tier]


def _census(own: Own, tier: str, on: dt.date) -> Fact | None:
    return newest(_known(own, "SkillsCounted", tier, dt.date.min, on))


def _counted(counted: Fact | None, member: str) -> Measure:
    if counted is None:
        return unknown("people", "no_census")
    value = getattr(counted.data, member)
    if value is UNSET:
        return unknown("people", "not_counted", [counted])
    guessed = counted.data.method == "estimate"
    return measure(value, "people", [counted], "estimated" if guessed else "known")


def _stock_of(own: Own, tier: str, on: dt.date) -> Measure:
    """Return the stock of one trust's own facts about one tier."""
    counted = _census(own, tier, on)
    since = counted.effective if counted else dt.date.min
    gone = _known(own, "TrainedStaffLeft", tier, since, on)
    courses = _known(own, "StaffTrained", tier, since, on)
    done = [fact for fact in courses if fact.data.participant_group in STAFF]
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
    "DIMENSION", "OTHERS", "STAFF", "TYPES", "census", "completions", "covered", "facts",
    "last_days", "left", "newest_census", "stock", "trained",
]  # fmt: skip
