"""What a reader may have: of whom exact counts, and whose self-assessments. Pure.

Made in one place, `behind.entitlement`, for whoever asks, at the moment of asking.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import msgspec
from msgspec import Struct

from service.domain.disclosure import EXACT, POLICY, Disclosure
from service.domain.roles import ALL, Organisations


class Reader(Struct, frozen=True):
    """Of whom a reader gets what.

    exact: whose counts as they were recorded; otherwise: as what those of all others.
    assessed: whose self-assessments are the reader's own. known_as: with whom others share theirs
    for the reader to see; today: the day on which that is judged.
    """

    exact: Organisations
    assessed: Organisations
    otherwise: Disclosure = POLICY
    known_as: frozenset[str] = frozenset()
    today: dt.date = dt.date.max

    def disclosure(self, organisation: str) -> Disclosure:
        """Return as what the reader gets the counts of an organisation."""
        return EXACT if self.exact == ALL or organisation in self.exact else self.otherwise

    def owns(self, organisation: str) -> bool:
        """Tell whether the self-assessments of an organisation are the reader's own."""
        return self.assessed == ALL or organisation in self.assessed

    def rounded(self, organisations: Collection[str]) -> tuple[str, ...]:
        """Return of whom among some organisations the reader gets no exact counts."""
        return tuple(sorted(one for one in organisations if self.disclosure(one) != EXACT))

    def less(self) -> Reader:
        """Return the same reader who asks for no exact counts."""
        return msgspec.structs.replace(self, exact=frozenset(), otherwise=POLICY)

    def counts(self, organisations: frozenset[str]) -> Reader:
        """Return who may have the same counts of some organisations, and no self-assessments."""
        exact = organisations if self.exact == ALL else self.exact & organisations
        return Reader(exact, frozenset(), self.otherwise)


ANYTHING = Reader(ALL, ALL)
"""Who may have everything as it was recorded: the operator."""

__all__ = ["ANYTHING", "Reader"]
