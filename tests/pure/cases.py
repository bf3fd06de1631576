"""Events and measures that tests of several dimensions make alike."""

import datetime as dt

from service.projections.levels import Freshness
from service.projections.measure import Evidence, Measure
from tests.pure.histories import event

FRESH = Freshness(dt.date(2024, 1, 1), 0, "fresh", None)


def measured(value, status="known"):
    """Return a measure with a value; None is unknown."""
    return Measure(value, "x", "unknown" if value is None else status, Evidence())


def trust(code, opened="2000-01-01"):
    """Return the registration of a trust."""
    return event(
        "TrustRegistered", code, opened,
        name=f"Trust {code}", trust_type="acute", legal_form="nhs_trust",
    )  # fmt: skip


def system(code, kind="ics", opened="2020-01-01"):
    """Return the establishment of a system."""
    return event("SystemEstablished", code, opened, name=f"System {code}", kind=kind)


def joined(code, system_, on="2020-04-01", role="host"):
    """Return that a trust joined a system."""
    return event("TrustJoinedSystem", code, on, system=system_, role=role)


def merged(code, into, on):
    """Return that a trust became part of another."""
    return event("TrustMerged", code, on, into=into, kind="acquisition")


def returned(dimension, year, quarter, code="ZT001", on=None):
    """Return a return that says that nothing is to report on a dimension."""
    made = on or f"{int(year[:4]) + 1}-04-20"
    return event(
        "ReturnMade", code, made, "self_declared", financial_year=year, quarter=quarter,
        dimensions=[], nothing_to_report=[dimension],
    )  # fmt: skip


def year_of_returns(dimension, year, code="ZT001"):
    """Return the four returns of a financial year."""
    return [returned(dimension, year, quarter, code) for quarter in (1, 2, 3, 4)]
