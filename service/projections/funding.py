"""Funding: agreements on a date, this organisation's part of each, and what ends when.

Sources: DOMAIN.md §2 (funding), MODEL.md §1 (funding).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from msgspec import UNSET, Struct

from service.projections.agreements import (
    TYPES,
    Case,
    cases,
    ends,
    is_live,
    part,
    stated_total,
)  # fmt: skip
from service.projections.context import Context
from service.projections.funding_measures import (
    Ending,
    Money,
    endings,
    measures,
    money,
    next_year,
)  # fmt: skip
from service.projections.history import Fact
from service.projections.measure import (
    Evidence,
    Measure,
    Moment,
    Status,
    evidence,
    measure,
    moment,
    unknown,
)  # fmt: skip


class Agreement(Struct, frozen=True, gc=False):
    """One agreement on the date. pence: as committed; a recurrent one's without an end a year's.

    recorder: whose stream it stands in. share: this organisation's part of the pence.
    ends: the first day without. next_12m: this organisation's part of the next 12 months, net of
    withdrawals. counted: false for another body's that this one has not confirmed.
    """

    recorder: str
    agreement: str
    purpose: str
    funder: str
    recurrence: str
    committed: Moment
    starts: dt.date
    ends: dt.date | None
    live: bool
    ring_fenced: bool
    counted: bool
    pence: Measure
    share: Measure
    next_12m: Measure
    spent: Measure
    withdrawn: Measure
    inherited_from: str | None
    events: Evidence


class Funding(Struct, frozen=True, gc=False, tag_field="section", tag="funding"):
    """Agreements known by a date, live ones first; this organisation's part of what is live.

    measures: those that the model's lines name. ends: by quarter, in the next 12 months.
    """

    measures: dict[str, Measure]
    agreements: tuple[Agreement, ...]
    live_share: Measure
    ends: tuple[Ending, ...]


def funding(given: Context) -> Funding:
    """Return funding on a date."""
    parts = [money(case, given.on) for case in cases(given)]
    items = [_agreement(item, given.on) for item in parts]
    items.sort(key=lambda item: (not item.live, item.starts, item.recorder, item.agreement))
    live = [i.case for i in parts if i.case.counted and is_live(i.case, given.on)]
    return Funding(
        measures=measures(parts, given.on),
        agreements=tuple(items),
        live_share=_sum([_share(case) for case in live], [case.commitment for case in live]),
        ends=endings(parts, given.on),
    )


def _agreement(item: Money, on: dt.date) -> Agreement:
    case = item.case
    fact, data = case.commitment, case.commitment.data
    return Agreement(
        recorder=fact.organisation,
        agreement=data.agreement,
        purpose=data.purpose,
        funder=data.funder,
        recurrence=data.recurrence,
        committed=moment(fact),
        starts=data.from_,
        ends=ends(case),
        live=is_live(case, on),
        ring_fenced=data.ring_fenced,
        counted=case.counted,
        pence=measure(stated_total(fact), "pence", [fact]),
        share=_share(case),
        next_12m=next_year([item], on),
        spent=_added(case.spent),
        withdrawn=_added([f for f in case.withdrawn if f.data.pence is not UNSET]),
        inherited_from=case.origin,
        events=evidence([*case.facts, *case.spent]),
    )


def _share(case: Case) -> Measure:
    own = part(case)
    status: Status = "estimated" if own.estimated else "known"
    pence = int(own.share * stated_total(case.commitment))
    return measure(pence, "pence", [case.commitment], status)


def _added(facts: Sequence[Fact]) -> Measure:
    if not facts:
        return unknown("pence", "not_recorded")
    return measure(sum(fact.data.pence for fact in facts), "pence", facts)


def _sum(shares: Sequence[Measure], facts: Sequence[Fact]) -> Measure:
    if not shares:
        return unknown("pence", "no_live_agreement")
    status: Status = "estimated" if any(s.status == "estimated" for s in shares) else "known"
    return measure(sum(int(s.value or 0) for s in shares), "pence", facts, status)


__all__ = ["TYPES", "Agreement", "Funding", "funding"]
