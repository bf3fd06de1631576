"""The register of sense checks, and the warnings that they make of an organisation's history.

A warning is of a history as known at a position: correcting or retracting what it is about closes
it. It hangs on a date only where "still to come" does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from service.projections.context import Context, context
from service.projections.history import History, remembered
from service.projections.senses.amounts import UNUSUAL_AMOUNT
from service.projections.senses.bodies import BODY_NOT_OPEN
from service.projections.senses.check import Check, OpenWarning, opened
from service.projections.senses.duplicates import LIKELY_DUPLICATE
from service.projections.senses.endings import AGREEMENT_NOT_KNOWN, END_WITHOUT_BEGINNING
from service.projections.senses.headcount import ABOVE_HEADCOUNT
from service.projections.senses.holders import TWO_CHIEFS, TWO_POSTS
from service.projections.senses.lifetime import AFTER_CLOSING, BEFORE_OPENING, FUTURE_DATE

OF_ITSELF: Final[tuple[Check, ...]] = (
    ABOVE_HEADCOUNT, TWO_CHIEFS, END_WITHOUT_BEGINNING, AGREEMENT_NOT_KNOWN, UNUSUAL_AMOUNT,
    BEFORE_OPENING, AFTER_CLOSING, LIKELY_DUPLICATE,
)  # fmt: skip
"""Checks that read the organisation's own history, and those of trusts that it absorbed."""
OF_OTHERS: Final[tuple[Check, ...]] = (TWO_POSTS, BODY_NOT_OPEN, FUTURE_DATE)
"""Checks that also read what other bodies are, or which day it is."""
CHECKS: Final = (*OF_ITSELF, *OF_OTHERS)
MOST: Final = 1_000
"""An answer lists so many warnings, and says how many more there are."""


class Warned(Struct, frozen=True, gc=False):
    """Open warnings, by position; more: how many are not listed."""

    items: tuple[OpenWarning, ...]
    more: int


def missing(code: str, histories: Mapping[str, History]) -> set[str]:
    """Return whose whole histories the checks read that are not there: its own, of its parts.

    Of a system its members' are not read. To be asked again until nothing is missing.
    """
    found: set[str] = set()
    waiting = [code]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            merged = histories.get(name, History()).of("TrustMerged")
            waiting += [fact.organisation for fact in merged if fact.data.into == name]
    return found - set(histories)


def warnings(
    code: str, histories: Mapping[str, History], today: dt.date
) -> tuple[OpenWarning, ...]:
    """Return the open warnings of an organisation, by position.

    histories: all that `missing` and then `closure.neighbours` name, with hypothetical entries or
    without. today: the day after which a date is still to come.
    """
    return found(context(code, histories, today))


def found(given: Context) -> tuple[OpenWarning, ...]:
    """Return the open warnings of an organisation; the context's date is today."""
    every = (*_of_itself(given), *_found(given, OF_OTHERS))
    return tuple(sorted(every, key=lambda warning: (warning.positions, warning.code)))


def _of_itself(given: Context) -> tuple[OpenWarning, ...]:
    """Return what hangs on no date and no other body: made once a history."""
    if given.absorbed:
        return _found(given, OF_ITSELF)
    return remembered(given.history, ("senses", given.code), lambda: _found(given, OF_ITSELF))


def _found(given: Context, checks: Iterable[Check]) -> tuple[OpenWarning, ...]:
    return tuple(opened(check, one) for check in checks for one in check.find(given))


def about(warnings: Iterable[OpenWarning], positions: Container[int]) -> Iterator[OpenWarning]:
    """Yield the warnings that are about an event at one of some positions."""
    return (one for one in warnings if any(place in positions for place in one.positions))


def listed(warnings: Sequence[OpenWarning]) -> Warned:
    """Return the first thousand warnings, and how many more there are."""
    return Warned(tuple(warnings[:MOST]), max(0, len(warnings) - MOST))


__all__ = ["CHECKS", "MOST", "Warned", "about", "found", "listed", "missing", "warnings"]
