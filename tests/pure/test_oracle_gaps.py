"""Where pictures are known to say other than the briefs; one that is mended fails here."""

import pytest

from service.projections import trust_picture
from tests.pure.cases import merged, system, trust
from tests.pure.histories import day, entries, event
from tests.pure.loading import loaded, parts

WORLD = [trust("ZT001"), trust("ZT002"), trust("ZT003"), system("ZS01")]


def picture(*events, on="2026-01-01"):
    """Return the picture of the last successor, of what the service loads."""
    made = entries(*WORLD, *events)
    return trust_picture.picture("ZT001", loaded("ZT001", parts(made, len(made))), day(on))


def committed(on, *beneficiaries):
    """Return an agreement in a system's stream, for some trusts."""
    return event(
        "FundingCommitted", "ZS01", on, agreement="a1", purpose="team", funder="icb",
        recurrence="recurrent", ring_fenced=True, pence=36500, **{"from": "2024-01-01"},
        beneficiaries=[{"organisation": code} for code in beneficiaries],
    )  # fmt: skip


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="a withdrawal names an agreement, which mentions nobody",
)
def test_shared_money_that_was_taken_back_is_no_longer_counted():
    """Whoever the money was for must find in their history that it was withdrawn."""
    found = picture(
        committed("2024-01-01", "ZT001", "ZT002"),
        event("FundingWithdrawn", "ZS01", "2025-01-01", agreement="a1", **{"from": "2025-01-01"}),
    )
    assert found.funding.measures["funding_dropped"].value is True


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="an agreement recorded again mentions only whom it names",
)
def test_shared_money_that_goes_to_others_now_is_no_longer_counted():
    """The same agreement recorded again replaces the former, also for whom it leaves out."""
    found = picture(committed("2024-01-01", "ZT001"), committed("2025-01-01", "ZT002"))
    assert found.funding.live_share.value is None


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="starts of any day count (projects)")
def test_a_project_begun_later_changes_nothing_of_an_earlier_date():
    """What a successor completed of an absorbed trust's is one project, whatever it begins."""
    told = [
        merged("ZT002", "ZT001", "2023-01-01"),
        event("ProjectStarted", "ZT002", "2022-01-01", project="a", title="T"),
        event("ProjectCompleted", "ZT001", "2024-01-01", project="a", outcome="improved",
              evidence="narrative"),
    ]  # fmt: skip
    begun = event("ProjectStarted", "ZT001", "2025-01-01", project="a", title="U")
    before, after = (picture(*events, on="2024-06-01") for events in (told, [*told, begun]))
    assert after.practice.active == before.practice.active
