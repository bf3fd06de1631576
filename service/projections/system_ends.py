"""What ends in a system within 12 months, in pounds and WTE by quarter: question 2 of a lead.

Sums are over hosted trusts; what ends at partners stands in the list, marked. What the system
itself has stands in its own sections.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from msgspec import Struct, structs

from service.projections.contribution import Seated
from service.projections.coverage import Quarter
from service.projections.measure import Measure, together, total
from service.projections.member_ends import QuarterEnds, quarters
from service.projections.membership import Role


class TrustEnds(Struct, frozen=True, gc=False):
    """What ends at one trust in one quarter. role: only hosts are in the sums."""

    code: str
    role: Role
    ends: QuarterEnds


class SystemQuarter(Struct, frozen=True, gc=False):
    """What ends in one quarter of the next 12 months.

    pence, team_wte, coaches_wte: over hosted trusts; at least, while some have nothing recorded.
    trusts: those where something ends.
    """

    quarter: Quarter
    pence: Measure
    team_wte: Measure
    coaches_wte: Measure
    trusts: tuple[TrustEnds, ...]


def ends(members: Sequence[Seated], on: dt.date) -> tuple[SystemQuarter, ...]:
    """Return what ends in each quarter; members come in order of their codes."""
    return tuple(
        _quarter(quarter, [TrustEnds(one.code, one.role, one.trust.ends[index]) for one in members])
        for index, quarter in enumerate(quarters(on))
    )


def _quarter(quarter: Quarter, trusts: Sequence[TrustEnds]) -> SystemQuarter:
    hosted = [trust.ends for trust in trusts if trust.role == "host"]
    return SystemQuarter(
        quarter=quarter,
        pence=_sum(hosted, lambda ends: ends.pence, "pence"),
        team_wte=_sum(hosted, lambda ends: ends.team_wte, "wte"),
        coaches_wte=_sum(hosted, lambda ends: ends.coaches_wte, "wte"),
        trusts=tuple(trust for trust in trusts if trust.ends.something()),
    )


def _sum(
    hosted: Sequence[QuarterEnds], figure: Callable[[QuarterEnds], Measure], unit: str
) -> Measure:
    """Return a sum; one that is not nought rests on what ends alone."""
    figures = [figure(ends) for ends in hosted]
    whole = total(figures, unit)
    if not whole.value:
        return whole
    return structs.replace(whole, events=together(item.events for item in figures if item.value))


__all__ = ["SystemQuarter", "TrustEnds", "ends"]
