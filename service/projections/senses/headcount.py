"""More people trained or skilled than the organisation has."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import UNSET

from service.projections.context import Context, at
from service.projections.history import Fact
from service.projections.senses.check import Check, Finding, said, when
from service.projections.size import headcount
from service.projections.skilled import STAFF

_COUNT: Final = "WorkforceCounted"


def _find(given: Context) -> Iterator[Finding]:
    counts = [fact for fact in given.own(_COUNT) if fact.data.headcount is not UNSET]
    others = (fact for gone in given.absorbed for fact in gone.own(_COUNT))
    known = [*counts, *(fact for fact in others if fact.data.headcount is not UNSET)]
    least = min((fact.data.headcount for fact in known), default=None)
    if least is None:
        return
    for fact in itertools.chain(given.own("StaffTrained"), given.own("SkillsCounted")):
        if _people(fact) > least and (found := _above(given, fact, counts)):
            yield found


def _people(fact: Fact) -> int:
    if fact.type == "SkillsCounted":
        return int(fact.data.people)
    return int(fact.data.completions) if fact.data.participant_group in STAFF else 0


def _above(given: Context, fact: Fact, counts: Iterable[Fact]) -> Finding | None:
    """Return that a figure is above the headcount of its day, else of the first count after it."""
    people, counted = headcount(at(given, fact.effective))
    if people.value is None:
        after = next(iter(counts), None)
        most, of = (after.data.headcount, when(after)) if after else (None, "")
    else:
        most = people.value if people.status == "known" else None
        of = counted.date.isoformat() if counted else ""
    if most is None or _people(fact) <= most:
        return None
    text = f"{said(fact)}, {when(fact)}: more than the headcount of {most:,} counted on {of}"
    return Finding((fact,), text)


ABOVE_HEADCOUNT: Final = Check(
    code="above_headcount",
    rule="the people of one course or one census are no more than the headcount of the time",
    way_out="correct the figure, or record the headcount anew if that is what is out of date",
    find=_find,
)

__all__ = ["ABOVE_HEADCOUNT"]
