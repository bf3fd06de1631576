"""What others, and later events, say of a picture: gaps that the slow fold found, mended."""

from service.domain import codec
from service.projections import trust_picture
from service.projections.history import Entry
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


def test_shared_money_that_was_taken_back_is_no_longer_counted():
    """A withdrawal names nobody: whoever the money was for reads it in the funder's history."""
    found = picture(
        committed("2024-01-01", "ZT001", "ZT002"),
        event("FundingWithdrawn", "ZS01", "2025-01-01", agreement="a1", **{"from": "2025-01-01"}),
    )
    assert found.funding.measures["funding_dropped"].value is True


def test_shared_money_that_goes_to_others_now_is_no_longer_counted():
    """The same agreement recorded again replaces the former, also for whom it leaves out."""
    found = picture(committed("2024-01-01", "ZT001"), committed("2025-01-01", "ZT002"))
    assert found.funding.live_share.value is None


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


def test_shared_money_that_was_taken_back_before_it_was_known_to_be_given_is_not_counted():
    """The order in which a funder's events are recorded decides nothing."""
    withdrawn = event(
        "FundingWithdrawn", "ZS01", "2025-01-01", agreement="a1", **{"from": "2025-01-01"}
    )
    found = picture(withdrawn, committed("2024-01-01", "ZT001"))
    assert found.funding.measures["funding_dropped"].value is True


def test_a_funder_s_event_that_cannot_be_read_makes_funding_unreadable():
    """It may have taken the money back: nobody knows, and the picture says so."""
    made = entries(*WORLD, committed("2024-01-01", "ZT001"))
    bad = codec.read(b"{}", "FundingWithdrawn", 1, "ZS01")
    own = parts(made, len(made))
    own["ZS01"].append(Entry(len(made) + 1, bad))
    found = trust_picture.picture("ZT001", loaded("ZT001", own), day("2026-01-01"))
    assert found.funding.unreadable_at == (len(made) + 1,)


def test_a_project_ended_by_the_second_of_three_bodies_is_counted_once():
    """It is the first body's project, not one more of the body that ended it."""
    found = picture(
        merged("ZT003", "ZT002", "2023-01-01"),
        merged("ZT002", "ZT001", "2025-01-01"),
        event("ProjectStarted", "ZT003", "2022-01-01", project="a", title="T"),
        event("ProjectCompleted", "ZT002", "2024-06-01", project="a", outcome="improved",
              evidence="narrative"),
        on="2025-02-01",
    )  # fmt: skip
    assert found.practice.measures["projects_completed_12m"].value == 1
