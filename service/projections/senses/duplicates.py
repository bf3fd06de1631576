"""The same recorded twice: one type, one organisation, one day, one content, two ids.

No more than that: figures that are merely alike are not said to be the same. The same fact from a
public and an own source of another assurance is evidence beside evidence where only one counts.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final

from service.domain.register import BY_NAME
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.senses.check import Check, Finding, said, when


def _find(given: Context) -> Iterator[Finding]:
    for group in given.own_by_type.values():
        if len(group) > 1:
            yield from _same(group)


def _same(group: tuple[Fact, ...]) -> Iterator[Finding]:
    of = _stated if BY_NAME[group[0].type].fold.form == "states" else _happened
    found: dict[Hashable, list[Fact]] = {}
    for fact in group:
        found.setdefault(of(fact), []).append(fact)
    for facts in found.values():
        if len(facts) > 1:
            text = f"{said(facts[0])}, {when(facts[0])}: recorded {len(facts)} times"
            yield Finding(tuple(facts), text)


def _happened(fact: Fact) -> Hashable:
    return fact.effective, fact.data


def _stated(fact: Fact) -> Hashable:
    return fact.effective, fact.data, fact.assurance


LIKELY_DUPLICATE: Final = Check(
    code="likely_duplicate",
    rule="an event is recorded once: another of the same type, day and content is likely the same",
    way_out="retract all but one; if it did happen twice on one day, nothing need be done",
    find=_find,
)

__all__ = ["LIKELY_DUPLICATE"]
