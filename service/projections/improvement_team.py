"""The improvement team, coaches deployed, and what of either ends within twelve months.

Each basis of the team is counted apart and its newest count holds; a newer deployment of coaches
replaces the former. What has a last day is no longer so after it (CONVENTIONS.md 2).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import UNSET, Struct

from service.domain import dates
from service.projections.context import Context, uncounted
from service.projections.coverage import Quarter, quarter_of
from service.projections.history import Fact
from service.projections.ledger import newest
from service.projections.measure import Evidence, Measure, Moment, evidence, measure, moment, total

TYPES: Final = ("CoachesDeployed", "ImprovementTeamCounted")
_AHEAD: Final = 12


class TeamPart(Struct, frozen=True, gc=False):
    """Posts of the team on one basis. until: the last day that is agreed."""

    basis: str
    counted: Moment
    wte_funded: float
    wte_in_post: float
    until: dt.date | None
    live: bool
    inherited_from: str | None
    events: Evidence


class Deployment(Struct, frozen=True, gc=False):
    """Coaches with time for teams. until: the last day that is agreed."""

    since: Moment
    people: int
    wte_released: float
    teams_supported: int
    until: dt.date | None
    live: bool
    inherited_from: str | None
    events: Evidence


class EndingWte(Struct, frozen=True, gc=False):
    """Whole-time equivalents whose last day lies in one quarter of the next twelve months."""

    quarter: Quarter
    team_funded: Measure
    coaches_released: Measure


class Team(Struct, frozen=True, gc=False):
    """The team and the coaches on a date; sums are over what is live."""

    parts: tuple[TeamPart, ...]
    wte_funded: Measure
    wte_in_post: Measure
    deployments: tuple[Deployment, ...]
    coaches_wte: Measure
    ends: tuple[EndingWte, ...]


def team(given: Context) -> Team:
    """Return the improvement team and the coaches deployed on a date."""
    posts = list(_newest(given, "ImprovementTeamCounted"))
    coaches = list(_newest(given, "CoachesDeployed"))
    return Team(
        parts=tuple(_part(fact, given) for fact in posts),
        wte_funded=_sum(posts, "wte_funded", given.on),
        wte_in_post=_sum(posts, "wte_in_post", given.on),
        deployments=tuple(_deployment(fact, given) for fact in coaches),
        coaches_wte=_sum(coaches, "wte_released", given.on),
        ends=tuple(_ends(posts, coaches, given.on)),
    )


def _newest(given: Context, kind: str) -> Iterator[Fact]:
    """Yield the newest count of each basis, of each trust that still counts apart."""
    apart = uncounted(given, kind, lambda _fact: True)
    for own in (given.own(kind), *(gone.own(kind) for gone in apart)):
        known = [fact for fact in own if fact.effective <= given.on]
        for basis in sorted({_basis(fact) for fact in known}):
            found = newest(fact for fact in known if _basis(fact) == basis)
            assert found is not None  # noqa: S101 - the basis is of one of them
            yield found


def _basis(fact: Fact) -> str:
    return str(getattr(fact.data, "basis", ""))


def _until(fact: Fact) -> dt.date | None:
    return None if fact.data.until is UNSET else fact.data.until


def _live(fact: Fact, on: dt.date) -> bool:
    until = _until(fact)
    return until is None or on <= until


def _part(fact: Fact, given: Context) -> TeamPart:
    return TeamPart(
        basis=fact.data.basis,
        counted=moment(fact),
        wte_funded=fact.data.wte_funded,
        wte_in_post=fact.data.wte_in_post,
        until=_until(fact),
        live=_live(fact, given.on),
        inherited_from=_origin(fact, given),
        events=evidence([fact]),
    )


def _deployment(fact: Fact, given: Context) -> Deployment:
    return Deployment(
        since=moment(fact),
        people=fact.data.people,
        wte_released=fact.data.wte_released,
        teams_supported=fact.data.teams_supported,
        until=_until(fact),
        live=_live(fact, given.on),
        inherited_from=_origin(fact, given),
        events=evidence([fact]),
    )


def _origin(fact: Fact, given: Context) -> str | None:
    return None if fact.organisation == given.code else fact.organisation


def _sum(facts: Iterable[Fact], member: str, on: dt.date) -> Measure:
    live = [fact for fact in facts if _live(fact, on)]
    return total([measure(getattr(fact.data, member), "wte", [fact]) for fact in live], "wte")


def _ends(posts: Iterable[Fact], coaches: Iterable[Fact], on: dt.date) -> Iterator[EndingWte]:
    """Yield each quarter of the next 12 months in which something ends, in order."""
    funded, released = _ending(posts, on), _ending(coaches, on)
    for start in sorted({*funded, *released}):
        team_parts = [measure(f.data.wte_funded, "wte", [f]) for f in funded.get(start, ())]
        coached = [measure(f.data.wte_released, "wte", [f]) for f in released.get(start, ())]
        yield EndingWte(quarter_of(start), total(team_parts, "wte"), total(coached, "wte"))


def _ending(facts: Iterable[Fact], on: dt.date) -> dict[dt.date, list[Fact]]:
    """Return what has its last day in [on, on + 12 months), by the first day of the quarter."""
    found: dict[dt.date, list[Fact]] = {}
    for fact in facts:
        until = _until(fact)
        if until is not None and on <= until < dates.add_months(on, _AHEAD):
            found.setdefault(quarter_of(until).start, []).append(fact)
    return found


__all__ = ["TYPES", "Deployment", "EndingWte", "Team", "TeamPart", "team"]
