"""The register's part of a trust's life: registration, divisions, staff, income, changes."""

from __future__ import annotations

from typing import Final

from service.domain.catalogue.register.divisions_set import Division, DivisionsSet
from service.domain.catalogue.register.income_reported import IncomeReported
from service.domain.catalogue.register.trust_changed import TrustChanged
from service.domain.catalogue.register.trust_registered import TrustRegistered
from service.domain.catalogue.register.workforce_counted import WorkforceCounted, WorkforcePart
from service.domain.fields import StaffGroup
from service.generator.bodies import DECLARED, PUBLISHED, REGISTER, Life, Trust, tell
from service.generator.months import Month, before, financial_year
from service.generator.words import DIVISIONS

_GROUPS: Final[tuple[tuple[StaffGroup, float], ...]] = (
    ("medical_and_dental", 0.12),
    ("nursing_and_midwifery", 0.3),
    ("allied_health_professionals", 0.08),
    ("clinical_support", 0.2),
    ("administrative_and_clerical", 0.2),
    ("estates_and_ancillary", 0.07),
)
_PENCE_A_HEAD: Final = 7_200_000


def registered(trust: Trust, month: Month) -> None:
    """Tell that a trust came into being, long before the history begins."""
    data = TrustRegistered(
        name=trust.name, trust_type=trust.trust_type, legal_form=trust.legal_form
    )
    tell(trust, before(month, 200 + trust.chance.between(0, 150)), data, REGISTER)


def divided(trust: Trust, month: Month) -> Life:
    """Set out divisions, and again every five years or so, with one fewer or one more."""
    chance = trust.chance
    named = DIVISIONS[: chance.between(3, 5)]
    day = before(month, chance.between(1, 40))
    while True:
        trust.divisions = tuple(code for code, _ in named)
        divisions = tuple(Division(code=code, name=name) for code, name in named)
        tell(trust, day, DivisionsSet(divisions=divisions), DECLARED)
        month = yield chance.near(60)
        named = DIVISIONS[: chance.between(3, len(DIVISIONS))]
        day = chance.day(month)


def staffed(trust: Trust, month: Month) -> Life:
    """Have staff counted once a year; their number moves by a few in a hundred."""
    chance = trust.chance
    day, wait = before(month, chance.between(1, 11)), chance.between(1, 12)
    while True:
        tell(trust, day, _count(trust), PUBLISHED)
        month = yield wait
        trust.headcount = round(trust.headcount * (1 + chance.gauss(0.01, 0.02)))
        day, wait = chance.day(month), 12


def _count(trust: Trust) -> WorkforceCounted:
    heads = trust.headcount
    parts = [WorkforcePart(staff_group=g, headcount=int(heads * part)) for g, part in _GROUPS]
    return WorkforceCounted(headcount=heads, wte=round(heads * 0.88, 1), by=tuple(parts))


def paid(trust: Trust, month: Month) -> Life:
    """Report the income of a financial year in the summer after it."""
    month = yield (7 - month.first.month - 1) % 12 + 1
    while True:
        amount = round(trust.headcount * _PENCE_A_HEAD * (0.9 + 0.2 * trust.chance.random()))
        year = financial_year(month.first.year - 1)
        income = IncomeReported(financial_year=year, pence=amount)
        tell(trust, trust.chance.day(month), income, PUBLISHED)
        month = yield 12


def changed(trust: Trust, month: Month) -> Life:
    """Become a foundation trust, if it is none, some year."""
    month = yield trust.chance.between(6, 90)
    if trust.legal_form == "nhs_trust":
        trust.legal_form = "foundation_trust"
        trust.name = trust.name.replace("NHS Trust", "NHS Foundation Trust")
        taken = TrustChanged(name=trust.name, legal_form="foundation_trust")
        tell(trust, trust.chance.day(month), taken, REGISTER)


__all__ = ["changed", "divided", "paid", "registered", "staffed"]
