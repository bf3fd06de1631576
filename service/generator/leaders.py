"""Leaders: who holds a post, how long, who follows, and how the board is composed.

Tenures and gaps: median 36 months, 11 where a trust does poorly, 84 where it is outstanding; 8, 14
and 3 % of executive posts vacant or interim (MODEL.md §1).
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from msgspec import UNSET

from service.domain import dates
from service.domain.catalogue.leadership.board_composed import BoardComposed
from service.domain.catalogue.leadership.leader_appointed import LeaderAppointed
from service.domain.catalogue.leadership.leader_departed import LeaderDeparted
from service.domain.catalogue.leadership.leader_departure_announced import LeaderDepartureAnnounced
from service.domain.catalogue.leadership.leadership_approach_affirmed import (
    LeadershipApproachAffirmed,
)
from service.domain.catalogue.leadership.leadership_basis_changed import LeadershipBasisChanged
from service.domain.catalogue.leadership.shared_leadership_extended import SharedLeadershipExtended
from service.domain.fields import Basis, Post
from service.generator.bodies import (
    DECLARED,
    NEWS,
    REMEMBERED,
    Course,
    Life,
    Trust,
    another,
    band,
    some_divisions,
    tell,
)
from service.generator.months import Month, before
from service.generator.words import METHODS

Given = Literal["training", "support", "permission", "protected_time"]
After = Literal["substantive", "interim", "acting", "vacant"]
Said = Literal["yes", "adapted", "replaced", "unknown"]
Reason = Literal["moved_within_nhs", "retired", "moved_outside", "moved_post", "not_stated"]

EXECUTIVES: Final[tuple[Post, ...]] = (
    "chief_executive",
    "chief_finance_officer",
    "chief_operating_officer",
    "chief_nurse",
    "medical_director",
    "chief_people_officer",
    "director_of_strategy",
    "director_of_improvement",
)
NON_EXECUTIVES: Final = 5
NON_EXECUTIVE: Final[Post] = "non_executive_director"
EXECUTIVE: Final[frozenset[str]] = frozenset(EXECUTIVES)
GIVEN: Final[tuple[Given, ...]] = ("training", "support", "permission", "protected_time")
_NOTICE: Final = 3


_REASONS: Final[tuple[tuple[Reason, float], ...]] = (
    ("moved_within_nhs", 0.4),
    ("retired", 0.25),
    ("moved_outside", 0.1),
    ("moved_post", 0.1),
    ("not_stated", 0.15),
)
_AFTERWARDS: Final[tuple[tuple[After, float], ...]] = (
    ("substantive", 0.5),
    ("interim", 0.2),
    ("acting", 0.12),
    ("vacant", 0.18),
)
_TERMS: Final[tuple[tuple[Basis, float], ...]] = (
    ("substantive", 0.88),
    ("shared", 0.06),
    ("secondment", 0.04),
    ("management_contract", 0.02),
)
_SAID: Final[tuple[tuple[Said, float], ...]] = (
    ("yes", 0.43),
    ("adapted", 0.22),
    ("replaced", 0.23),
    ("unknown", 0.12),
)


def held(trust: Trust, month: Month, post: Post) -> Life:
    """Fill a post again and again: somebody stays, leaves, is followed at once or after a gap."""
    stay = _tenure(trust)
    gone = min(trust.chance.between(0, stay - 1), 90)
    person = trust.chance.person()
    start = before(month, gone)
    tell(trust, start, LeaderAppointed(post=post, person=person, basis="substantive"), REMEMBERED)
    month = yield stay - gone
    while True:
        month, day = yield from _leaves(trust, month, post, person)
        month, person = yield from _followed(trust, month, day, post)
        if post == "chief_executive":
            month = yield from _affirmed(trust, month)
        month = yield _tenure(trust)


def _tenure(trust: Trust) -> int:
    return trust.chance.lasting(band(trust, 11, 36, 84))


def _leaves(trust: Trust, month: Month, post: Post, person: str) -> Course[tuple[Month, dt.date]]:
    """Leave, in half of the cases announced three months before."""
    chance = trust.chance
    day = chance.day(month)
    if chance.likely(0.5):
        last = dates.add_months(day, _NOTICE) - dt.timedelta(days=1)
        known = chance.likely(0.3)
        announced = LeaderDepartureAnnounced(
            post=post, person=person, successor_known=known, leaves_on=last
        )
        tell(trust, day, announced, NEWS)
        month, day = (yield _NOTICE), last + dt.timedelta(days=1)
    reason = chance.weighted(_REASONS)
    tell(trust, day, LeaderDeparted(post=post, person=person, reason=reason), NEWS)
    return month, day


def _followed(trust: Trust, month: Month, day: dt.date, post: Post) -> Course[tuple[Month, str]]:
    """Fill a post at once, or after a gap with nobody, an interim or an acting person in it."""
    chance, person = trust.chance, trust.chance.person()
    how = chance.weighted(_AFTERWARDS)
    if how == "substantive":
        _appointed(trust, day, post, person)
        return month, person
    if how == "vacant":
        trust.vacant.add(post)
        month = yield _gap(trust)
        trust.vacant.discard(post)
        _appointed(trust, chance.day(month), post, person)
        return month, person
    return (yield from _stood_in(trust, day, post, person, how))


def _stood_in(
    trust: Trust, day: dt.date, post: Post, person: str, how: Literal["interim", "acting"]
) -> Course[tuple[Month, str]]:
    """Hold a post for a while; then stay in it, or hand it over."""
    chance, gap = trust.chance, _gap(trust)
    ends = dates.add_months(day, gap) if chance.likely(0.5) else UNSET
    tell(trust, day, LeaderAppointed(post=post, person=person, basis=how, term_ends=ends), NEWS)
    trust.interim.add(post)
    month = yield gap
    trust.interim.discard(post)
    day = chance.day(month)
    if chance.likely(0.35):
        changed = LeadershipBasisChanged(post=post, person=person, basis="substantive")
        tell(trust, day, changed, NEWS)
        return month, person
    tell(trust, day, LeaderDeparted(post=post, person=person, reason="end_of_term"), NEWS)
    successor = chance.person()
    _appointed(trust, day, post, successor)
    return month, successor


def _gap(trust: Trust) -> int:
    return trust.chance.near(band(trust, 4.5, 7, 7))


def _appointed(trust: Trust, day: dt.date, post: Post, person: str) -> None:
    """Appoint somebody for good; now and then the post is shared, or the person lent."""
    basis, other = trust.chance.weighted(_TERMS), another(trust)
    if other is None:
        basis = "substantive"
    code = other.code if other else ""
    appointed = LeaderAppointed(
        post=post,
        person=person,
        basis=basis,
        shared_with=(code,) if basis == "shared" else UNSET,
        from_organisation=code if basis == "secondment" else UNSET,
    )
    tell(trust, day, appointed, NEWS)


def _affirmed(trust: Trust, month: Month) -> Course[Month]:
    """Say, some months after coming, whether the approach to improvement goes on."""
    chance = trust.chance
    month = yield chance.between(1, 5)
    said = chance.weighted(_SAID)
    affirmed = LeadershipApproachAffirmed(
        by_post="chief_executive", approach=trust.method, continues=said
    )
    tell(trust, chance.day(month), affirmed)
    if said == "replaced":
        trust.method = chance.one_of(METHODS)
    return month


def non_executive(trust: Trust, month: Month) -> Life:
    """Serve terms of three years or so, one person after the other."""
    chance, post = trust.chance, NON_EXECUTIVE
    gone, person = chance.between(0, 35), chance.person()
    start = before(month, gone)
    tell(trust, start, LeaderAppointed(post=post, person=person, basis="substantive"), REMEMBERED)
    month = yield 36 - gone
    while True:
        day = chance.day(month)
        tell(trust, day, LeaderDeparted(post=post, person=person, reason="end_of_term"), NEWS)
        person = chance.person()
        ends = dates.add_months(day, 36)
        appointed = LeaderAppointed(post=post, person=person, basis="substantive", term_ends=ends)
        tell(trust, day, appointed, NEWS)
        month = yield chance.near(36)


def composed(trust: Trust, month: Month) -> Life:
    """State the posts of the board once a year, as they then stand."""
    month = yield trust.chance.between(1, 12)
    while True:
        stated = BoardComposed(
            executive_posts=len(EXECUTIVES),
            executive_vacant=len(trust.vacant & EXECUTIVE),
            executive_interim=len(trust.interim & EXECUTIVE),
            voting_members=len(EXECUTIVES) + NON_EXECUTIVES + 1,
        )
        tell(trust, trust.chance.day(month), stated)
        month = yield 12


def extended(trust: Trust, month: Month) -> Life:
    """Give teams the means to lead, the more often the better a trust does."""
    chance = trust.chance
    while True:
        month = yield chance.wait(band(trust, 40, 20, 9))
        gives = GIVEN[: chance.between(1, len(GIVEN))]
        teams = chance.between(2, 24)
        given = SharedLeadershipExtended(divisions=some_divisions(trust), teams=teams, gives=gives)
        tell(trust, chance.day(month), given, DECLARED)


__all__ = ["EXECUTIVES", "composed", "extended", "held", "non_executive"]
