"""Rates are sums of fractions of a penny: what is exactly half, or nought, is read so."""

import pytest

from service.projections import trust_picture
from tests.pure.cases import trust
from tests.pure.histories import day, entries, event, histories

PENCE = [100, 700, 1100, 1500, 36500, 123_457]


def agreed(name, pence):
    """Return a recurrent agreement without an end."""
    return event(
        "FundingCommitted", "ZT001", "2022-04-01", agreement=name, purpose="team", funder="icb",
        recurrence="recurrent", ring_fenced=True, pence=pence, **{"from": "2022-04-01"},
    )  # fmt: skip


def withdrawn(name, since, **more):
    """Return a withdrawal from a day."""
    return event(
        "FundingWithdrawn", "ZT001", "2022-05-01", agreement=name, **{"from": since}, **more
    )


def measures(*events, on):
    """Return the measures of funding on a date."""
    found = histories(entries(trust("ZT001"), *events))
    return trust_picture.picture("ZT001", found, day(on)).funding.measures


@pytest.mark.parametrize("pence", PENCE)
def test_exactly_half_of_the_rate_is_not_less_than_half_in_a_leap_year_too(pence):
    """One of two equal agreements ends, in a year of 366 days: half is left, and goes on."""
    both = [agreed("a", pence), agreed("b", pence), withdrawn("b", "2023-10-01")]
    assert measures(*both, on="2023-03-01")["funding_runway_months"].value == 60


@pytest.mark.parametrize("pence", PENCE)
def test_an_amount_withdrawn_whole_leaves_nothing(pence):
    """A withdrawal of a year's pence, of an agreement of so much a year: no money is left."""
    found = measures(agreed("a", pence), withdrawn("a", "2023-04-01", pence=pence), on="2024-06-01")
    assert found["funding_dropped"].value is True
    assert found["funding_runway_months"].value == 0
    assert found["funding_recurrent_percent"].value is None
