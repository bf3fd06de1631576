"""Funding: agreements on a date, and the share of each organisation that they are for.

Source: DOMAIN.md §2, funding: shared money is never credited whole to each: their own amounts,
else equal parts, estimated. The same agreement recorded again replaces the former.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import UNSET, Struct

from service.projections.context import Context, carried
from service.projections.history import Fact, counts_for
from service.projections.ledger import of_types
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

TYPES: Final = ("FundingCommitted", "FundingSpent", "FundingWithdrawn")
_DAY: Final = dt.timedelta(days=1)


class Agreement(Struct, frozen=True, gc=False):
    """One agreement on the date. pence: as committed; a recurrent one's is a year's.

    recorder: whose stream it stands in. share: this organisation's part.
    ends: the first day without.
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
    pence: Measure
    share: Measure
    spent: Measure
    withdrawn: Measure
    inherited_from: str | None
    events: Evidence


class Funding(Struct, frozen=True, gc=False, tag_field="section", tag="funding"):
    """Agreements known by a date, live ones first, and this organisation's part of the live."""

    agreements: tuple[Agreement, ...]
    live_share: Measure


class _Case(Struct, frozen=True, gc=False):
    """One agreement's newest commitment, with what was spent and withdrawn by the date."""

    commitment: Fact
    spent: tuple[Fact, ...]
    withdrawn: tuple[Fact, ...]
    origin: str | None
    beneficiary: str


def funding(given: Context) -> Funding:
    """Return funding on a date."""
    cases = [case for case in _cases(given) if case.commitment.effective <= given.on]
    items = [_agreement(case, given.on) for case in cases]
    items.sort(key=lambda item: (not item.live, item.starts, item.recorder, item.agreement))
    live = [case.commitment for case in cases if _live(case, given.on)]
    return Funding(tuple(items), _sum([item.share for item in items if item.live], live))


def _cases(given: Context) -> Iterable[_Case]:
    """Yield own agreements, absorbed trusts', and those of others that name this one."""
    for origin, facts in carried(given, *TYPES):
        yield from _of_body(facts, given.on, origin, origin or given.code)
    others = [f for f in given.facts if f.organisation != given.code and f.type in TYPES]
    for code in sorted({fact.organisation for fact in others} - {g.code for g in given.absorbed}):
        facts = of_types((f for f in others if f.organisation == code), *TYPES)
        for case in _of_body(facts, given.on, None, given.code):
            named = given.code in _parts(case.commitment)
            if named and counts_for(case.commitment, given.code):
                yield case


def _of_body(
    facts: Sequence[Fact], on: dt.date, origin: str | None, beneficiary: str
) -> Iterable[_Case]:
    known = [fact for fact in facts if fact.effective <= on]
    newest = {fact.data.agreement: fact for fact in known if fact.type == "FundingCommitted"}
    for name, commitment in newest.items():
        about = [fact for fact in known if fact.data.agreement == name]
        yield _Case(
            commitment,
            tuple(fact for fact in about if fact.type == "FundingSpent"),
            tuple(fact for fact in about if fact.type == "FundingWithdrawn"),
            origin,
            beneficiary,
        )


def _agreement(case: _Case, on: dt.date) -> Agreement:
    fact, data = case.commitment, case.commitment.data
    return Agreement(
        recorder=fact.organisation,
        agreement=data.agreement,
        purpose=data.purpose,
        funder=data.funder,
        recurrence=data.recurrence,
        committed=moment(fact),
        starts=data.from_,
        ends=_ends(case),
        live=_live(case, on),
        ring_fenced=data.ring_fenced,
        pence=measure(_total(fact), "pence", [fact]),
        share=_share(fact, case.beneficiary),
        spent=_added(case.spent),
        withdrawn=_added([f for f in case.withdrawn if f.data.pence is not UNSET]),
        inherited_from=case.origin,
        events=evidence([fact, *case.spent, *case.withdrawn]),
    )


def _ends(case: _Case) -> dt.date | None:
    """Return the first day without: after the last day stated, or of a whole withdrawal."""
    days = [fact.data.from_ for fact in case.withdrawn if fact.data.pence is UNSET]
    if case.commitment.data.to is not UNSET:
        days.append(case.commitment.data.to + _DAY)
    return min(days, default=None)


def _live(case: _Case, on: dt.date) -> bool:
    ends = _ends(case)
    starts: dt.date = case.commitment.data.from_
    return starts <= on and (ends is None or on < ends)


def _total(fact: Fact) -> int:
    if fact.data.pence is not UNSET:
        return int(fact.data.pence)
    return sum(item.pence for item in fact.data.by_year)


def _parts(fact: Fact) -> dict[str, int | None]:
    """Return each beneficiary with its own amount, if one is stated."""
    items = fact.data.beneficiaries
    if items is UNSET or not items:
        return {}
    return {i.organisation: None if i.pence is UNSET else int(i.pence) for i in items}


def _share(fact: Fact, code: str) -> Measure:
    """Return an organisation's part: all of its own, its stated amount, or an equal part."""
    parts, total = _parts(fact), _total(fact)
    if not parts:
        return measure(total, "pence", [fact])
    if code not in parts:
        return measure(0, "pence", [fact])
    stated = parts[code]
    if stated is not None:
        return measure(stated, "pence", [fact])
    rest = total - sum(amount for amount in parts.values() if amount is not None)
    without = sum(amount is None for amount in parts.values())
    return measure(rest // without, "pence", [fact], "estimated")


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
