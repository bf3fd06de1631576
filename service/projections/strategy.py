"""Strategies and programmes on a date: what is live, what ended, ambitions.

Sources: DOMAIN.md §2 (mergers: they go on, the same one in both is one), MODEL.md §1 (strategy).
"""

from __future__ import annotations

import datetime as dt

from msgspec import Struct

from service.projections.context import Context
from service.projections.held import Held, joined
from service.projections.history import Fact
from service.projections.measure import Evidence, Measure, Moment, evidence, moment
from service.projections.strategy_measures import measures
from service.projections.undertakings import (
    OPENS,
    TYPES,
    Run,
    horizon,
    method_of,
    planned_end,
    run,
    undertaken,
)  # fmt: skip


class Undertaking(Struct, frozen=True, gc=False):
    """A strategy or a programme. inherited_from: the absorbed trust whose it was."""

    kind: str
    code: str
    title: str | None
    method: str | None
    start: Moment
    end: Moment | None
    end_reason: str | None
    planned_end: dt.date | None
    live: bool
    inherited_from: str | None
    events: Evidence


class Ambition(Struct, frozen=True, gc=False):
    """A target that a body set itself."""

    measure: str
    target: float
    by: dt.date
    set_on: Moment
    events: Evidence


class Strategy(Struct, frozen=True, gc=False, tag_field="section", tag="strategy"):
    """Strategies and programmes on a date; measures are those that the model's lines name."""

    live: tuple[Undertaking, ...]
    ended: tuple[Undertaking, ...]
    measures: dict[str, Measure]
    run: Run | None
    horizon_months: Measure
    ambitions: tuple[Ambition, ...]


def strategy(given: Context) -> Strategy:
    """Return strategies and programmes on a date."""
    begun = undertaken(given)
    shown = [_undertaking(item, given.on) for item in joined(begun)]
    return Strategy(
        live=tuple(item for item in shown if item.live),
        ended=tuple(item for item in shown if not item.live),
        measures=measures(given),
        run=run(begun, given.on),
        horizon_months=horizon(begun, given.on),
        ambitions=_ambitions(given),
    )


def _undertaking(item: Held, on: dt.date) -> Undertaking:
    said = [fact for fact in item.by(on) if fact.type in OPENS]
    data, closed = said[-1].data, item.interval.closed
    programme = said[-1].type == "ProgrammeJoined"
    ended = closed if closed is not None and closed.effective <= on else None
    return Undertaking(
        kind="programme" if programme else "strategy",
        code=data.programme if programme else data.strategy,
        title=None if programme else data.title,
        method=method_of(said[-1]),
        start=moment(item.interval.opened),
        end=moment(ended) if ended else None,
        end_reason=_reason(ended),
        planned_end=planned_end(said[-1]),
        live=item.live(on),
        inherited_from=item.origin,
        events=evidence(item.by(on)),
    )


def _reason(ended: Fact | None) -> str | None:
    if ended is None:
        return None
    if ended.type == "LeadershipApproachAffirmed":
        return "replaced"
    return str(getattr(ended.data, "reason", "ended"))


def _ambitions(given: Context) -> tuple[Ambition, ...]:
    newest = {f.data.measure: f for f in given.own("AmbitionSet") if f.effective <= given.on}
    return tuple(
        Ambition(name, fact.data.target, fact.data.by, moment(fact), evidence([fact]))
        for name, fact in sorted(newest.items())
    )


__all__ = ["TYPES", "Ambition", "Strategy", "Undertaking", "strategy"]
