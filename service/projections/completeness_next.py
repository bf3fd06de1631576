"""What to send next: the gaps of a record as a short list of types of event, in order.

First what several levels wait for (headcount, divisions), then levels that are unknown, then those
that soon will be, then returns for the quarters that are missing, then what a level lacks that is
known. One line a type, however many gaps it closes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from service.domain.words import body_list, plain
from service.projections.completeness_dimensions import DimensionRecord, Gap
from service.projections.completeness_divisions import DivisionRecord
from service.projections.completeness_wanted import Sender, sender

MOST: Final = 12
"""As many as a quarterly return has answers at most."""
_KEEPS_FRESH: Final = {
    "leadership": "BoardComposed",
    "culture": "CultureSurveyed",
    "skills_introductory": "StaffTrained",
    "skills_practitioner": "SkillsCounted",
    "skills_coach_expert": "SkillsCounted",
    "funding": "FundingCommitted",
    "board": "BoardReviewedProgress",
    "strategy": "StrategyAdopted",
    "connection": "ConnectionMade",
    "practice": "ProjectCompleted",
}
"""What is recorded of a dimension where nothing in particular is asked for."""
_OLD: Final = frozenset({"evidence_too_old", "evidence_ageing"})


class ToSend(Struct, frozen=True, gc=False):
    """One type of event to send. why: in words, the first reason first.

    dimensions: for which. by: who sends it; the operator, where it comes with a publication.
    template: a workbook to fill in. schema: what the event holds.
    """

    type: str
    why: tuple[str, ...]
    dimensions: tuple[str, ...]
    by: Sender
    template: str
    schema: str


class _Reason(Struct, frozen=True, gc=False):
    """Why events of a type are wanted, and for which dimension, if it is for one."""

    type: str
    why: str
    dimension: str | None


def to_send(
    whole: Sequence[Gap],
    dimensions: Sequence[DimensionRecord],
    divisions: Sequence[DivisionRecord],
) -> tuple[ToSend, ...]:
    """Return what to send next, at most twelve types, the most wanted first."""
    reasons: dict[str, list[_Reason]] = {}
    for reason in _reasons(whole, dimensions, divisions):
        reasons.setdefault(reason.type, []).append(reason)
    return tuple(_line(kind, found) for kind, found in list(reasons.items())[:MOST])


def _line(kind: str, reasons: Sequence[_Reason]) -> ToSend:
    return ToSend(
        type=kind,
        why=tuple(dict.fromkeys(reason.why for reason in reasons)),
        dimensions=tuple(dict.fromkeys(r.dimension for r in reasons if r.dimension)),
        by=sender(kind),
        template=f"/api/v1/templates/{kind}.xlsx",
        schema=f"/api/v1/schemas/{kind}",
    )


def _reasons(
    whole: Sequence[Gap],
    dimensions: Sequence[DimensionRecord],
    divisions: Sequence[DivisionRecord],
) -> Iterator[_Reason]:
    yield from (_Reason(gap.send, gap.text, None) for gap in whole if gap.send)
    unknown = [one for one in dimensions if one.level is None]
    known = [one for one in dimensions if one.level is not None]
    yield from _closing(dimensions, "no_chief_executive")
    yield from _closing(unknown, "not_known")
    yield from _renewing([*unknown, *known])
    yield from _closing(dimensions, "quarters_not_covered")
    yield from _closing(known, "no_census")
    yield from _closing(known, "not_known")
    yield from _naming(divisions)


def _closing(dimensions: Sequence[DimensionRecord], code: str) -> Iterator[_Reason]:
    """Yield what closes the gaps of one kind."""
    for one in dimensions:
        for gap in one.gaps:
            if gap.code == code and gap.send:
                yield _Reason(gap.send, gap.text, one.dimension)


def _renewing(dimensions: Sequence[DimensionRecord]) -> Iterator[_Reason]:
    """Yield what makes evidence new that is too old or soon will be, the oldest first."""
    for one in sorted(dimensions, key=_stale_from):
        kind = _KEEPS_FRESH.get(one.dimension)
        told = any(gap.code == "not_known" and gap.send for gap in one.gaps)
        for gap in one.gaps:
            if kind and (gap.code in _OLD or (gap.code == "never_recorded" and not told)):
                yield _Reason(kind, f"{plain(one.dimension)}: {gap.text}", one.dimension)


def _stale_from(one: DimensionRecord) -> dt.date:
    return one.evidence_age.stale_from or dt.date.max


def _naming(divisions: Sequence[DivisionRecord]) -> Iterator[_Reason]:
    """Yield what names divisions that nothing named, a line a dimension."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in divisions:
        for gap in one.gaps:
            if gap.send and gap.dimension:
                found.setdefault((gap.send, gap.dimension), []).append(one.name)
    for (kind, dimension), names in found.items():
        why = f"no event of the last 12 months on {dimension} names {body_list(names)}"
        yield _Reason(kind, why, dimension)


__all__ = ["MOST", "ToSend", "to_send"]
