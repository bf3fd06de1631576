"""The same recorded twice: one type, one organisation, one day, one content, two ids.

No more than that: figures that are merely alike are not said to be the same. The same fact from a
public and an own source of another assurance is evidence beside evidence where only one counts.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator, Sequence
from operator import attrgetter
from typing import Final

from service.domain.register import BY_NAME
from service.projections.context import Context
from service.projections.history import Fact
from service.projections.senses.check import Check, Finding, said, when

_EFFECTIVE: Final = attrgetter("effective")
_CONTENT: Final = attrgetter("data")


def _find(given: Context) -> Iterator[Finding]:
    for group in given.own_by_type.values():
        for _, same_day in itertools.groupby(group, key=_EFFECTIVE):
            facts = tuple(same_day)
            if len(facts) > 1:
                yield from _same(facts)


def _same(facts: Sequence[Fact]) -> Iterator[Finding]:
    """Yield what was recorded more than once among facts of one type and day."""
    of = _stated if BY_NAME[facts[0].type].fold.form == "states" else _CONTENT
    found: dict[Hashable, list[Fact]] = {}
    for fact in facts:
        found.setdefault(of(fact), []).append(fact)
    for same in found.values():
        if len(same) > 1:
            text = f"{said(same[0])}, {when(same[0])}: recorded {len(same)} times"
            yield Finding(tuple(same), text)


def _stated(fact: Fact) -> Hashable:
    return fact.data, fact.assurance


LIKELY_DUPLICATE: Final = Check(
    code="likely_duplicate",
    rule="an event is recorded once: another of the same type, day and content is likely the same",
    way_out="retract all but one; if it did happen twice on one day, nothing need be done",
    find=_find,
)

__all__ = ["LIKELY_DUPLICATE"]
