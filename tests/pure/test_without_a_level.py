"""Measures without a level: shared leadership, support, not crowded out, ready to begin."""

import pytest

from service.domain.model import first_model
from service.projections import system_picture, trust_picture
from service.projections.beginnings import beginnings
from service.projections.context import context
from service.projections.dimensions import levels
from tests.pure.cases import joined, merged, system, trust
from tests.pure.histories import day, entries, event, histories

TRUSTS = [trust("ZT001"), trust("ZT002")]
ON = "2026-03-31"


def picture(*events, on=ON, code="ZT001"):
    """Return a trust's picture."""
    return trust_picture.picture(code, histories(entries(*TRUSTS, *events)), day(on))


def begun(*events, on=ON):
    """Return the programmes that a trust had joined, each with its levels of that day."""
    given = context("ZT001", histories(entries(*TRUSTS, *events)), day(on))
    return beginnings(given, lambda then: levels(then, first_model()))


DIVISIONS = event(
    "DivisionsSet", "ZT001", "2020-01-01",
    divisions=[{"code": code, "name": code} for code in ("med", "surg", "wch", "core")],
)  # fmt: skip


def extended(on, *divisions, gives=("training",), teams=5):
    """Return that teams were given the means to lead improvement."""
    return event(
        "SharedLeadershipExtended", "ZT001", on,
        divisions=list(divisions), teams=teams, gives=list(gives),
    )  # fmt: skip


def test_shared_leadership_is_the_share_of_divisions_reached_and_what_was_given():
    """Divisions on the newest list count once, however often they were given something."""
    events = [
        extended("2024-01-01", "med", "surg"),
        extended("2025-01-01", "med", "old", gives=["protected_time"]),
    ]
    found = picture(DIVISIONS, *events).shared_leadership
    assert (found.reached.value, found.reached.status) == (50.0, "at_least")
    shares = [(item.what, item.divisions_percent.value, item.divisions) for item in found.gives]
    assert shares == [
        ("protected_time", 25.0, ("med", "old")),
        ("training", 50.0, ("med", "surg")),
    ]
    assert (found.teams.value, found.teams.status) == (10, "at_most")


def test_shared_leadership_without_a_list_of_divisions_has_an_unknown_share():
    """What was given is shown; of how many divisions cannot be said."""
    found = picture(extended("2024-01-01", "med")).shared_leadership
    assert (found.reached.status, found.gives[0].divisions) == ("unknown", ("med",))
    assert picture(DIVISIONS).shared_leadership.reached.reason == "not_recorded"


def test_shared_leadership_is_not_inherited():
    """A successor's teams are its own."""
    gone = [extended("2024-01-01", "med"), merged("ZT001", "ZT002", "2025-01-01")]
    assert picture(*gone, code="ZT002").shared_leadership.gives == ()


def helped(on, until=None, by_kind="system", mode="requested"):
    """Return that support was given."""
    more = {"until": until} if until else {}
    return event(
        "SupportGiven", "ZT001", on, by="ZS01", by_kind=by_kind, kind="coaching", mode=mode, **more
    )


def test_support_is_counted_in_months_by_giver_and_requested_against_mandated():
    """A month counts once in all, and once for each kind that it had; without an end it is one."""
    events = [
        helped("2026-01-15", "2026-03-31"),
        helped("2026-03-01", "2026-03-31", "regulator", "mandated"),
        helped("2020-01-01", "2020-12-31"),
        helped("2025-06-15"),
    ]
    found = picture(*events).support
    assert (found.months.value, found.months.status) == (4, "at_least")
    assert {name: m.value for name, m in found.months_by_giver.items()} == {
        "regulator": 1,
        "system": 4,
    }
    assert {name: m.value for name, m in found.months_by_mode.items()} == {
        "mandated": 1,
        "requested": 4,
    }


def test_support_that_nobody_recorded_is_unknown():
    """No record of support is no record of none."""
    assert picture().support.months.status == "unknown"


WATCHED = event(
    "OversightStarted", "ZT001", "2025-10-01", scheme="recovery_support", domain="quality"
)
FREED = event("OversightEnded", "ZT001", "2026-01-31", scheme="recovery_support", domain="quality")
STRATEGY = event(
    "StrategyAdopted", "ZT001", "2020-01-01", strategy="s1", title="T", scope="improvement"
)
REVIEWED = event("BoardReviewedProgress", "ZT001", "2025-05-30", data_form="spc")
MONEY = event(
    "FundingCommitted", "ZT001", "2025-01-01", agreement="a1", purpose="team", funder="trust",
    recurrence="non_recurrent", ring_fenced=True, pence=100,
    **{"from": "2025-01-01", "to": "2025-12-30"},
)  # fmt: skip


def crowded(*events, on=ON):
    """Return the months under oversight, and those in which each of the three stayed live."""
    found = picture(*events, on=on).not_crowded_out
    parts = (
        found.oversight_months, found.strategy_months, found.funding_months,
        found.board_review_months, found.all_three_months,
    )  # fmt: skip
    return [part.value for part in parts]


def test_months_under_oversight_are_counted_by_what_stayed_live():
    """Each month by its last day: October to December under oversight, money to November."""
    events = [WATCHED, FREED, STRATEGY, MONEY, REVIEWED]
    assert crowded(*events) == [3, 3, 2, 1, 1]
    assert crowded(*events, on="2025-12-31") == [3, 3, 2, 1, 1]
    found = picture(*events).not_crowded_out
    assert (found.oversight_months.status, found.funding_months.status) == ("known", "at_least")


def test_a_trust_that_was_not_under_oversight_has_nothing_to_be_crowded_out_by():
    """No month under oversight is a known nought, and the rest unknown."""
    assert crowded(STRATEGY, MONEY) == [0, None, None, None, None]


def entered(on, name="qsir"):
    """Return that a programme was joined."""
    return event("ProgrammeJoined", "ZT001", on, programme=name, kind="improvement")


def test_the_day_of_joining_a_programme_shows_what_was_missing():
    """Levels of that day stand side by side, with those unknown or early; no sum is made."""
    chief = event(
        "LeaderAppointed", "ZT001", "2020-12-01",
        post="chief_executive", person="p-bbbb", basis="interim",
    )  # fmt: skip
    before = event(
        "LeaderAppointed", "ZT001", "2010-01-01",
        post="chief_executive", person="p-aaaa", basis="substantive",
    )  # fmt: skip
    left = event(
        "LeaderDeparted", "ZT001", "2020-12-01",
        post="chief_executive", person="p-aaaa", reason="retired",
    )  # fmt: skip
    (found,) = begun(before, left, chief, entered("2021-01-01"))
    assert (found.programme, found.joined.date) == ("qsir", day("2021-01-01"))
    assert found.levels["leadership"].level == 1
    assert "leadership" in found.early
    assert {"culture", "connection", "practice"} <= set(found.unknown)
    assert found.levels["strategy"].level == 1


@pytest.mark.parametrize(("on", "count"), [("2020-12-31", 0), ("2021-01-01", 1), ("2022-01-01", 2)])
def test_programmes_joined_by_the_date_are_shown(on, count):
    """A programme that is joined later is no beginning yet."""
    events = [entered("2021-01-01"), entered("2022-01-01", "ihi")]
    assert len(begun(*events, on=on)) == count


def test_boards_ahead_of_their_funding_are_a_plain_list():
    """A board at level 2 without money, or with money that nobody recorded, is on the list."""
    board = [
        event("BoardCommitmentMade", code, "2026-01-01", commitment=what, **more)
        for code in ("ZT001", "ZT002")
        for what, more in (("executive_sponsor", {}), ("agreed_method", {"method": "lean_vmps"}))
    ]
    reviews = [
        event("BoardReviewedProgress", code, "2026-02-01", data_form="rag")
        for code in ("ZT001", "ZT002")
    ]
    money = event(
        "FundingCommitted", "ZT002", "2026-01-01", agreement="a1", purpose="team", funder="trust",
        recurrence="recurrent", ring_fenced=True, pence=100, **{"from": "2026-01-01"},
    )  # fmt: skip
    events = [system("ZS01"), joined("ZT001", "ZS01"), joined("ZT002", "ZS01"), *board, *reviews]
    known = histories(entries(*TRUSTS, *events, money))
    found = system_picture.picture("ZS01", known, day(ON))
    assert [m.levels["board"].level for m in found.hosts] == [2, 2]
    assert found.boards_ahead_of_funding == ("ZT001",)
