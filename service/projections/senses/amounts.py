"""An amount far from the organisation's own usual: pounds typed as pence, or pence as pounds.

A slip between the two makes a hundred of one. As amounts vary by themselves, the cut is at fifty
either way; held against the middle one of the organisation's own amounts of the kind where there
are four or more, else of all its commitments where these are. Both numbers are our choice.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Final

from service.domain.words import plain, pounds
from service.projections.agreements import stated_total
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.senses.check import Check, Finding, said, when

FAR: Final = 50
ENOUGH: Final = 4


def _find(given: Context) -> Iterator[Finding]:
    commitments = given.own("FundingCommitted")
    groups: dict[str, list[Fact]] = {}
    for fact in (*commitments, *given.own("FundingSpent"), *given.own("IncomeReported")):
        groups.setdefault(_kind(fact), []).append(fact)
    for kind, facts in groups.items():
        if len(facts) >= ENOUGH:
            yield from _among(facts, facts, kind)
        elif facts[0].type == "FundingCommitted" and len(commitments) >= ENOUGH:
            yield from _among(facts, commitments, "commitments")


def _among(facts: Sequence[Fact], others: Sequence[Fact], kind: str) -> Iterator[Finding]:
    """Yield the facts whose amounts are far from the middle one of some."""
    usual = int(statistics.median(map(_pence, others)))
    for fact in facts if usual else ():
        yield from _far(fact, _pence(fact), usual, f"the middle one of {len(others)} {kind}")


def _far(fact: Fact, pence: int, usual: int, among: str) -> Iterator[Finding]:
    """Yield that an amount is fifty times the usual or more, or a fiftieth or less."""
    if usual / FAR < pence < usual * FAR or not pence:
        return
    many = f"{pence / usual:,.0f} times" if pence > usual else f"1/{usual / pence:,.0f} of"
    text = f"{said(fact)}, {when(fact)}: {pounds(pence)} is {many} {pounds(usual)}, {among}"
    yield Finding((fact,), text)


def _kind(fact: Fact) -> str:
    if fact.type == "FundingCommitted":
        how = fact.data.recurrence.replace("_", "-")
        return f"{how} commitments for {plain(fact.data.purpose)}"
    return "amounts spent" if fact.type == "FundingSpent" else "yearly incomes"


def _pence(fact: Fact) -> int:
    return stated_total(fact) if fact.type == "FundingCommitted" else int(fact.data.pence)


UNUSUAL_AMOUNT: Final = Check(
    code="unusual_amount",
    rule="an amount lies within fifty times the organisation's usual of the kind, either way",
    way_out="correct it if pounds and pence were mixed up; if it is right, nothing need be done",
    find=_find,
)

__all__ = ["ENOUGH", "FAR", "UNUSUAL_AMOUNT"]
