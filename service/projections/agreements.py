"""Which agreements of funding concern an organisation, and how much of each is its own.

Source: DOMAIN.md §2. The same agreement recorded again replaces the former, and what was withdrawn
before. Shared money is never credited whole to each: their own amounts, else equal parts,
estimated. In a merger agreements go on, keyed by (organisation, reference); what the successor
spends or withdraws under a reference that is not its own is of the absorbed trust's agreement.
An agreement of another body counts once the operator recorded it or this one confirmed it; what
becomes of it is told by that body's own history, since a withdrawal names nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from msgspec import UNSET, Struct

from service.domain import dates
from service.projections.context import Context, once
from service.projections.history import Fact, History, counts_for
from service.projections.ledger import newest, ordered

TYPES: Final = ("FundingCommitted", "FundingSpent", "FundingWithdrawn")


class Case(Struct, frozen=True, gc=False):
    """One agreement: its newest commitment, and what was spent and withdrawn by the date.

    origin: the absorbed trust that it comes from. beneficiary: whose part is asked for.
    counted: false for another body's agreement that nobody confirmed: it is only shown.
    """

    commitment: Fact
    spent: tuple[Fact, ...]
    withdrawn: tuple[Fact, ...]
    origin: str | None
    beneficiary: str
    counted: bool

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Return what the money committed rests on."""
        return (self.commitment, *self.withdrawn)


class Part(Struct, frozen=True, gc=False):
    """An organisation's part of an agreement, 0 to 1; equal parts are estimated."""

    share: Fraction
    estimated: bool


@once
def funders(given: Context) -> tuple[tuple[str, History], ...]:
    """Return the other bodies that ever committed money for this one or an absorbed trust.

    Each with its own history, where that is at hand; else with what is known of it here.
    """
    found: dict[str, History] = {}
    for history in (given.history, *(gone.history for gone in given.absorbed)):
        for fact in history.of("FundingCommitted"):
            if fact.organisation not in given.bodies:
                found[fact.organisation] = given.around.get(fact.organisation, history)
    return tuple(sorted(found.items(), key=lambda pair: pair[0]))


@once
def cases(given: Context) -> list[Case]:
    """Return own agreements, those of absorbed trusts, and those of others that name one of them.

    All by what is known on the date: commitments, spending and withdrawals effective by then.
    """
    own = given.own(*TYPES)
    found = list(_of_body(own, given.on, None, given.code))
    named = {fact.data.agreement for fact in own if fact.type == "FundingCommitted"}
    later = [f for f in own if f.type != "FundingCommitted" and f.data.agreement not in named]
    for gone in given.absorbed:
        after = [fact for fact in later if fact.effective >= gone.since]
        facts = ordered([*gone.own(*TYPES), *after])
        found += _of_body(facts, given.on, gone.code, gone.code)
    found += _others(given, None, given.code)
    for gone in given.absorbed:
        found += _others(given, gone.code, gone.code)
    return found


def ends(case: Case) -> dt.date | None:
    """Return the first day without: after the last day or year stated, or of a whole withdrawal."""
    days = [fact.data.from_ for fact in case.withdrawn if fact.data.pence is UNSET]
    stated = stated_end(case.commitment)
    return min([*days, *([stated] if stated else [])], default=None)


def stated_end(commitment: Fact) -> dt.date | None:
    """Return the first day without by the agreement's own words; None while it goes on."""
    data = commitment.data
    if data.to is not UNSET:
        return dt.date.fromordinal(data.to.toordinal() + 1)
    if data.recurrence == "recurrent":
        return None
    return max(dates.year_end(item.financial_year) for item in data.by_year)


def is_live(case: Case, on: dt.date) -> bool:
    """Tell whether a day lies inside of an agreement."""
    end = ends(case)
    starts: dt.date = case.commitment.data.from_
    return starts <= on and (end is None or on < end)


def stated_total(commitment: Fact) -> int:
    """Return the pence as committed: of a recurrent agreement without an end, a year's."""
    if commitment.data.pence is not UNSET:
        return int(commitment.data.pence)
    return sum(item.pence for item in commitment.data.by_year)


def part(case: Case) -> Part:
    """Return an organisation's part: all that is its own, its stated amount, or an equal part."""
    stated = _parts(case.commitment)
    if not stated:
        return Part(Fraction(1), estimated=False)
    if case.beneficiary not in stated:
        return Part(Fraction(0), estimated=False)
    amount, whole = stated[case.beneficiary], stated_total(case.commitment)
    if amount is not None:
        return Part(Fraction(amount, whole) if whole else Fraction(0), estimated=False)
    rest = whole - sum(pence for pence in stated.values() if pence is not None)
    without = sum(pence is None for pence in stated.values())
    share = Fraction(rest, whole) if whole else Fraction(1)
    return Part(share / without, estimated=len(stated) > 1)


def _others(given: Context, origin: str | None, code: str) -> Iterator[Case]:
    """Yield agreements in other bodies' streams that name a body as one that the money is for."""
    for funder, history in funders(given):
        own = ordered(history.own(funder, *TYPES))
        for case in _of_body(own, given.on, origin, code):
            if code in _parts(case.commitment):
                yield case


def _of_body(
    facts: Sequence[Fact], on: dt.date, origin: str | None, beneficiary: str
) -> Iterator[Case]:
    by_name: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.effective <= on:
            by_name.setdefault(fact.data.agreement, []).append(fact)
    for _, about in sorted(by_name.items()):
        commitment = newest(fact for fact in about if fact.type == "FundingCommitted")
        if commitment is not None:
            yield Case(
                commitment,
                tuple(fact for fact in about if fact.type == "FundingSpent"),
                tuple(f for f in about if f.type == "FundingWithdrawn" and _later(f, commitment)),
                origin,
                beneficiary,
                counts_for(commitment, beneficiary),
            )


def _later(fact: Fact, commitment: Fact) -> bool:
    at = (commitment.effective, commitment.position)
    return (fact.effective, fact.position) > at


def _parts(fact: Fact) -> dict[str, int | None]:
    """Return each beneficiary with its own amount, if one is stated."""
    items = fact.data.beneficiaries
    if items is UNSET or not items:
        return {}
    return {i.organisation: None if i.pence is UNSET else int(i.pence) for i in items}


__all__ = [
    "TYPES",
    "Case",
    "Part",
    "cases",
    "ends",
    "funders",
    "is_live",
    "part",
    "stated_end",
    "stated_total",
]
