"""Strategy: strategies adopted and ended, programmes joined and left, ambitions set."""

from __future__ import annotations

from typing import Final, Literal

from service.domain.catalogue.strategy.ambition_set import AmbitionSet
from service.domain.catalogue.strategy.programme_joined import ProgrammeJoined
from service.domain.catalogue.strategy.programme_left import ProgrammeLeft
from service.domain.catalogue.strategy.strategy_adopted import StrategyAdopted
from service.domain.catalogue.strategy.strategy_ended import StrategyEnded
from service.generator.bodies import MINUTED, Body, Life, System, Trust, tell
from service.generator.months import Month, before, year_end_after
from service.generator.words import METHODS, PROGRAMMES, strategy_title

_LEFT: Final[tuple[tuple[Literal["end_of_term", "withdrawn", "not_stated"], float], ...]] = (
    ("end_of_term", 0.6),
    ("withdrawn", 0.2),
    ("not_stated", 0.2),
)
_YEARS: Final = (3, 3, 5, 5)


def strategies(trust: Trust, month: Month) -> Life:
    """Adopt one strategy of improvement after the other; a new method ends the old one early."""
    chance, day, number = trust.chance, before(month, trust.chance.between(1, 50)), 1
    while True:
        years, method = chance.one_of(_YEARS), trust.method
        name = f"qi-{number}"
        adopted = StrategyAdopted(
            strategy=name,
            title=strategy_title(chance, str(day.year)),
            scope="improvement",
            method=method,
            horizon_ends=year_end_after(day, years),
        )
        tell(trust, day, adopted)
        for _ in range(years * 2):
            month = yield 6
            if trust.method != method:
                break
        tell(trust, chance.day(month), StrategyEnded(strategy=name))
        if chance.likely(0.9 * (1 - trust.quality)):
            month = yield chance.between(4, 18)
        if chance.likely(0.4 * (1 - trust.quality)):
            trust.method = chance.one_of(METHODS)
        day, number = month.days[-1], number + 1


def programmes(trust: Trust, month: Month) -> Life:
    """Join a programme, stay for its term or leave before, and join another some time later."""
    chance = trust.chance
    while True:
        month = yield chance.wait(12)
        programme, day, term = chance.one_of(PROGRAMMES), chance.day(month), chance.between(12, 48)
        joined = ProgrammeJoined(
            programme=programme,
            kind="improvement",
            delivered_by="Elm Improvement Academy",
            method=trust.method,
            planned_until=year_end_after(day, term // 12),
        )
        tell(trust, day, joined)
        month = yield term
        left = ProgrammeLeft(programme=programme, reason=chance.weighted(_LEFT))
        tell(trust, chance.day(month), left)


def ambitions(body: Body, month: Month) -> Life:
    """Set a target for a measure every two years or so."""
    chance = body.chance
    while True:
        month = yield chance.wait(24)
        day = chance.day(month)
        target = chance.between(5, 25) / 100
        ambition = AmbitionSet(measure="trained_share", target=target, by=year_end_after(day, 3))
        tell(body, day, ambition)


def shared_strategy(system: System, month: Month) -> Life:
    """Adopt a strategy for a whole system every five years."""
    chance, number = system.chance, 0
    month = yield chance.between(1, 24)
    while True:
        number += 1
        day = chance.day(month)
        adopted = StrategyAdopted(
            strategy=f"system-{number}",
            title=strategy_title(chance, str(day.year)),
            scope="improvement",
            method=chance.one_of(METHODS),
            horizon_ends=year_end_after(day, 5),
        )
        tell(system, day, adopted, MINUTED)
        month = yield 60
        tell(system, chance.day(month), StrategyEnded(strategy=f"system-{number}"))


__all__ = ["ambitions", "programmes", "shared_strategy", "strategies"]
