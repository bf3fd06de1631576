"""A lead's questions 2 to 9, answered from a hand-made system's picture by counting."""

import pytest

from service.projections.measure import Evidence, Measure
from service.projections.spread import spread
from tests.pure.cases import returned
from tests.pure.histories import day, event
from tests.pure.systems import (
    appointed,
    asked,
    committed,
    counted_people,
    departed,
    figures,
    headcount,
    met,
    offered,
    positions,
    programme,
    seen,
    surveyed,
)

# Values


def test_values_stand_by_code_whatever_they_are_and_partners_stand_beside():
    """The order is the alphabet's; a partner is in no count, no spread and no sum."""
    people = {"ZT003": 10, "ZT001": 30, "ZT002": 20, "ZT004": 99}
    found = seen(*(counted_people(code, "coach", count) for code, count in people.items()))
    coaches = found.values["skills_coach_expert"].measures["coaches"]
    assert figures(coaches) == [("ZT001", 30), ("ZT002", 20), ("ZT003", 10)]
    assert [(item.code, item.measure.value) for item in coaches.partners] == [("ZT004", 99)]
    assert (coaches.hosts, coaches.known, coaches.bounded, coaches.unknown) == (3, 3, 0, ())
    assert (coaches.total.value, coaches.total.status) == (60, "known")
    assert positions(coaches.total.events) == [1, 2, 3]
    one = coaches.spreads[0]
    assert (one.figures, one.least, one.median, one.greatest) == (3, 10, 20, 30)


def test_who_is_unknown_is_named_with_the_reason_and_the_sum_is_at_least():
    """A trust that never counted is unknown, not nought."""
    coaches = seen(counted_people("ZT002", "coach", 4)).values["skills_coach_expert"]
    figure = coaches.measures["coaches"]
    assert (figure.known, figure.total.value, figure.total.status) == (1, 4, "at_least")
    assert [(one.code, one.reason) for one in figure.unknown] == [
        ("ZT001", "no_census"),
        ("ZT003", "no_census"),
    ]
    assert {one.code: one.reason for one in coaches.unknown}["ZT001"] == "no_evidence"


def test_an_unknown_level_says_since_when_and_how_old_the_evidence_is():
    """Evidence of culture vouches for 18 months; from the next day on the level is unknown."""
    unknown = seen(surveyed("ZT001", 55.0, on="2024-03-01")).values["culture"].unknown
    first = unknown[0]
    assert (first.code, first.reason) == ("ZT001", "evidence_too_old")
    assert (first.since, first.evidence) == (day("2025-09-02"), day("2024-03-01"))
    assert (unknown[1].since, unknown[1].evidence) == (None, None)


@pytest.mark.parametrize(
    ("values", "points"),
    [([7], (7, 7, 7, 7, 7)), ([4, 8], (4, 5, 6, 7, 8)), ([5, 1, 4, 2, 3], (1, 2, 3, 4, 5))],
)
def test_the_five_points_of_a_spread_lie_within_what_was_seen(values, points):
    """Quartiles are of the members themselves: they are all there are."""
    one = spread([Measure(value, "x", "known", Evidence()) for value in values])
    found = (one.least, one.lower_quartile, one.median, one.upper_quartile, one.greatest)
    assert found == points


def test_bounds_and_words_have_no_spread():
    """A lower bound is no place on the line; yes and no are no numbers."""
    given = [(True, "known"), ("2025", "known"), (3, "at_least"), (None, "unknown")]
    assert spread([Measure(value, "x", status, Evidence()) for value, status in given]) is None


# Question 2


def test_what_ends_in_pounds_by_quarter_counts_each_trusts_own_part_once():
    """A shared agreement is halved, not credited twice; a partner's stands in the list alone."""
    shared = committed(
        "ZS01", "2026-09-30", 1000, beneficiaries=[{"organisation": c} for c in ("ZT001", "ZT002")]
    )
    ends = seen(
        committed("ZT001", "2026-06-30", 1200), committed("ZT004", "2026-06-30", 999), shared,
        committed("ZT003", "2027-05-14", 50), committed("ZT002", "2027-05-15", 70),
    ).ends  # fmt: skip
    names = [(q.quarter.financial_year, q.quarter.quarter) for q in ends]
    assert names == [("2026/27", 1), ("2026/27", 2), ("2026/27", 3), ("2026/27", 4), ("2027/28", 1)]
    assert [q.pence.value for q in ends] == [1200, 1000, 0, 0, 50]
    assert [q.pence.status for q in ends] == [
        "estimated",
        "estimated",
        "known",
        "known",
        "estimated",
    ]
    assert [(one.code, one.role) for one in ends[0].trusts] == [
        ("ZT001", "host"),
        ("ZT004", "partner"),
    ]
    assert positions(ends[1].pence.events) == [3]
    assert [one.ends.agreements for one in ends[4].trusts] == [("a1",)]


def test_nothing_recorded_is_not_nothing_that_ends():
    """Without any agreement the sum is unknown; with one trust's alone it is at least."""
    assert {q.pence.status for q in seen().ends} == {"unknown"}
    ends = seen(committed("ZT001", "2026-06-30")).ends
    assert positions(ends[1].pence.events) == [1]
    assert [(q.pence.value, q.pence.status) for q in ends[:2]] == [
        (1200, "at_least"),
        (0, "at_least"),
    ]


def test_posts_coaches_programmes_and_terms_end_in_the_quarter_of_their_last_day():
    """WTE by quarter, planned ends of what is live, terms and announced departures of leaders."""
    team = event(
        "ImprovementTeamCounted", "ZT002", "2026-04-01", wte_funded=3.5, wte_in_post=3,
        basis="fixed_term", until="2026-12-31",
    )  # fmt: skip
    coaches = event(
        "CoachesDeployed", "ZT003", "2026-04-01", people=4, wte_released=1.2, teams_supported=9,
        until="2026-12-31",
    )  # fmt: skip
    leaving = event(
        "LeaderDepartureAnnounced", "ZT001", "2026-05-01", post="chief_executive",
        person="p-chief1", leaves_on="2026-06-30", successor_known=False,
    )  # fmt: skip
    ends = seen(
        team, coaches, programme("ZT001"), appointed("ZT001", "chief_executive", "p-chief1",
        "2020-01-01"), appointed("ZT003", "chair", "p-chair3", "2024-07-01",
        term_ends="2026-06-30"), leaving,
    ).ends  # fmt: skip
    assert (ends[2].team_wte.value, ends[2].coaches_wte.value) == (3.5, 1.2)
    assert [one.code for one in ends[2].trusts] == ["ZT002", "ZT003"]
    bars = [item for one in ends[3].trusts for item in one.ends.undertakings]
    assert [(bar.code, bar.last_day) for bar in bars] == [("qsir_college", day("2027-03-31"))]
    posts = [(one.code, item.post, item.why, positions(item.events)) for one in ends[0].trusts
             for item in one.ends.posts]  # fmt: skip
    assert posts == [
        ("ZT001", "chief_executive", "announced", [6]),
        ("ZT003", "chair", "term", [5]),
    ]


# Question 3


def test_whose_picture_can_be_relied_on_is_counted_from_own_events_and_returns():
    """Days since the newest evidence; the mix of assurance of a year; fresh cells of all."""
    found = seen(
        headcount("ZT001", 100), counted_people("ZT001", "coach", 4, "2026-05-05"),
        counted_people("ZT001", "expert", 1, "2025-05-15"), surveyed("ZT001", 55.0),
        returned("skills", "2025/26", 4, "ZT002", on="2026-04-20"),
    )  # fmt: skip
    first, second, third = (member.reliance for member in found.hosts)
    assert (first.last, first.days) == (day("2026-05-05"), 10)
    mix = [(one.assurance, one.events.count) for one in first.assurance_12m]
    assert mix == [
        ("public_record", 1), ("third_party", 0), ("board_minuted", 0), ("self_declared", 1),
    ]  # fmt: skip
    assert (first.fresh, first.ageing, first.cells) == (2, 0, 10)
    assert (second.last, second.days) == (day("2026-03-31"), 45)
    assert (third.last, third.days, third.fresh) == (None, None, 0)


# Question 4


def test_ten_year_lanes_show_leaders_beside_programmes():
    """Chair, chief executive and improvement lead, none that left more than ten years ago."""
    found = seen(
        appointed("ZT001", "chief_executive", "p-chief0", "2010-01-01"),
        departed("ZT001", "chief_executive", "p-chief0", "2016-05-15"),
        appointed("ZT001", "chief_executive", "p-chief1", "2016-05-15"),
        departed("ZT001", "chief_executive", "p-chief1", "2022-01-01"),
        appointed("ZT001", "chief_executive", "p-chief2", "2022-02-01", "interim"),
        appointed("ZT001", "chair", "p-chair1", "2021-01-01", term_ends="2026-12-31"),
        appointed("ZT001", "chief_nurse", "p-nurse1", "2021-01-01"),
        programme("ZT001"),
    )
    lane = found.hosts[0].lane
    shown = [(s.post, s.person, s.start.year, s.end and s.end.year, s.basis) for s in lane.spells]
    assert shown == [
        ("chair", "p-chair1", 2021, None, "substantive"),
        ("chief_executive", "p-chief1", 2016, 2022, "substantive"),
        ("chief_executive", "p-chief2", 2022, None, "interim"),
    ]
    assert lane.spells[0].term_ends == day("2026-12-31")
    assert positions(lane.spells[1].events) == [3, 4]
    assert [(bar.code, bar.start.date.year) for bar in lane.undertakings] == [
        ("qsir_college", 2024)
    ]


# Question 5


def test_q3f_is_spread_within_one_edition_and_one_group():
    """An older edition or another group is never mixed in; base and interval stand beside."""
    found = seen(
        surveyed("ZT001", 60.0), surveyed("ZT002", 50.0),
        surveyed("ZT003", 30.0, "ambulance"), surveyed("ZT004", 99.0),
    )  # fmt: skip
    measures = found.values["culture"].measures
    shown = [(s.among, s.figures, s.median) for s in measures["q3f_percent"].spreads]
    assert shown == [("2025/acute", 2, 55), ("2025/ambulance", 1, 30)]
    assert figures(measures["q3f_base"]) == [("ZT001", 1000), ("ZT002", 1000), ("ZT003", 1000)]
    low, high = (measures[name].trusts[1].measure.value for name in ("q3f_low", "q3f_high"))
    assert low < 50 < high


# Question 6


def test_holes_are_divisions_without_people_of_a_tier():
    """A census by division shows who has nobody; without a census it cannot be told."""
    divisions = [{"code": code, "name": code} for code in ("med", "surg")]
    parts = [{"division": "med", "people": 3}]
    found = seen(
        event("DivisionsSet", "ZT001", "2026-01-01", divisions=divisions),
        counted_people("ZT001", "coach", 3, by=parts), counted_people("ZT001", "expert", 2),
    )  # fmt: skip
    holes = found.hosts[0].holes
    assert holes.divisions == 2
    told = {tier.tier: (tier.holes, tier.unknown) for tier in holes.tiers}
    assert told["coach"] == (("surg",), ())
    assert told["expert"] == ((), ("med", "surg"))
    assert told["practitioner"] == ((), ("med", "surg"))
    assert found.hosts[1].holes.divisions is None
    people = found.values["skills"].measures["people_coach"]
    assert (people.total.value, [one.code for one in people.unknown]) == (3, ["ZT002", "ZT003"])


# Question 7


def test_from_trained_to_measured_improvement_is_read_from_the_sums():
    """Trained, active, finished and measured stand side by side, and add up where they can."""
    done = event(
        "ProjectCompleted", "ZT001", "2026-04-10", project="p1", outcome="improved",
        evidence="spc_special_cause",
    )  # fmt: skip
    found = seen(
        event("ProjectStarted", "ZT001", "2026-01-10", project="p1", title="Falls"), done,
        event("ProjectStarted", "ZT002", "2026-01-10", project="p1", title="Flow"),
        counted_people("ZT001", "practitioner", 40, active_last_12m=10),
    ).values  # fmt: skip
    practice = found["practice"].measures
    running, finished = practice["projects_active"], practice["projects_completed_12m"]
    assert (running.total.value, finished.total.value) == (1, 1)
    assert practice["measured_percent"].trusts[0].measure.value == 100
    active = found["skills_practitioner"].measures["practitioners_active_percent"]
    assert active.trusts[0].measure.value == 25
    assert active.total is None


# Question 8


def test_candidates_share_a_topic_and_say_by_which_criteria_they_are_alike():
    """Type, size, method and gap are told apart; there is no score, and no best."""
    found = seen(
        offered("ZT002", "coaching"), asked("ZT001", "coaching"), asked("ZT003", "Coaching"),
        asked("ZT001", "measurement"), offered("ZT004", "coaching"),
        headcount("ZT001", 1000), headcount("ZT002", 2000), headcount("ZT003", 999),
        programme("ZT001"), programme("ZT002"), programme("ZT003", "six_sigma"),
        counted_people("ZT002", "expert", 2), counted_people("ZT002", "coach", 2),
        counted_people("ZT001", "coach", 0), counted_people("ZT001", "expert", 0),
    ).help  # fmt: skip
    pairs = [(one.offered_by, one.asked_by, one.with_partner) for one in found.candidates]
    assert pairs == [
        ("ZT002", "ZT001", False), ("ZT002", "ZT003", False),
        ("ZT004", "ZT001", True), ("ZT004", "ZT003", True),
    ]  # fmt: skip
    one, other = found.candidates[:2]
    assert (one.same_type, one.similar_size, one.same_method) == (True, True, True)
    assert (one.dimension, one.gap) == ("skills_coach_expert", True)
    offers = {offer.code: offer.position for offer in found.offers}
    assert one.offer_position == offers["ZT002"] < one.request_position
    assert (other.similar_size, other.same_method, other.gap) == (False, False, None)
    assert found.candidates[2].similar_size is None
    assert [(o.code, o.role) for o in found.offers] == [("ZT002", "host"), ("ZT004", "partner")]


def test_an_agreed_match_is_marked_and_a_full_offer_is_no_candidate():
    """Capacity one, matched with one of two: the other is none any more."""
    offer = event("OfferMade", "ZT002", "2026-01-01", topic="co_design", capacity=1,
                  until="2027-01-01", number=901)  # fmt: skip
    request = event("HelpRequested", "ZT001", "2026-01-01", topic="co_design",
                    until="2027-01-01", number=902)  # fmt: skip
    match = event("MatchAgreed", "ZT002", "2026-02-01", offer_event=str(offer.id),
                  request_event=str(request.id))  # fmt: skip
    found = seen(offer, request, match, asked("ZT003", "co_design")).help
    assert [(c.asked_by, c.agreed, c.gap, c.dimension) for c in found.candidates] == [
        ("ZT001", True, None, None)
    ]
    assert [(m.offered_by, m.asked_by) for m in found.matches] == [("ZT002", "ZT001")]


# Question 9


def test_the_matrix_holds_every_pair_and_says_who_is_cut_off():
    """Two-sided exchanges alone count; a pair without one says none recorded."""
    found = seen(
        met("ZT001", "ZT002", on="2025-05-15"), met("ZT002", "ZT001", on="2025-11-20",
        kind="seminar"), met("ZT003", "ZT001", on="2026-05-01", assurance="self_declared"),
        met("ZT004", "ZT002", on="2026-01-01", kind="buddying"),
    ).exchanges  # fmt: skip
    told = [(p.one, p.other, p.months, p.live, p.kinds, p.reason) for p in found.pairs]
    assert told == [
        ("ZT001", "ZT002", 5, False, ("seminar",), None),
        ("ZT001", "ZT003", None, False, (), "none_recorded"),
        ("ZT001", "ZT004", None, False, (), "none_recorded"),
        ("ZT002", "ZT003", None, False, (), "none_recorded"),
        ("ZT002", "ZT004", 0, True, ("buddying",), None),
        ("ZT003", "ZT004", None, False, (), "none_recorded"),
    ]
    assert [pair.with_partner for pair in found.pairs] == [False, False, True, False, True, True]
    assert positions(found.pairs[0].events) == [2]
    margin = [(one.code, one.months, one.with_codes) for one in found.trusts]
    assert margin == [
        ("ZT001", 5, ("ZT002",)), ("ZT002", 0, ("ZT004",)), ("ZT003", None, ()),
        ("ZT004", 0, ("ZT002",)),
    ]  # fmt: skip


def test_people_who_move_between_trusts_and_those_lent_are_counted_once():
    """Leaving and turning up elsewhere within a year is a move; a secondment is shown as such."""
    found = seen(
        appointed("ZT001", "chief_nurse", "p-nurse1", "2020-01-01"),
        departed("ZT001", "chief_nurse", "p-nurse1", "2025-09-01", "moved_within_nhs"),
        appointed("ZT002", "chief_nurse", "p-nurse1", "2025-10-01"),
        appointed("ZT003", "chair", "p-chair3", "2020-01-01"),
        departed("ZT003", "chair", "p-chair3", "2026-01-01", "moved_within_nhs"),
        appointed("ZT003", "chair", "p-chair4", "2020-01-01"),
        departed("ZT003", "chair", "p-chair4", "2026-01-01", "retired"),
        appointed("ZT002", "medical_director", "p-medic1", "2026-02-01", "secondment",
                  from_organisation="ZT001"),
    ).people  # fmt: skip
    moves = [(m.person, m.from_, m.to, m.to_post, positions(m.events)) for m in found.moves]
    assert moves == [
        ("p-nurse1", "ZT001", "ZT002", "chief_nurse", [2, 3]),
        ("p-chair3", "ZT003", None, None, [5]),
    ]
    lent = [(one.lender, one.borrower, one.live, one.counted) for one in found.secondments]
    assert lent == [("ZT001", "ZT002", True, True)]


def test_a_secondment_that_ended_is_shown_for_a_year_and_one_outside_may_be_live_or_not():
    """The borrower's history says when it ended; where it is not at hand, nothing does."""
    found = seen(
        appointed("ZT002", "medical_director", "p-medic1", "2026-02-01", "secondment",
                  from_organisation="ZT001"),
        departed("ZT002", "medical_director", "p-medic1", "2026-05-01"),
        appointed("ZT009", "chair", "p-chair1", "2026-03-01", "secondment",
                  from_organisation="ZT001"),
        appointed("ZT009", "chief_nurse", "p-nurse1", "2024-03-01", "secondment",
                  from_organisation="ZT001", term_ends="2026-05-15"),
        appointed("ZT009", "chief_nurse", "p-nurse2", "2024-03-01", "secondment",
                  from_organisation="ZT001", term_ends="2025-05-15"),
    ).people  # fmt: skip
    lent = [(one.person, one.borrower, one.live) for one in found.secondments]
    assert lent == [
        ("p-nurse1", "ZT009", True), ("p-medic1", "ZT002", False), ("p-chair1", "ZT009", None),
    ]  # fmt: skip
