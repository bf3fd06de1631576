"""The measures of skills that the model's lines name: three levels that are never combined.

Source: MODEL.md §1 (skills). Active projects are those started and not completed, as recorded;
they are not known where nobody ever recorded one and no return of the last year lists practice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from service.domain import dates
from service.projections import board_commitments, coverage, skilled, skills_divisions
from service.projections.context import Context, once
from service.projections.history import Fact, Memo
from service.projections.measure import Measure, Status, banded, measure, ratio, total, unknown
from service.projections.projects import projects
from service.projections.size import headcount

_YEARS: Final = 3


def measures(given: Context) -> dict[str, Measure]:
    """Return the measures of the model by name."""
    return introductory(given) | practitioners(given) | coaches_and_experts(given)


@once
def introductory(given: Context) -> dict[str, Measure]:
    """Return what the introductory level reads: completions in 12 months over headcount."""
    percent = _share(given)
    return {
        "introductory_completions_12m": skilled.completions(given, "introductory"),
        "introductory_percent": percent,
        "introductory_percent_lowest_of_3_years": _lowest(_years(given)),
        "introductory_holes": skills_divisions.introductory_holes(given, percent),
        "induction_live": board_commitments.live(given, "induction"),
    }


@once
def practitioners(given: Context) -> dict[str, Measure]:
    """Return what the practitioner level reads: the stock over headcount, and who is active."""
    stock = skilled.stock(given, "practitioner")
    active = skilled.census(given, "practitioner", "active_last_12m")
    counted = skilled.census(given, "practitioner")
    return {
        "practitioners": stock,
        "practitioners_percent": ratio(stock, headcount(given)[0], "percent", 100),
        "practitioners_active_percent": ratio(active, counted, "percent", 100),
    }


@once
def coaches_and_experts(given: Context) -> dict[str, Measure]:
    """Return what the level of coaches and experts reads: the newest censuses, and projects."""
    coaches, experts = (skilled.census(given, tier) for tier in ("coach", "expert"))
    both = total([coaches, experts], "people")
    projects = active_projects(given)
    return {
        "coaches": coaches,
        "experts": experts,
        "coaches_in_training": skilled.census(given, "coach", "in_training"),
        "coaches_and_experts": both,
        "coaches_and_experts_percent": ratio(both, headcount(given)[0], "percent", 100),
        "active_projects": projects,
        "projects_per_coach": ratio(projects, coaches, "projects"),
        "divisions_without_coach": skills_divisions.without(given, "coach"),
    }


@once
def active_projects(given: Context) -> Measure:
    """Return how many projects are started and not completed on the date."""
    known = projects(given)
    listed = _practice_returned(given)
    if not known and not listed:
        return unknown("projects", "not_recorded")
    active = [project for project in known if project.active]
    behind = [fact for project in active or known for fact in project.facts]
    return measure(len(active), "projects", behind or listed)


def _practice_returned(given: Context) -> tuple[Fact, ...]:
    """Return the returns of the four newest quarters that list practice."""
    silent = coverage.bodies(given, lambda _fact: False, "ProjectCompleted")
    return coverage.coverage("practice", silent, given.on).facts


@once
def _share(given: Context) -> Measure:
    done = skilled.completions(given, "introductory")
    return ratio(done, headcount(given)[0], "percent", 100)


def _years(given: Context) -> list[Measure]:
    """Return the share of each of the last three 12 months, each over the headcount of its end.

    Flows of merged trusts add up, before the merger too. Nothing made for the date is taken over
    into the years before.
    """
    ends = [dates.add_months(given.on, -12 * year) for year in range(1, _YEARS)]
    before = (msgspec.structs.replace(given, on=end, memo=Memo()) for end in ends)
    return [_share(given), *(_share(year) for year in before)]


def _lowest(shares: Sequence[Measure]) -> Measure:
    """Return the lowest of shares, as sure as the bounds of all of them allow."""
    low = min(_bounds(share)[0] for share in shares)
    high = min(_bounds(share)[1] for share in shares)
    whole = total(shares, "percent")
    if not low and high == math.inf:
        return unknown("percent", "not_every_year_is_known")
    status: Status = "at_least" if low else "at_most"
    if low == high:
        status = "estimated" if whole.status == "estimated" else "known"
    value = low if status != "at_most" else high
    lowest = msgspec.structs.replace(
        whole, value=value, status=status, reason=msgspec.UNSET, band=0, shown=""
    )
    return banded(lowest, max(share.band for share in shares))


def _bounds(share: Measure) -> tuple[float, float]:
    """Return the least and the greatest that a share may be."""
    value = float(share.value or 0)
    low = 0 if share.status in {"unknown", "at_most"} else value
    return low, math.inf if share.status in {"unknown", "at_least"} else value


__all__ = ["active_projects", "coaches_and_experts", "introductory", "measures", "practitioners"]
