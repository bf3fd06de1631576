"""The level of funding on a date.

Source: MODEL.md §1 (funding) and §3: a live agreement with a stated end vouches until that end,
and so does one that is known to be withdrawn or recorded anew later; an open one ages from the
last event about it.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from service.domain.model import DimensionRules
from service.projections import agreements, funding_measures
from service.projections.context import Context, returned
from service.projections.levelled import settled
from service.projections.levels import Answer, Case, decide, freshness


def funding_level(given: Context, rules: DimensionRules) -> Answer:
    """Return the level of funding on a date."""
    return settled(_funding_level, given, rules)


def _funding_level(given: Context, rules: DimensionRules) -> Answer:
    known = [case for case in agreements.cases(given) if case.counted]
    parts = [funding_measures.money(case, given.on) for case in known]
    last = msgspec.structs.replace(given, on=dt.date.max)
    closing = [case for case in agreements.cases(last) if case.counted]

    def vouched(day: dt.date) -> bool:
        """Tell whether an agreement that is live on a day is known to end or to be replaced."""
        ends = any(_ends_later(case, day) for case in (*known, *closing))
        return ends or any(_again(given, case, day) for case in known)

    age = freshness(rules, _seen(given, known), vouched, given.on)
    return decide(Case(rules, funding_measures.measures(parts, given.on)), age)


def _ends_later(case: agreements.Case, day: dt.date) -> bool:
    """Tell whether an agreement committed by a day is live on it and known to end."""
    ended = agreements.ends(case) is not None
    return ended and case.commitment.effective <= day and agreements.is_live(case, day)


def _again(given: Context, case: agreements.Case, day: dt.date) -> bool:
    """Tell whether an agreement that is live on a day is known to be replaced later."""
    if case.commitment.effective > day or not agreements.is_live(case, day):
        return False
    name = (case.commitment.organisation, case.commitment.data.agreement)
    later = (f for f in given.own("FundingCommitted") if f.effective > day)
    return any((fact.organisation, fact.data.agreement) == name for fact in later)


def _seen(given: Context, known: list[agreements.Case]) -> list[dt.date]:
    facts = [fact for case in known for fact in (*case.facts, *case.spent)]
    own = [fact for fact in given.own(*agreements.TYPES) if fact.effective <= given.on]
    past = [end - dt.timedelta(days=1) for case in known if (end := agreements.ends(case))]
    return [*(fact.effective for fact in (*facts, *own)), *past, *returned(given, "funding")]


__all__ = ["funding_level"]
