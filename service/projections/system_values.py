"""The trusts of a system side by side: each measure's values by code, its spread, who is unknown.

Lists are alphabetical, never by value, and nothing is ranked (DOMAIN.md §5). Counts, spreads and
sums are over hosted trusts; partners stand beside. A survey's figures are only fair within one
edition and benchmark group (DOMAIN.md §1, MODEL.md §1), so culture is spread within each.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import UNSET, Struct

from service.projections.contribution import Contribution
from service.projections.levels import Answer
from service.projections.measure import Evidence, Measure, brief, total
from service.projections.reuse import Reuse
from service.projections.spread import Spread, spread

_UNREADABLE: Final = "unreadable"
_ADDED: Final = frozenset({
    "headcount", "people_introductory", "people_practitioner", "people_coach", "people_expert",
    "people_board", "team_wte_funded", "team_wte_in_post", "coaches_wte",
    "introductory_completions_12m", "practitioners", "coaches", "experts", "coaches_in_training",
    "coaches_and_experts", "active_projects", "projects_active", "projects_completed_12m",
    "saving_pence_12m", "learning_shared_12m", "difficulties_shared_12m", "funding_next_12m",
    "offers_live", "requests_live",
})  # fmt: skip
"""Measures whose sum over trusts means something: what one counts no other does."""


class TrustValue(Struct, frozen=True, gc=False):
    """One trust's figure; None where its dimension cannot be read."""

    code: str
    measure: Measure | None


class Unknown(Struct, frozen=True, gc=False):
    """A hosted trust whose level or figure is not known.

    since: the first day on which evidence was too old. evidence: the day of the newest evidence of
    the dimension; None when there never was any.
    """

    code: str
    reason: str | None
    since: dt.date | None
    evidence: dt.date | None


class Values(Struct, frozen=True, gc=False):
    """One measure over a system.

    known: hosted trusts whose figure is known or estimated. bounded: those of which only a bound
    is. With the unknown ones they are all hosts. total: of what can be added; at least, while
    somebody's is unknown.
    """

    trusts: tuple[TrustValue, ...]
    partners: tuple[TrustValue, ...]
    hosts: int
    known: int
    bounded: int
    unknown: tuple[Unknown, ...]
    spreads: tuple[Spread, ...]
    total: Measure | None


class DimensionValues(Struct, frozen=True, gc=False):
    """One dimension over a system. unknown: hosted trusts whose level is not known."""

    unknown: tuple[Unknown, ...]
    measures: dict[str, Values]


def values(
    hosts: Sequence[Contribution], partners: Sequence[Contribution], reuse: Reuse | None = None
) -> dict[str, DimensionValues]:
    """Return every dimension's measures over trusts, given in order of their codes."""
    names = _merged(trust.measures for trust in (*hosts, *partners))
    return {name: _reused(name, hosts, partners, reuse) for name in names}


def _reused(
    name: str,
    hosts: Sequence[Contribution],
    partners: Sequence[Contribution],
    reuse: Reuse | None,
) -> DimensionValues:
    """Return a dimension over trusts, made before if what they say of it is the same."""
    make = functools.partial(_dimension, name, hosts, partners)
    if reuse is None:
        return make()
    codes = (tuple(one.code for one in hosts), tuple(one.code for one in partners))
    said = ((one.measures[name], one.levels.get(name)) for one in (*hosts, *partners))
    return reuse.get(("values", name, codes), tuple(itertools.chain.from_iterable(said)), make)


def _dimension(
    name: str, hosts: Sequence[Contribution], partners: Sequence[Contribution]
) -> DimensionValues:
    answers = [(trust.code, trust.levels.get(name)) for trust in hosts]
    told = [(code, answer) for code, answer in answers if answer is not None]
    measures = _merged(trust.measures[name] for trust in (*hosts, *partners))
    return DimensionValues(
        unknown=tuple(_level_unknown(code, answer) for code, answer in told if _is_unknown(answer)),
        measures={key: _values(name, key, hosts, partners) for key in measures},
    )


def _values(
    dimension: str, name: str, hosts: Sequence[Contribution], partners: Sequence[Contribution]
) -> Values:
    found = [_value(trust, dimension, name) for trust in hosts]
    said = (trust.measures[dimension].get(name) for trust in hosts)
    figures = [figure for figure in said if figure is not None]
    absent = [
        _unknown(trust, dimension, item)
        for trust, item in zip(hosts, found, strict=True)
        if item.measure is None or item.measure.value is None
    ]
    known = sum(figure.status in {"known", "estimated"} for figure in figures)
    return Values(
        trusts=tuple(found),
        partners=tuple(_value(trust, dimension, name) for trust in partners),
        hosts=len(hosts),
        known=known,
        bounded=len(hosts) - known - len(absent),
        unknown=tuple(absent),
        spreads=_spreads(dimension, name, hosts),
        total=_total(figures, len(hosts)) if name in _ADDED else None,
    )


def _value(trust: Contribution, dimension: str, name: str) -> TrustValue:
    figure = trust.measures[dimension].get(name)
    return TrustValue(trust.code, brief(figure) if figure is not None else None)


def _total(figures: Sequence[Measure], hosts: int) -> Measure | None:
    """Return the sum; what cannot be read is unknown like any other."""
    if not figures:
        return None
    unread = [Measure(None, "", "unknown", Evidence())] * (hosts - len(figures))
    return total([*figures, *unread], figures[0].unit)


def _spreads(dimension: str, name: str, hosts: Sequence[Contribution]) -> tuple[Spread, ...]:
    among = _edition_and_group if dimension == "culture" else _everybody
    groups: dict[str | None, list[Measure]] = {}
    for trust in hosts:
        figure = trust.measures[dimension].get(name)
        if figure is not None:
            groups.setdefault(among(trust), []).append(figure)
    found = (spread(groups[key], key) for key in sorted(groups, key=str))
    return tuple(item for item in found if item is not None)


def _everybody(_trust: Contribution) -> None:
    return None


def _edition_and_group(trust: Contribution) -> str:
    said = (trust.measures["culture"][name] for name in ("q3f_edition", "q3f_benchmark_group"))
    return "/".join(str(figure.value) for figure in said)


def _is_unknown(answer: Answer) -> bool:
    return answer.level is None


def _level_unknown(code: str, answer: Answer) -> Unknown:
    return Unknown(code, answer.reason, answer.unknown_since, answer.evidence_age.date)


def _unknown(trust: Contribution, dimension: str, item: TrustValue) -> Unknown:
    reason = _UNREADABLE if item.measure is None else item.measure.reason
    answer = trust.levels.get(dimension)
    return Unknown(
        code=trust.code,
        reason=None if reason is UNSET else reason,
        since=answer.unknown_since if answer else None,
        evidence=answer.evidence_age.date if answer else None,
    )


def _merged(parts: Iterable[Iterable[str]]) -> list[str]:
    """Return all names in the order in which they are first met."""
    return list(dict.fromkeys(name for part in parts for name in part))


__all__ = ["DimensionValues", "TrustValue", "Unknown", "Values", "values"]
