"""Context: ratings, oversight, support, and what a trust thinks of itself."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from msgspec import UNSET

from service.domain import dates
from service.domain.catalogue.context.maturity_assessed import MaturityAssessed
from service.domain.catalogue.context.oversight_assessed import OversightAssessed
from service.domain.catalogue.context.oversight_ended import OversightEnded
from service.domain.catalogue.context.oversight_started import OversightStarted
from service.domain.catalogue.context.regulator_rated import RegulatorRated
from service.domain.catalogue.context.support_given import SupportGiven
from service.domain.fields import OversightDomain, OversightScheme, Rating
from service.generator.bodies import MINUTED, PUBLISHED, Life, System, Trust, band, tell
from service.generator.months import Month

COMPONENTS: Final = (
    "shared_purpose_and_vision",
    "investing_in_people_and_culture",
    "leadership_behaviours",
    "improvement_capability_and_capacity",
    "embedding_into_management",
)
_GRADES: Final[tuple[Rating, ...]] = ("inadequate", "requires_improvement", "good", "outstanding")
_SERVICES: Final = ("Urgent care", "Surgery", "Maternity", "Outpatients", "End of life care")
_NEW_FRAMEWORK: Final = dt.date(2024, 1, 1)


def _grade(trust: Trust) -> Rating:
    found = trust.quality + trust.chance.gauss(0, 0.12)
    return _GRADES[(found > 0.12) + (found > 0.4) + (found > 0.85)]


def rated(trust: Trust, month: Month) -> Life:
    """Be rated as a trust every two or three years."""
    chance = trust.chance
    while True:
        month = yield chance.wait(30)
        day = chance.day(month)
        tell(trust, day, _trust_rating(trust, day), PUBLISHED)


def _trust_rating(trust: Trust, day: dt.date) -> RegulatorRated:
    new, ended = day >= _NEW_FRAMEWORK, dates.add_months(day, -3)
    return RegulatorRated(
        scope="trust",
        framework="quality_statements" if new else "kloe",
        overall=UNSET if new else _grade(trust),
        well_led=_grade(trust),
        assessed_from=ended - dt.timedelta(days=20),
        assessed_to=ended,
    )


def parts_rated(trust: Trust, month: Month) -> Life:
    """Have a service rated every year or so."""
    chance = trust.chance
    while True:
        month = yield chance.wait(14)
        day = chance.day(month)
        new = day >= _NEW_FRAMEWORK
        rating = RegulatorRated(
            scope="service",
            framework="quality_statements" if new else "kloe",
            service=chance.one_of(_SERVICES),
            overall=_grade(trust),
            safe=_grade(trust),
            caring=_grade(trust),
        )
        tell(trust, day, rating, PUBLISHED)


def assessed(trust: Trust, month: Month) -> Life:
    """Be placed in a segment each quarter."""
    chance = trust.chance
    while True:
        month = yield 3
        segment = round(4.6 - 3.6 * trust.quality + chance.gauss(0, 0.4))
        placed = OversightAssessed(
            framework="nhs_oversight",
            financial_year=month.year,
            quarter=month.quarter,
            segment=min(5, max(1, segment)),
            override="deficit" if chance.likely(0.05) else UNSET,
        )
        tell(trust, chance.day(month), placed, PUBLISHED)


def overseen(trust: Trust, month: Month) -> Life:
    """Come under a scheme of oversight for a year or two, where a trust does poorly."""
    chance = trust.chance
    while True:
        month = yield chance.wait(band(trust, 20, 120, 600))
        scheme: OversightScheme = chance.one_of(
            ("special_measures", "recovery_support", "provider_improvement", "undertakings")
        )
        domain: OversightDomain = "quality" if chance.likely(0.6) else "finance"
        begun = OversightStarted(scheme=scheme, domain=domain)
        tell(trust, chance.day(month), begun, PUBLISHED)
        month = yield chance.near(20)
        tell(trust, chance.day(month), OversightEnded(scheme=scheme, domain=domain), PUBLISHED)


def supported(trust: Trust, month: Month) -> Life:
    """Be given support, from outside every two years or so."""
    while True:
        month = yield trust.chance.wait(24)
        support(trust, month)


def support(trust: Trust, month: Month) -> None:
    """Be given support by the host system or a national body."""
    chance, day = trust.chance, trust.chance.day(month)
    near = trust.home is not None and chance.likely(0.6)
    mode: Literal["requested", "offered", "mandated"] = chance.one_of(
        ("mandated", "mandated", "offered") if trust.quality < 0.2 else ("requested", "offered")
    )
    given = SupportGiven(
        by=trust.home.code if near and trust.home else "National improvement team",
        by_kind="system" if near else "national_body",
        kind=chance.one_of(("programme", "coaching", "peer", "review", "training")),
        mode=mode,
        until=dates.add_months(day, chance.between(3, 18)),
    )
    tell(trust, day, given)


def system_supported(system: System, month: Month) -> Life:
    """Be given support as a system, every few years."""
    chance = system.chance
    while True:
        month = yield chance.wait(40)
        given = SupportGiven(
            by="Regional improvement team", by_kind="region", kind="coaching", mode="offered"
        )
        tell(system, chance.day(month), given)


def reflected(trust: Trust, month: Month) -> Life:
    """Assess oneself against the five components, once a year or so."""
    chance = trust.chance
    while True:
        month = yield chance.near(14)
        day = chance.day(month)
        for component in COMPONENTS:
            stage = min(4, max(0, round(4 * trust.quality + chance.gauss(0, 0.6))))
            assessment = MaturityAssessed(
                framework="nhs_impact",
                framework_version="2023",
                component=component,
                stage=stage,
                by="board",
                participants=chance.between(8, 16),
                lowest=max(0, stage - 1),
                highest=min(4, stage + 1),
            )
            tell(trust, day, assessment, MINUTED)


__all__ = [
    "assessed", "overseen", "parts_rated", "rated", "reflected", "support", "supported",
    "system_supported",
]  # fmt: skip
