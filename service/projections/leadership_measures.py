"""The measures of leadership that the model's lines name: of the chief executive and the board.

Sources: DOMAIN.md §2 (tenure), MODEL.md §1 (leadership).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import UNSET, Struct

from service.domain import dates
from service.projections.context import Context, lasting, once
from service.projections.history import Fact
from service.projections.ledger import newest, of_types
from service.projections.measure import Measure, Status, measure, unknown
from service.projections.posts import CHIEF, NO_EXECUTIVES, Posts, Spell, posts

TYPES: Final = (
    "LeaderAppointed", "LeadershipBasisChanged", "LeaderDepartureAnnounced", "LeaderDeparted",
    "LeadershipApproachAffirmed", "SharedLeadershipExtended", "BoardComposed",
)  # fmt: skip
_WINDOW: Final = 36
_BOARD_FRESH: Final = 15
_AFFIRMED_WITHIN: Final = 6
_NOT_BEFORE: Final = "no_evidence"


class Affairs(Struct, frozen=True, gc=False):
    """What leadership is read from: the spells and the facts, all of them, and the date."""

    posts: Posts
    facts: tuple[Fact, ...]
    on: dt.date


@once
def affairs(given: Context) -> Affairs:
    """Return the spells and facts of a body's leadership on the context's date."""
    return Affairs(_posts(given), given.own(*TYPES), given.on)


@lasting
def _posts(given: Context) -> Posts:
    lent = [f for f in given.history.of("LeaderAppointed") if f.organisation != given.code]
    return posts(given.code, [*given.own(*TYPES), *lent], given.closed)


def measures(given: Affairs) -> dict[str, Measure]:
    """Return the measures of the model by name."""
    return {
        "chief_executive_in_post": in_post(given),
        "chief_executive_basis": basis(given),
        "chief_executive_tenure_months": tenure(given),
        "chief_executives_36m": distinct(given, CHIEF),
        "vacancy_percent": vacancy(given),
        "approach_continued": continuity(given),
    }


def state(given: Affairs, post: str, day: dt.date) -> str:
    """Tell whether a post is filled, vacant (after a known end or a secondment) or unknown."""
    if given.posts.in_post(post, day):
        return "filled"
    known = any(spell.start <= day for spell in given.posts.of(post))
    return "vacant" if known else "unknown"


def in_post(given: Affairs) -> Measure:
    """Return whether somebody is known to be chief executive."""
    found = state(given, CHIEF, given.on)
    if found == "unknown":
        return unknown("yes_no", _NOT_BEFORE)
    return measure(found == "filled", "yes_no", _basis_facts(given, CHIEF))


def basis(given: Affairs) -> Measure:
    """Return on which terms the chief executive that counts is in post."""
    holders = given.posts.counting(CHIEF, given.on)
    said = holders[-1].basis(given.on) if holders else None
    if said is None:
        return unknown("basis", "nobody_in_post" if not holders else "not_recorded")
    return measure(said, "basis", _said(holders[-1:], given.on))


def tenure(given: Affairs) -> Measure:
    """Return the whole months in post of the chief executive that counts."""
    holders = given.posts.counting(CHIEF, given.on)
    if not holders:
        return unknown("months", "nobody_in_post")
    return tenure_of(min(holders, key=lambda spell: spell.start), given.on)


def distinct(given: Affairs, post: str) -> Measure:
    """Return how many held a post on any day of 36 months; at least, if some days are blank."""
    after = dates.add_months(given.on, -_WINDOW)
    days = _days(given.posts, post, after + dt.timedelta(days=1), given.on)
    holders = [given.posts.counting(post, day) for day in days]
    spells = {id(spell): spell for found in holders for spell in found}.values()
    persons = {spell.person for spell in spells}
    if not persons:
        return unknown("people", _NOT_BEFORE)
    covered = all(holders)
    status: Status = "known" if covered else "at_least"
    return measure(len(persons), "people", _known(spells, given.on), status)


def changed(given: Affairs, since: dt.date) -> Measure:
    """Return whether the chief executive changed after a day: none of the first is there later.

    Unknown when some day has no known holder and no change is seen.
    """
    days = _days(given.posts, CHIEF, since, given.on)
    holders = [given.posts.counting(CHIEF, day) for day in days]
    known = [frozenset(spell.person for spell in found) for found in holders if found]
    spells = {id(spell): spell for found in holders for spell in found}.values()
    facts = _known(spells, given.on)
    if any(later.isdisjoint(known[0]) for later in known[1:]):
        return measure(value=True, unit="yes_no", facts=facts)
    if not all(holders):
        return unknown("yes_no", "chief_executive_not_known_on_every_day", facts)
    return measure(value=False, unit="yes_no", facts=facts)


def vacancy(given: Affairs) -> Measure:
    """Return vacant and interim executive posts in percent, by the board's newest composition."""
    since = dates.add_months(given.on, -_BOARD_FRESH)
    composed = of_types(given.facts, "BoardComposed")
    said = newest(fact for fact in composed if since < fact.effective <= given.on)
    if said is None or not said.data.executive_posts:
        return unknown("percent", "no_board_composition_in_15_months")
    data = said.data
    share = 100 * (data.executive_vacant + data.executive_interim) / data.executive_posts
    return measure(round(share, 2), "percent", [said])


def continuity(given: Affairs) -> Measure:
    """Return whether a new chief executive affirmed the approach and half of the team stayed."""
    holders = given.posts.counting(CHIEF, given.on)
    if not holders:
        return unknown("yes_no", "nobody_in_post")
    start = holders[-1].start
    affirmed = _affirmed(given, start)
    if not affirmed:
        return measure(value=False, unit="yes_no", facts=())
    before = _executives(given, start - dt.timedelta(days=1))
    if not before:
        return unknown("yes_no", "executives_before_the_start_not_known", affirmed)
    kept = [spell for spell in before if _still(given, spell)]
    facts = [*affirmed, *(fact for spell in before for fact in spell.bases)]
    return measure(2 * len(kept) >= len(before), "yes_no", facts)


def _affirmed(given: Affairs, start: dt.date) -> list[Fact]:
    until = dates.add_months(start, _AFFIRMED_WITHIN)
    return [
        fact
        for fact in of_types(given.facts, "LeadershipApproachAffirmed")
        if fact.data.by_post == CHIEF
        and fact.data.continues in {"yes", "adapted"}
        and start <= fact.effective <= min(until, given.on)
    ]


def _executives(given: Affairs, day: dt.date) -> list[Spell]:
    names = {spell.post for spell in given.posts.spells} - NO_EXECUTIVES - {CHIEF}
    return [spell for name in sorted(names) for spell in given.posts.counting(name, day)]


def _still(given: Affairs, spell: Spell) -> bool:
    now = given.posts.in_post(spell.post, given.on)
    return any(other.person == spell.person for other in now)


def _days(held: Posts, post: str, first: dt.date, last: dt.date) -> list[dt.date]:
    """Return the first day and every later one on which something about a post changes."""
    changes: set[dt.date] = {first}
    for spell in held.of(post):
        changes.add(spell.start)
        changes.update(fact.effective for fact in spell.bases)
        if spell.end is not None:
            changes.add(spell.end)
    changes.update(away.start for away in held.away)
    for away in held.away:
        if away.fact.data.term_ends is not UNSET:
            changes.add(away.fact.data.term_ends + dt.timedelta(days=1))
    return sorted(day for day in changes if first <= day <= last)


def tenure_of(spell: Spell, on: dt.date) -> Measure:
    """Return the whole months of one spell; at least, when its start is only a first sight."""
    status: Status = "at_least" if spell.seen_first else "known"
    return measure(dates.whole_months(spell.start, on), "months", spell.facts()[:1], status)


def _known(spells: Iterable[Spell], on: dt.date) -> list[Fact]:
    return [fact for spell in spells for fact in spell.facts() if fact.effective <= on]


def _said(spells: Sequence[Spell], on: dt.date) -> list[Fact]:
    return [fact for spell in spells for fact in spell.bases if fact.effective <= on]


def _basis_facts(given: Affairs, post: str) -> list[Fact]:
    """Return what says who is, or is no longer, in a post: the newest spell and what empties it."""
    spells = [spell for spell in given.posts.of(post) if spell.start <= given.on]
    away = [
        found.fact for s in spells if s.live(given.on) and (found := given.posts.lent(s, given.on))
    ]
    return [*_known(given.posts.in_post(post, given.on) or spells[-1:], given.on), *away]


__all__ = ["TYPES", "Affairs", "affairs", "changed", "distinct", "measures", "state", "tenure_of"]
