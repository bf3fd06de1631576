"""How far a trust's picture can be relied on: age of evidence, assurance, cells that are fresh.

Question 3 of a lead. A cell is one level of one trust; how long evidence vouches is the model's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from service.domain import dates
from service.domain.envelope import Assurance
from service.domain.register import BY_NAME
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.ledger import within
from service.projections.levels import Answer
from service.projections.measure import Evidence, evidence

_YEAR: Final = 12
_DAY: Final = dt.timedelta(days=1)
_ASSURANCES: Final[tuple[Assurance, ...]] = (
    "public_record", "third_party", "board_minuted", "self_declared",
)  # fmt: skip


class AssuranceCount(Struct, frozen=True, gc=False):
    """How many events of the last 12 months are assured so."""

    assurance: Assurance
    events: Evidence


class Reliance(Struct, frozen=True, gc=False):
    """How far one trust's picture can be relied on.

    last: the newest day of the trust's own stream by the date, the register apart; a return counts
    by the end of its quarter. days: since then. assurance_12m: each kind, best assured first.
    fresh, ageing: of `cells`, the levels that the model has.
    """

    last: dt.date | None
    days: int | None
    assurance_12m: tuple[AssuranceCount, ...]
    fresh: int
    ageing: int
    cells: int


def reliance(given: Context, levels: Mapping[str, Answer]) -> Reliance:
    """Return how far a trust's picture can be relied on."""
    last = max((day for group in _groups(given) for day in _last(group, given.on)), default=None)
    after = dates.add_months(given.on, -_YEAR)
    year = [fact for group in _groups(given) for fact in within(group, after, given.on)]
    states = [answer.evidence_age.state for answer in levels.values()]
    return Reliance(
        last=last,
        days=None if last is None else (given.on - last).days,
        assurance_12m=tuple(
            AssuranceCount(kind, evidence(fact for fact in year if fact.assurance == kind))
            for kind in _ASSURANCES
        ),
        fresh=states.count("fresh"),
        ageing=states.count("ageing"),
        cells=len(states),
    )


def _groups(given: Context) -> Iterator[tuple[Fact, ...]]:
    """Yield the trust's own facts by type, what only registers it apart."""
    for kind, group in given.own_by_type.items():
        if BY_NAME[kind].part != "register":
            yield group


def _last(group: tuple[Fact, ...], on: dt.date) -> Iterator[dt.date]:
    """Yield the newest day of facts of one type that are in effective order."""
    if group[0].type == "ReturnMade":
        ends = (dates.quarter_end(f.data.financial_year, f.data.quarter) - _DAY for f in group)
        yield from (day for day in ends if day <= on)
        return
    known = within(group, dt.date.min, on)
    yield from (fact.effective for fact in known[-1:])


__all__ = ["AssuranceCount", "Reliance", "reliance"]
