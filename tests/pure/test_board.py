"""The board: commitments, reviews by quarter, development, mergers, and the level."""

import pytest

from service.domain.model import first_model
from service.projections import system_picture, trust_picture
from tests.pure.histories import day, entries, event, histories
from tests.pure.levels import decided

REGISTERED = {"name": "Oakdale NHS Trust", "trust_type": "acute", "legal_form": "nhs_trust"}
BASE = event("TrustRegistered", "ZT001", "2000-01-01", **REGISTERED)
OTHER = event("TrustRegistered", "ZT002", "2000-01-01", **REGISTERED)
ON = "2026-03-31"


def made(commitment, on="2020-01-01", code="ZT001", **more):
    """Return a commitment."""
    return event("BoardCommitmentMade", code, on, commitment=commitment, **more)


def ended(commitment, on):
    """Return the end of a commitment."""
    return event("BoardCommitmentEnded", "ZT001", on, commitment=commitment)


def reviewed(on, form="spc", code="ZT001"):
    """Return a review of progress."""
    return event("BoardReviewedProgress", code, on, data_form=form)


def developed(on):
    """Return a session of board development."""
    return event(
        "BoardDevelopmentHeld", "ZT001", on, topic="Charts", members_present=9, members_total=12
    )


def returned(year, quarter, code="ZT001"):
    """Return a return that lists the board."""
    return event(
        "ReturnMade", code, "2026-04-20", financial_year=year, quarter=quarter,
        dimensions=[], nothing_to_report=["board"],
    )  # fmt: skip


def trained(people, members, on="2025-06-01"):
    """Return a census of the board and its composition."""
    seats = {"executive_posts": 6, "executive_vacant": 0, "executive_interim": 0}
    return [
        event("SkillsCounted", "ZT001", on, tier="board", people=people, method="survey"),
        event("BoardComposed", "ZT001", on, voting_members=members, **seats),
    ]


def merged(on, code="ZT002", into="ZT001"):
    """Return a merger."""
    return event("TrustMerged", code, on, into=into, kind="acquisition")


BOTH = [made("executive_sponsor"), made("agreed_method", method="lean_vmps")]
STARTS = ["2024-04-01", "2024-07-01", "2024-10-01", "2025-01-01",
          "2025-04-01", "2025-07-01", "2025-10-01", "2026-01-01"]  # fmt: skip


def reviews(count, form="spc"):
    """Return reviews in the newest full quarters."""
    return [reviewed(start, form) for start in STARTS[len(STARTS) - count :]]


def picture(on, *events, code="ZT001"):
    """Return a trust's picture."""
    return trust_picture.picture(code, histories(entries(BASE, *events)), day(on))


def figure(name, on, *events):
    """Return a measure of the model."""
    return picture(on, *events).board.measures[name]


def level(on, *events):
    """Return the answer of the level."""
    return picture(on, *events).levels["board"]


def test_each_of_six_commitments_is_live_from_its_making_to_its_ending():
    """Each has its own life; the day of the ending is the first without."""
    events = [made("standing_item", "2021-05-01"), ended("standing_item", "2023-05-01")]
    events += [made("quality_strategy", "2022-01-01"), made("board_measures", "2022-01-01")]
    found = picture("2023-05-01", *events).board.commitments
    assert [(c.commitment, c.live) for c in found] == [
        ("executive_sponsor", False), ("agreed_method", False), ("standing_item", False),
        ("quality_strategy", True), ("induction", False), ("board_measures", True),
    ]  # fmt: skip
    assert found[2].until.date == day("2023-05-01")
    assert picture("2023-04-30", *events).board.commitments[2].live


def test_a_commitment_that_is_not_recorded_is_none():
    """Not recorded means false: not unknown."""
    found = figure("sponsor_live", ON)
    assert (found.value, found.status) == (False, "known")


def test_a_new_method_takes_the_place_of_the_former():
    """A board agrees on one method at a time."""
    events = [BOTH[1], made("agreed_method", "2024-01-01", method="six_sigma")]
    found = picture(ON, *events).board.commitments[1]
    assert (found.live, found.method, found.since.date) == (True, "six_sigma", day("2024-01-01"))


def test_board_commitments_are_never_inherited_and_end_with_their_board():
    """The absorbed board's are the successor's never, and end on the day of the merger."""
    events = [OTHER, made("executive_sponsor", code="ZT002"), merged("2025-04-01")]
    assert not picture("2025-06-01", *events).board.commitments[0].live
    gone = picture("2025-06-01", *events, code="ZT002").board.commitments[0]
    assert (gone.live, gone.until.date) == (False, day("2025-04-01"))
    assert picture("2025-03-31", *events, code="ZT002").board.commitments[0].live


def test_an_absorbed_boards_reviews_are_another_boards():
    """The successor's quarters are told by its own board."""
    events = [OTHER, reviewed("2026-02-01", code="ZT002"), merged("2026-03-01")]
    assert figure("board_reviews_6m", ON, *events).status == "unknown"


def test_reviews_are_told_by_quarter_and_by_what_the_board_looked_at():
    """Eight full quarters; one without a review says whether that is known."""
    events = [reviewed("2026-01-10"), reviewed("2026-02-10", "rag"), returned("2025/26", 3)]
    found = picture(ON, *events).board.reviews
    assert [(r.quarter.quarter, r.covered) for r in found[:3]] == [(4, True), (3, True), (2, False)]
    assert found[0].by_data_form == {"spc": 1, "run_chart": 0, "rag": 1, "narrative": 0}
    assert len(found) == 8


def test_a_row_of_charts_ends_at_a_covered_quarter_and_is_at_least_at_an_uncovered_one():
    """A missing quarter is no gap that is known."""
    open_ = figure("spc_quarters_in_a_row", ON, *reviews(3))
    assert (open_.value, open_.status) == (3, "at_least")
    words = reviewed("2025-05-01", "narrative")
    ends = figure("spc_quarters_in_a_row", ON, *reviews(3), words)
    assert (ends.value, ends.status, ends.events.count) == (3, "known", 4)
    full = figure("spc_quarters_in_a_row", ON, *reviews(8))
    assert (full.value, full.status) == (8, "known")
    assert figure("spc_quarters_in_a_row", ON).status == "unknown"


def test_the_quarter_under_way_is_not_full():
    """Only quarters that have ended count in the row."""
    assert figure("spc_quarters_in_a_row", "2026-03-30", *reviews(3)).value == 2
    assert figure("board_reviews_6m", "2026-03-30", *reviews(3)).value == 2


def test_development_is_unknown_until_every_quarter_is_covered():
    """A review covers reviews, not sessions; a return that lists the board covers both."""
    assert figure("board_development_12m", ON, *reviews(8)).status == "unknown"
    told = [returned("2025/26", quarter) for quarter in (1, 2, 3, 4)]
    found = figure("board_development_12m", ON, *told)
    assert (found.value, found.status, found.events.count) == (False, "known", 4)
    assert figure("board_development_12m", ON, developed("2025-04-01")).value is True
    assert figure("board_development_12m", ON, developed("2025-03-31")).value is None


def test_the_trained_are_a_share_of_the_voting_members():
    """The board's own census over its own composition, the newest of each."""
    events = [*trained(2, 12, "2024-06-01"), *trained(6, 12)]
    assert figure("board_trained_percent", ON, *events).value == 50
    assert figure("board_trained_percent", ON, trained(6, 12)[0]).status == "unknown"
    absorbed = event(
        "SkillsCounted", "ZT002", "2025-06-01", tier="board", people=9, method="survey"
    )  # fmt: skip
    found = figure("board_trained_percent", ON, OTHER, absorbed, merged("2025-04-01"), *events)
    assert found.value == 50


def test_the_levels_of_the_board():
    """Commitments alone, a review, a year of charts, two years of charts with trained members."""
    told = [returned("2025/26", quarter) for quarter in (1, 2, 3, 4)]
    assert level(ON, *BOTH, *told).level == 1
    assert level(ON, BOTH[0], *reviews(8), developed(ON)).level == 1
    assert level(ON, *BOTH, reviewed("2025-10-01", "rag")).level == 2
    assert level(ON, *BOTH, *reviews(4), developed(ON)).level == 3
    assert level(ON, *BOTH, *reviews(8), developed(ON), *trained(6, 12)).level == 4
    assert level(ON, *BOTH, *reviews(8), developed(ON), *trained(5, 12)).level == 3


def test_a_sponsor_that_ended_and_was_not_followed_is_level_nought():
    """An ended sponsor counts as dropped until there is another."""
    events = [*BOTH, *reviews(8), developed(ON), ended("executive_sponsor", "2026-03-01")]
    assert level(ON, *events).level == 0
    assert level(ON, *events, made("executive_sponsor", "2026-03-15")).level == 3


def test_commitments_alone_are_unknown_while_reviews_may_have_been_held():
    """Nobody is at one because a return is missing."""
    found = level("2020-06-01", *BOTH)
    assert (found.level, found.reason) == (None, "a_higher_level_cannot_be_ruled_out")
    assert (found.cannot_tell, found.missing[-1]) == ((4, 3, 2), "board_reviews_6m")


def test_evidence_of_the_board_is_stale_after_nine_months():
    """A live commitment without an end ages; one known to end later vouches until then."""
    events = [*BOTH, reviewed("2025-06-29")]
    assert level("2026-03-29", *events).reason != "evidence_too_old"
    assert level("2026-03-30", *events).reason == "evidence_too_old"
    later = ended("agreed_method", "2026-09-01")
    assert level("2026-03-30", *events, later).reason != "evidence_too_old"


def test_a_level_is_settled_when_it_was_the_same_three_months_before():
    """From the same history, read on both days."""
    events = [*BOTH, reviewed("2026-01-10", "rag")]
    assert (level(ON, *events).level, level(ON, *events).settled) == (2, False)
    assert level(ON, *events, reviewed("2025-10-01", "rag")).settled


def test_a_system_has_a_board_of_its_own():
    """Systems record commitments and reviews for themselves; they are shown as facts."""
    system = event("SystemEstablished", "ZS01", "2020-01-01", name="Somewhere", kind="ics")
    events = entries(
        system, made("standing_item", code="ZS01"), reviewed("2026-01-10", code="ZS01")
    )
    found = system_picture.picture("ZS01", histories(events), day(ON)).board
    assert [c.commitment for c in found.commitments if c.live] == ["standing_item"]
    assert found.reviews[0].by_data_form["spc"] == 1


def test_the_measures_that_the_level_reads_are_given():
    """Each measure that a line names is among those of the section."""
    assert first_model().rules("board").measures() <= set(picture(ON).board.measures)


@pytest.mark.parametrize("reviews_6m", [None, (0, "at_least")])
def test_uncovered_quarters_prove_no_low_level(reviews_6m):
    """With both commitments and no proof of a review, the level is unknown, never one."""
    case = {"sponsor_live": True, "sponsor_dropped": False, "method_live": True}
    case |= {"spc_quarters_in_a_row": None, "board_reviews_6m": reviews_6m}
    case |= {"board_development_12m": None, "board_trained_percent": None}
    assert decided("board", case).level is None
