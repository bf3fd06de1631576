"""Culture: the newest staff survey's answer to q3f, with its interval; other surveys beside it.

Sources: MODEL.md §1 (culture). Never mix editions: the publisher reweights all years with each.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from service.projections.context import Context, withheld
from service.projections.history import Fact
from service.projections.ledger import newest
from service.projections.measure import (
    Evidence,
    Measure,
    Moment,
    evidence,
    measure,
    moment,
    unknown,
)

TYPES: Final = ("CultureSurveyed",)
_Z: Final = 1.96


class Survey(Struct, frozen=True, gc=False):
    """One survey's answer to one question."""

    instrument: str
    question: str
    year: int
    edition: str
    percent_positive: float
    base: int | None
    published: Moment
    events: Evidence


class Culture(Struct, frozen=True, gc=False, tag_field="section", tag="culture"):
    """Culture on a date: the measures of the model, and the newest survey of each question.

    withheld: surveys of the trust's own of which this reader sees no more than that there are some.
    """

    measures: dict[str, Measure]
    surveys: tuple[Survey, ...]
    withheld: Evidence | UnsetType = UNSET


def culture(given: Context) -> Culture:
    """Return culture on a date."""
    latest: dict[tuple[str, str], Fact] = {}
    for fact in _surveyed(given):
        latest[fact.data.instrument, fact.data.question] = fact
    found = tuple(_survey(latest[key]) for key in sorted(latest))
    small = [fact for fact in withheld(given, "CultureSurveyed") if fact.effective <= given.on]
    return Culture(measures(given), found, evidence(small) if small else UNSET)


def measures(given: Context) -> dict[str, Measure]:
    """Return the measures of the model by name."""
    fact = newest_q3f(given)
    if fact is None:
        names = {"q3f_percent": "percent", "q3f_low": "percent", "q3f_high": "percent"}
        names |= {"q3f_edition": "edition", "q3f_benchmark_group": "group"}
        return {name: unknown(unit, "no_survey") for name, unit in names.items()}
    low, high = _interval(fact)
    group = fact.data.benchmark_group
    return {
        "q3f_percent": measure(fact.data.percent_positive, "percent", [fact]),
        "q3f_low": low,
        "q3f_high": high,
        "q3f_edition": measure(fact.data.edition, "edition", [fact]),
        "q3f_benchmark_group": unknown("group", "not_recorded", [fact])
        if group is UNSET
        else measure(group, "group", [fact]),
    }


def newest_q3f(given: Context) -> Fact | None:
    """Return the newest answer to q3f of the national survey."""
    return newest(fact for fact in _surveyed(given) if _is_q3f(fact))


def seen(given: Context) -> list[dt.date]:
    """Return the dates of evidence of the level: publications of q3f."""
    return [fact.effective for fact in given.own("CultureSurveyed") if _is_q3f(fact)]


def _is_q3f(fact: Fact) -> bool:
    return (fact.data.instrument, fact.data.question) == ("nhs_staff_survey", "q3f")


def _surveyed(given: Context) -> tuple[Fact, ...]:
    return tuple(fact for fact in given.own("CultureSurveyed") if fact.effective <= given.on)


def _interval(fact: Fact) -> tuple[Measure, Measure]:
    """Return the 95 % interval from the base; without a base it is unknown."""
    base = fact.data.base
    if base is UNSET or not base:
        nothing = unknown("percent", "no_base", [fact])
        return nothing, nothing
    share = fact.data.percent_positive / 100
    half = 100 * _Z * math.sqrt(share * (1 - share) / base)
    low, high = max(0.0, 100 * share - half), min(100.0, 100 * share + half)
    return (
        measure(round(low, 2), "percent", [fact], "estimated"),
        measure(round(high, 2), "percent", [fact], "estimated"),
    )


def _survey(fact: Fact) -> Survey:
    data = fact.data
    return Survey(
        instrument=data.instrument,
        question=data.question,
        year=data.year,
        edition=data.edition,
        percent_positive=data.percent_positive,
        base=None if data.base is UNSET else data.base,
        published=moment(fact),
        events=evidence([fact]),
    )


__all__ = ["TYPES", "Culture", "Survey", "culture", "measures", "newest_q3f", "seen"]
