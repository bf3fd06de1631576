"""Skills: stocks, flows, divisions, team, and the three levels from them."""

import pytest

from service.domain.model import first_model
from service.projections import skilled, trust_picture
from service.projections.context import context
from tests.pure.histories import day, entries, event, histories

REGISTERED = {"name": "Oakdale NHS Trust", "trust_type": "acute", "legal_form": "nhs_trust"}
BASE = event("TrustRegistered", "ZT001", "2000-01-01", **REGISTERED)
LEVELS = ("skills_introductory", "skills_practitioner", "skills_coach_expert")


def trained(on, completions, tier="introductory", group="staff", code="ZT001", **more):
    """Return completions of a course."""
    return event(
        "StaffTrained", code, on, course="qsir_fundamentals", tier=tier,
        participant_group=group, completions=completions, **more,
    )  # fmt: skip


def counted(on, people, tier="practitioner", code="ZT001", method="esr", **more):
    """Return a census of a tier."""
    return event("SkillsCounted", code, on, tier=tier, people=people, method=method, **more)


def left(on, people, tier="practitioner", code="ZT001"):
    """Return leavers of a tier."""
    return event("TrainedStaffLeft", code, on, tier=tier, people=people)


def staff(on, headcount, code="ZT001", **more):
    """Return a count of the workforce."""
    return event("WorkforceCounted", code, on, headcount=headcount, **more)


def divided(on, *codes, code="ZT001"):
    """Return the divisions of a trust."""
    named = [{"code": c, "name": c.title()} for c in codes]
    return event("DivisionsSet", code, on, divisions=named)


def induction(on):
    """Return the board's commitment to improvement in induction."""
    return event("BoardCommitmentMade", "ZT001", on, commitment="induction")


def returned(year, quarter, dimension="skills", code="ZT001"):
    """Return a return of a quarter."""
    return event(
        "ReturnMade", code, "2026-04-20", financial_year=year, quarter=quarter,
        dimensions=[dimension], nothing_to_report=[],
    )  # fmt: skip


def returns(*years):
    """Return the returns of whole years."""
    return [returned(year, quarter) for year in years for quarter in (1, 2, 3, 4)]


def merged(on, code="ZT002", into="ZT001"):
    """Return a merger."""
    return event("TrustMerged", code, on, into=into, kind="acquisition")


def picture(on, *events, code="ZT001"):
    """Return a trust's picture."""
    return trust_picture.picture(code, histories(entries(BASE, *events)), day(on))


def stock(on, *events, tier="practitioner"):
    """Return the stock of a tier on a date."""
    given = context("ZT001", histories(entries(BASE, *events)), day(on))
    return skilled.stock(given, tier)


def figure(name, on, *events):
    """Return a measure of the model."""
    return picture(on, *events).skills.measures[name]


def level(name, on, *events):
    """Return the answer of one of the three levels."""
    return picture(on, *events).levels[f"skills_{name}"]


def test_a_census_stands_as_it_is_and_is_never_decayed():
    """However old it is, a census is what was counted."""
    found = stock("2026-01-01", counted("2016-01-01", 100))
    assert (found.value, found.status) == (100, "known")


def test_a_stock_is_the_newest_census_and_completions_less_leavers_since():
    """What happened up to the day of the census is in it; what came after changes it."""
    events = [
        trained("2024-12-01", 50, "practitioner"),
        counted("2024-01-01", 300),
        counted("2025-01-01", 100),
        trained("2025-01-01", 9, "practitioner"),
        trained("2025-02-01", 20, "practitioner"),
        left("2025-03-01", 5),
        left("2024-11-01", 7),
    ]
    found = stock("2025-06-01", *events)
    assert (found.value, found.status) == (115, "estimated")
    assert found.events.first == (4, 6, 7)
    assert stock("2025-01-31", *events).value == 100


def test_leavers_alone_keep_a_census_known():
    """Leavers are people, completions are courses: only these make it an estimate."""
    found = stock("2025-06-01", counted("2025-01-01", 100), left("2025-03-01", 5))
    assert (found.value, found.status) == (95, "known")


def test_completions_alone_with_leavers_recorded_are_at_most():
    """Without a census the stock is at most what the courses and the leavers add up to."""
    events = [trained("2024-01-01", 40, "practitioner"), left("2025-01-01", 4)]
    found = stock("2025-06-01", *events)
    assert (found.value, found.status) == (36, "at_most")


def test_without_census_and_leavers_a_tenth_leaves_each_year():
    """Each completion counts 0.9 a year, and the figure says estimated."""
    found = stock("2025-01-01", trained("2024-01-01", 100, "practitioner"))
    assert (found.value, found.status) == (90.0, "estimated")


def test_leavers_count_as_recorded_for_twenty_four_months():
    """A leaver just within two years shows that leavers are recorded; an older one does not."""
    events = [trained("2020-01-01", 100, "practitioner"), left("2023-01-01", 4)]
    assert stock("2024-12-31", *events).status == "at_most"
    assert stock("2025-01-01", *events).status == "estimated"


def test_only_staff_board_and_resident_doctors_are_staff():
    """Others' completions are shown beside, and count in no stock and no share."""
    groups = ["staff", "board", "resident_doctor", "student", "volunteer", "lived_experience"]
    events = [trained("2025-10-01", 10, group=group) for group in groups]
    events += [trained("2025-10-01", 10, "practitioner", group) for group in groups]
    found = picture("2026-03-31", counted("2025-01-01", 0), *events)
    assert found.skills.measures["introductory_completions_12m"].value == 30
    assert found.skills.measures["practitioners"].value == 30
    others = [(o.participant_group, o.completions.value) for o in found.skills.tiers[0].others_12m]
    assert others == [("lived_experience", 10), ("student", 10), ("volunteer", 10)]


def test_what_lapses_is_shown_and_reduces_nothing():
    """A course that lapses formally leaves the stock as it is."""
    lapsing = trained("2025-02-01", 10, "practitioner", lapses_on="2025-12-31")
    events = [counted("2025-01-01", 5), lapsing]
    assert stock("2026-02-01", *events).value == 15
    assert [x.lapses_on for x in picture("2025-06-01", *events).skills.lapses] == [
        day("2025-12-31")
    ]
    assert picture("2026-02-01", *events).skills.lapses == ()


def test_in_training_is_of_the_censuss_own_tier():
    """Those who train to be coaches are in the census of coaches, and are no coaches yet."""
    events = [counted("2025-01-01", 2, "expert", in_training=1)]
    events.append(counted("2025-01-01", 0, "coach", in_training=3))
    found = picture("2025-06-01", *events).skills
    assert found.measures["coaches_in_training"].value == 3
    assert found.measures["coaches"].value == 0
    assert [t.in_training.value for t in found.tiers] == [None, None, 3, 1, None]


def test_a_share_says_of_which_day_its_denominator_is():
    """The newest headcount at or before the date counts, and the answer says which."""
    events = [staff("2024-03-31", 1000), staff("2025-03-31", 500), staff("2026-03-31", 9)]
    found = picture("2025-06-01", counted("2025-05-01", 50), *events).skills
    assert found.measures["practitioners_percent"].value == 10
    assert found.headcount_as_at.date == day("2025-03-31")
    without = figure("practitioners_percent", "2025-06-01", counted("2025-05-01", 50))
    assert (without.value, without.status) == (None, "unknown")


def test_a_share_of_a_year_is_at_least_while_quarters_are_missing():
    """Courses in two quarters and no returns prove what they add up to, and no more."""
    events = [staff("2025-03-31", 1000), trained("2025-05-01", 60), trained("2025-12-01", 60)]
    found = figure("introductory_percent", "2026-03-31", *events)
    assert (found.value, found.status) == (12, "at_least")
    found = figure("introductory_percent", "2026-03-31", *events, *returns("2025/26"))
    assert (found.value, found.status) == (12, "known")


def test_an_event_covers_its_own_tier_only():
    """Practitioners' courses say nothing of introductory ones."""
    events = [trained(f"2025-{month}-01", 1, "practitioner") for month in ("05", "08", "11")]
    events.append(trained("2026-02-01", 1, "practitioner"))
    found = figure("introductory_completions_12m", "2026-03-31", *events)
    assert found.status == "unknown"


def test_no_course_in_a_covered_year_is_level_nought_and_unrecorded_is_unknown():
    """Nought needs four covered quarters; three leave the level unknown."""
    year = [staff("2025-03-31", 1000), *returns("2025/26")]
    assert level("introductory", "2026-03-31", *year).level == 0
    found = level("introductory", "2026-03-31", *year[:-1])
    assert (found.level, found.reason) == (None, "a_lower_level_cannot_be_ruled_out")
    assert level("introductory", "2026-03-31", year[0]).reason == "no_evidence"


@pytest.mark.parametrize(("completions", "expected"), [(99, 1), (100, 2), (199, 2), (200, 3)])
def test_the_cuts_of_the_introductory_level(completions, expected):
    """One in ten and one in five of staff in 12 months; three also needs the induction."""
    events = [staff("2025-03-31", 1000), *returns("2025/26"), trained("2025-09-01", completions)]
    assert level("introductory", "2026-03-31", *events, induction("2024-01-01")).level == expected
    assert level("introductory", "2026-03-31", *events).level == min(expected, 2)


def test_a_lower_bound_proves_a_level_but_never_a_low_one():
    """With quarters missing, 12 % proves level 2 and 5 % proves nothing."""
    base = [staff("2025-03-31", 1000), induction("2020-01-01")]
    proved = level("introductory", "2026-03-31", *base, trained("2025-09-01", 120))
    assert (proved.level, proved.cannot_tell) == (2, (4, 3))
    found = level("introductory", "2026-03-31", *base, trained("2025-09-01", 50))
    assert (found.level, found.cannot_tell) == (None, (4, 3, 2))
    assert found.reason == "a_higher_level_cannot_be_ruled_out"


def yearly(*shares):
    """Return three covered years with courses for a thousand staff in two divisions."""
    parts = [{"division": "med", "headcount": 600}, {"division": "surg", "headcount": 390}]
    found = [staff("2023-03-31", 1000, by=parts), divided("2020-01-01", "med", "surg")]
    found += returns("2023/24", "2024/25", "2025/26")
    for year, (med, surg) in zip((2023, 2024, 2025), shares, strict=True):
        by = [{"division": "med", "completions": med}, {"division": "surg", "completions": surg}]
        found.append(trained(f"{year}-09-01", med + surg, by=by))
    return [*found, induction("2022-01-01")]


def test_level_four_needs_three_years_and_every_division():
    """A year below a fifth, or a division below half of the trust's share, keeps it at three."""
    full = (150, 100)
    assert level("introductory", "2026-03-31", *yearly(full, full, full)).level == 4
    assert level("introductory", "2026-03-31", *yearly((100, 90), full, full)).level == 3
    hole = (210, 40)
    found = picture("2026-03-31", *yearly(full, full, hole))
    assert found.levels["skills_introductory"].level == 3
    holes = found.skills.measures["introductory_holes"]
    assert (holes.value, holes.events.first) == (1, (2, 3, 18))
    assert [d.introductory_12m.value for d in found.skills.divisions] == [210, 40]
    assert [d.hole.value for d in found.skills.divisions] == [False, True]


def test_conditions_on_divisions_are_unknown_without_a_list_of_divisions():
    """Nobody is told to have a hole, or none, in divisions that are not known."""
    events = yearly((150, 100), (150, 100), (150, 100))
    del events[1]
    found = level("introductory", "2026-03-31", *events)
    assert (found.level, found.cannot_tell, found.missing) == (3, (4,), ("introductory_holes",))
    none = figure(
        "divisions_without_coach", "2026-03-31", *events, counted("2026-01-01", 9, "coach")
    )
    assert (none.status, none.reason) == ("unknown", "divisions_not_known")


def test_courses_without_a_division_may_fill_any_hole():
    """Holes that unplaced completions could fill are at most; no hole is none all the same."""
    parts = [{"division": "med", "headcount": 600}, {"division": "surg", "headcount": 400}]
    base = [staff("2025-03-31", 1000, by=parts), divided("2020-01-01", "med", "surg")]
    base += returns("2025/26")
    some = trained("2025-09-01", 200, by=[{"division": "med", "completions": 100}])
    found = figure("introductory_holes", "2026-03-31", *base, some)
    assert (found.value, found.status) == (1, "at_most")
    rows = picture("2026-03-31", *base, some).skills.divisions
    assert [(d.hole.value, d.hole.status) for d in rows] == [(False, "known"), (None, "unknown")]
    by = [{"division": "med", "completions": 100}, {"division": "surg", "completions": 60}]
    found = figure("introductory_holes", "2026-03-31", *base, trained("2025-09-01", 200, by=by))
    assert (found.value, found.status) == (0, "known")


@pytest.mark.parametrize(("people", "expected"), [(0, 0), (9, 1), (10, 2), (30, 3), (100, 3)])
def test_the_cuts_of_the_practitioner_level(people, expected):
    """One, three and ten in a hundred of staff; ten alone, not known to be active, is three."""
    events = [staff("2025-03-31", 1000), counted("2025-06-01", people)]
    assert level("practitioner", "2025-07-01", *events).level == expected


@pytest.mark.parametrize(("active", "expected"), [(50, 4), (49, 3)])
def test_ten_in_a_hundred_count_fully_when_half_are_active(active, expected):
    """Level four is for practitioners who practise."""
    events = [staff("2025-03-31", 1000), counted("2025-06-01", 100, active_last_12m=active)]
    assert level("practitioner", "2025-07-01", *events).level == expected


def test_a_practitioner_level_without_a_headcount_is_unknown():
    """A stock without a denominator is no share: neither high nor low."""
    found = level("practitioner", "2025-07-01", counted("2025-06-01", 5))
    assert (found.level, found.missing[0]) == (None, "practitioners_percent")


def test_each_level_has_evidence_of_its_own_tier_and_goes_stale_after_18_months():
    """A census of coaches freshens no other level; a return of skills freshens all three."""
    events = [
        staff("2025-03-31", 1000),
        counted("2024-01-31", 40),
        counted("2025-06-01", 9, "coach"),
    ]
    assert level("practitioner", "2025-07-31", *events).level == 3
    old = level("practitioner", "2025-08-01", *events)
    assert (old.level, old.reason, old.unknown_since) == (
        None, "evidence_too_old", day("2025-08-01"),
    )  # fmt: skip
    again = level("practitioner", "2025-08-01", *events, returned("2024/25", 4))
    assert (again.level, again.evidence_age.date) == (3, day("2025-03-31"))


def coaching(coaches, experts, **more):
    """Return censuses of coaches and experts, no project under way, and a headcount."""
    return [
        staff("2025-03-31", 1000),
        counted("2025-06-01", coaches, "coach", **more),
        counted("2025-06-01", experts, "expert"),
        returned("2025/26", 1, "practice"),
    ]


@pytest.mark.parametrize(
    ("coaches", "experts", "training", "expected"),
    [(0, 0, 3, 0), (3, 0, 0, 1), (0, 1, 0, 1), (0, 1, 1, 2), (1, 1, 0, 3)],
)
def test_the_level_of_coaches_and_experts(coaches, experts, training, expected):
    """An expert with a coach coming is two, both in post are three."""
    events = coaching(coaches, experts, in_training=training)
    assert level("coach_expert", "2025-07-01", *events).level == expected


def test_a_coach_in_every_division_makes_four():
    """Together one in a hundred of staff, and no division without."""
    events = [divided("2020-01-01", "med", "surg")]
    for by, expected in (([("med", 8), ("surg", 1)], 4), ([("med", 9)], 3)):
        parts = [{"division": code, "people": people} for code, people in by]
        found = level("coach_expert", "2025-07-01", *events, *coaching(9, 1, by=parts))
        assert found.level == expected


def project(number, on="2025-05-01"):
    """Return the start of a project."""
    return event("ProjectStarted", "ZT001", on, project=f"p-{number}", title="Fewer falls")


@pytest.mark.parametrize(("running", "expected"), [(10, 3), (11, 2)])
def test_one_coach_is_enough_for_ten_active_projects(running, expected):
    """A completed project needs no coach; the eleventh under way needs another one."""
    events = [project(number) for number in range(running + 1)]
    done = event(
        "ProjectCompleted", "ZT001", "2025-06-15", project="p-0", outcome="improved",
        evidence="narrative",
    )  # fmt: skip
    found = picture("2025-07-01", *coaching(1, 1), *events, done)
    assert found.skills.measures["active_projects"].value == running
    assert found.levels["skills_coach_expert"].level == expected


def test_projects_that_are_not_recorded_are_not_none():
    """Without any record of projects nobody can tell whether the coaches are enough."""
    later = returned("2025/26", 2, "practice")
    found = level("coach_expert", "2025-07-01", *coaching(9, 1)[:-1], later)
    assert (found.level, found.cannot_tell) == (2, (4, 3))
    assert "projects_per_coach" in found.missing


def test_coaches_without_a_census_of_experts_are_no_level():
    """Half of the figure is no reason to say that the other half is missing."""
    events = [counted("2025-06-01", 3, "coach"), staff("2025-03-31", 1000)]
    assert level("coach_expert", "2025-07-01", *events).level is None


def team(on, funded, basis, until=None, post=None):
    """Return a count of the improvement team."""
    more = {"until": until} if until else {}
    posts = {"wte_funded": funded, "wte_in_post": funded if post is None else post}
    return event("ImprovementTeamCounted", "ZT001", on, basis=basis, **posts, **more)


def test_the_team_is_the_newest_count_of_each_basis():
    """Bases add up; a newer count of one replaces its own only; what has ended is out."""
    events = [
        team("2024-04-01", 9, "recurrent"),
        team("2025-04-01", 4, "recurrent", post=3.5),
        team("2025-04-01", 2, "fixed_term", until="2026-03-31"),
    ]
    found = picture("2026-03-31", *events).skills.team
    assert (found.wte_funded.value, found.wte_in_post.value) == (6, 5.5)
    assert picture("2026-04-01", *events).skills.team.wte_funded.value == 4


def test_what_ends_within_twelve_months_is_told_by_quarter():
    """The quarter is that of the last day; the day a year ahead is no longer within."""
    coaches = event(
        "CoachesDeployed", "ZT001", "2025-04-01",
        people=5, wte_released=1.5, teams_supported=9, until="2026-03-31",
    )  # fmt: skip
    events = [team("2025-04-01", 2, "fixed_term", "2026-01-31"), coaches]
    events.append(team("2025-04-01", 1, "secondment", "2026-06-01"))
    found = picture("2025-06-01", *events).skills.team.ends
    assert [(e.quarter.financial_year, e.quarter.quarter) for e in found] == [("2025/26", 4)]
    assert (found[0].team_funded.value, found[0].coaches_released.value) == (2, 1.5)


def test_stocks_of_a_merged_trust_add_up_until_the_successor_counts():
    """Newest own and newest absorbed, until the first own count on or after the merger."""
    other = event("TrustRegistered", "ZT002", "2000-01-01", **REGISTERED)
    events = [other, counted("2024-01-01", 30), counted("2024-06-01", 20, code="ZT002")]
    events.append(merged("2025-04-01"))
    assert stock("2025-03-31", *events).value == 30
    found = stock("2025-04-01", *events)
    assert (found.value, found.status) == (50, "known")
    assert stock("2025-05-01", *events, counted("2025-05-01", 44)).value == 44
    only = stock("2025-05-01", *events[:2], events[3])
    assert (only.value, only.status) == (30, "at_least")


def test_flows_of_merged_trusts_add_up():
    """Courses of both trusts before the merger count in the successor's twelve months."""
    other = event("TrustRegistered", "ZT002", "2000-01-01", **REGISTERED)
    events = [other, trained("2024-09-01", 10), trained("2024-09-01", 7, code="ZT002")]
    events.append(merged("2025-04-01"))
    assert figure("introductory_completions_12m", "2025-06-30", *events).value == 17
    assert figure("introductory_completions_12m", "2025-03-31", *events).value == 10


def test_induction_is_not_inherited():
    """The absorbed board's commitment ends with that board."""
    other = event("TrustRegistered", "ZT002", "2000-01-01", **REGISTERED)
    made = event("BoardCommitmentMade", "ZT002", "2020-01-01", commitment="induction")
    found = figure("induction_live", "2025-06-01", other, made, merged("2025-04-01"))
    assert found.value is False


def test_a_closed_trust_has_no_level_of_skills():
    """From the merger on the levels are unknown, and say where to look."""
    events = [staff("2025-03-31", 1000), counted("2025-01-01", 50)]
    found = picture("2025-06-01", *events, merged("2025-06-01", "ZT001", "ZT002"))
    assert {found.levels[name].reason for name in LEVELS} == {"closed, see ZT002"}


def test_the_measures_that_the_three_levels_read_are_given():
    """Each measure that a line names is among those of the section."""
    given = set(picture("2026-01-01").skills.measures)
    for name in LEVELS:
        assert first_model().rules(name).measures() <= given
