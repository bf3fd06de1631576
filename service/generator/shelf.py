"""The shelf: events that nobody records when they happen, but months later, in no order."""

from __future__ import annotations

from operator import itemgetter
from typing import Final

from service.domain.envelope import Event, Payload
from service.domain.register import TYPES
from service.generator.bodies import Told
from service.generator.chance import Chance
from service.generator.months import Month

MOST: Final = 20_000
"""Events on the shelf: what keeps the memory bounded, however long the history."""
_MADE_UP: Final = 0.15
"""What is recorded at once is made up for by the rest, where nearly all is late."""
_MONTHS: Final = 9
"""How long an event lies there, in the mean."""

PROMPT: Final[frozenset[type[Payload]]] = frozenset(
    kind.payload
    for kind in TYPES
    if kind.fold.form == "about" or kind.name in {"TrustRegistered", "SystemEstablished"}
)
"""What is recorded at once: what others rest on, and what is said of what was recorded."""


class Shelf:
    """Holds back a share of the events."""

    def __init__(self, share: float, chance: Chance) -> None:
        """share: of the events that may be held back, 0 to 1."""
        self._share = min(1.0, share + _MADE_UP * share**2)
        self._chance = chance
        self._held: list[Told] = []

    def passed(self, told: list[Told], month: Month) -> list[Told]:
        """Return what is recorded in a month, in order: most of what was told, and older events."""
        out = self._taken_down(month)
        draw = self._chance.random
        for entry in told:
            late = draw() < self._share and type(entry[1].data) not in PROMPT
            (self._held if late else out).append(entry)
        out.sort(key=itemgetter(0))
        return out

    def rest(self) -> list[Told]:
        """Return all that is left, in no order."""
        self._chance.shuffle(self._held)
        return self._held

    def _taken_down(self, month: Month) -> list[Told]:
        count = max(len(self._held) // _MONTHS, len(self._held) - MOST)
        return [(self._chance.day(month), self._one()) for _ in range(count)]

    def _one(self) -> Event:
        held, at = self._held, int(self._chance.random() * len(self._held))
        held[at], held[-1] = held[-1], held[at]
        return held.pop()[1]


__all__ = ["MOST", "PROMPT", "Shelf"]
