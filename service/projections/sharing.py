"""Self-assessments as others get them: when shared, and as they were shared (DOMAIN.md §5).

A trust shares one assessment with an organisation, counted or under its name (MaturityShared), or
all of them (ShareGranted), until it withdraws (ShareWithdrawn) what it shared by that day. Whether
it is shared is judged by what is known now and today, never by the date or moment asked about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

from service.domain.withheld import WITHHELD, Withheld
from service.projections.blocks import FACT_OF
from service.projections.history import Fact, History, remembered

ASSESSED: Final = "MaturityAssessed"
SHARED: Final = "MaturityShared"
As = Literal["count_only", "named"]
_Place = tuple[dt.date, int]


class Shares(Struct, frozen=True):
    """What an organisation shares with a reader: all, or the assessments at some positions."""

    everything: bool = False
    named: frozenset[int] = frozenset()
    counted: frozenset[int] = frozenset()

    def of(self, position: int) -> As | None:
        """Return how the assessment at a position is shared; None where it is not."""
        if self.everything or position in self.named:
            return "named"
        return "count_only" if position in self.counted else None


def shares(organisation: str, history: History, known_as: frozenset[str], today: dt.date) -> Shares:
    """Return what an organisation shares today with any of some; history: as known now."""
    everything, named, counted = False, set[int](), set[int]()
    for other in sorted(known_as):
        withdrawn = _last(_with(organisation, history, "ShareWithdrawn", other, today))
        granted = _last(_with(organisation, history, "ShareGranted", other, today))
        everything = everything or granted > withdrawn
        for fact in _with(organisation, history, SHARED, other, today):
            if _place(fact) > withdrawn and fact.refers:
                kept = named if fact.data.as_ == "named" else counted
                kept.add(fact.refers[0].position)
    return Shares(everything, frozenset(named), frozenset(counted))


def _with(
    organisation: str, history: History, kind: str, other: str, today: dt.date
) -> Iterable[Fact]:
    return [
        fact
        for fact in history.own(organisation, kind)
        if fact.data.with_ == other
        and fact.effective <= today
        and getattr(fact.data, "what", "self_assessment") == "self_assessment"
    ]


def _place(fact: Fact) -> _Place:
    return (fact.effective, fact.position)


def _last(found: Iterable[Fact]) -> _Place:
    return max(map(_place, found), default=(dt.date.min, 0))


def exact_counts(other: str, history: History, today: dt.date) -> frozenset[str]:
    """Return who lets an organisation have exact counts of theirs today.

    history: the other's, as known now: it holds whatever names it.
    """
    return remembered(
        history, ("exact_counts", other, today), lambda: _exact_counts(other, history, today)
    )


def _exact_counts(other: str, history: History, today: dt.date) -> frozenset[str]:
    newest: dict[str, Fact] = {}
    said = [
        fact for fact in history.of("ShareGranted", "ShareWithdrawn")
        if fact.data.with_ == other and fact.data.what == "exact_counts" and fact.effective <= today
    ]  # fmt: skip
    for fact in sorted(said, key=_place):
        newest[fact.organisation] = fact
    return frozenset(code for code, fact in newest.items() if fact.type == "ShareGranted")


def assesses(history: History) -> bool:
    """Tell whether a history says anything of self-assessments."""
    return ASSESSED in history.by_type or any(map(_is_assessment, history.of(WITHHELD)))


def _is_assessment(fact: Fact) -> bool:
    return isinstance(fact.data, Withheld) and fact.data.kind == ASSESSED


def seen(organisation: str, history: History, shared: Shares) -> History:
    """Return a history with an organisation's self-assessments as they are shared.

    Those that are only counted say nothing but that they are there.
    """
    return remembered(
        history, ("seen", organisation, shared), lambda: _seen(organisation, history, shared)
    )


def _seen(organisation: str, history: History, shared: Shares) -> History:
    kept: list[Fact] = []
    told: list[Fact] = []
    for fact in history.of(ASSESSED, WITHHELD):
        how = shared.of(fact.position)
        if fact.organisation != organisation or not _of_assessments(fact) or how == "named":
            (told if fact.type == ASSESSED else kept).append(fact)
        elif how == "count_only":
            kept.append(fact if fact.type == WITHHELD else _counted(fact))
    groups = {kind: group for kind, group in history.by_type.items() if kind not in _REPLACED}
    for kind, facts in ((ASSESSED, told), (WITHHELD, kept)):
        if facts:
            groups[kind] = tuple(sorted(facts, key=lambda fact: fact.position))
    return History(groups, history.unread, history.last_position)


_REPLACED: Final = frozenset({ASSESSED, WITHHELD})


def _of_assessments(fact: Fact) -> bool:
    return fact.type == ASSESSED or _is_assessment(fact)


def _counted(fact: Fact) -> Fact:
    members = {name: getattr(fact, name) for name in Fact.__struct_fields__}
    return FACT_OF[WITHHELD](**members | {"data": Withheld(ASSESSED), "type": WITHHELD})


__all__ = ["ASSESSED", "SHARED", "As", "Shares", "assesses", "exact_counts", "seen", "shares"]
