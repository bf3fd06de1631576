"""Culture: what staff answer, with whom they work, and whom improvement involves."""

from __future__ import annotations

from typing import Final

from service.domain.catalogue.culture.culture_surveyed import CultureSurveyed
from service.domain.catalogue.culture.involvement_agreed import InvolvementAgreed
from service.domain.catalogue.culture.network_surveyed import NetworkSurveyed
from service.domain.fields import TrustType
from service.generator.bodies import DECLARED, PUBLISHED, Life, Trust, some_divisions, tell
from service.generator.months import Month

_MIDDLES: Final[dict[TrustType, tuple[float, float]]] = {
    "acute": (55.7, 3.6),
    "acute_specialist": (60.2, 3.4),
    "mental_health": (60.2, 2.8),
    "community": (58.5, 2.6),
    "ambulance": (31.0, 3.0),
}
"""Of those who answer q3f, the percentage that does so positively: middle and spread of a group."""
_PUBLISHED_IN: Final = 3
_NEWEST: Final = 2024
"""The newest edition of which the first model has cuts: a later one would have no level at all."""


def surveyed(trust: Trust, month: Month) -> Life:
    """Publish, each March, what staff answered the autumn before."""
    chance = trust.chance
    middle, spread = _MIDDLES[trust.trust_type]
    lasting = middle + spread * 4 * (trust.quality - 0.5)
    month = yield (_PUBLISHED_IN - month.first.month - 1) % 12 + 1
    while month.first.year <= _NEWEST + 1:
        found = lasting + chance.gauss(0, spread / 4)
        year = month.first.year - 1
        survey = CultureSurveyed(
            instrument="nhs_staff_survey",
            year=year,
            question="q3f",
            percent_positive=round(min(99.0, max(1.0, found)), 1),
            edition=str(year),
            base=round(trust.headcount * (0.35 + 0.25 * chance.random())),
            benchmark_group=trust.trust_type,
        )
        tell(trust, month.days[9], survey, PUBLISHED)
        month = yield 12


def asked(trust: Trust, month: Month) -> Life:
    """Ask staff oneself, once a year or so."""
    chance = trust.chance
    while True:
        month = yield chance.wait(14)
        survey = CultureSurveyed(
            instrument="own",
            year=month.first.year,
            question="able_to_improve",
            percent_positive=round(40 + 35 * chance.random(), 1),
            edition=f"{month.first:%Y-%m}",
            base=chance.near(trust.headcount * 0.08),
        )
        tell(trust, chance.day(month), survey, DECLARED)


def ties(trust: Trust, month: Month) -> Life:
    """Ask staff with whom they work on improvement, every two or three years."""
    chance = trust.chance
    while True:
        month = yield chance.wait(40 - 20 * trust.quality)
        invited = chance.between(80, 400)
        responded = round(invited * (0.4 + 0.4 * chance.random()))
        found = round(responded * (2 + 4 * chance.random()))
        survey = NetworkSurveyed(
            instrument="Improvement ties questionnaire",
            invited=invited,
            responded=responded,
            ties=found,
            density_share=round(found / (responded * (responded - 1)), 4),
            isolates=round(responded * 0.1 * chance.random()),
            reciprocity_share=round(0.3 + 0.4 * chance.random(), 2),
            cross_division_share=round(0.1 + 0.4 * trust.quality * chance.random(), 2),
        )
        tell(trust, chance.day(month), survey, DECLARED)


def involved(trust: Trust, month: Month) -> Life:
    """Agree whom improvement involves, every two years or so."""
    chance = trust.chance
    while True:
        month = yield chance.wait(24)
        agreed = InvolvementAgreed(
            with_=chance.one_of(("patients", "carers", "communities", "staff_side")),
            role=chance.one_of(("advise", "co_design", "co_lead")),
            divisions=some_divisions(trust),
        )
        tell(trust, chance.day(month), agreed)


__all__ = ["asked", "involved", "surveyed", "ties"]
