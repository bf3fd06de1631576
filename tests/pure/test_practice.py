"""Practice: projects and their results, routines, what was adopted, and the level."""

import pytest

from service.domain.model import first_model
from service.projections import trust_picture
from tests.pure.cases import merged, trust, year_of_returns
from tests.pure.histories import day, entries, event, histories

ON = "2026-03-31"
TRUSTS = [trust("ZT001"), trust("ZT002"), trust("ZT003")]
COVERED = year_of_returns("practice", "2025/26")


def started(name="falls", on="2025-05-01", code="ZT001", **more):
    """Return the start of a project."""
    return event("ProjectStarted", code, on, "self_declared", project=name, title="T", **more)


def completed(name="falls", on="2025-09-01", code="ZT001", outcome="improved", **more):
    """Return the end of a project; measured before and after unless said otherwise."""
    data = {"project": name, "outcome": outcome, "evidence": "before_after"} | more
    return event("ProjectCompleted", code, on, "self_declared", **data)


def several(count, code="ZT001", **more):
    """Return the ends of several projects."""
    return [completed(f"p{number}", code=code, **more) for number in range(count)]


def staff(headcount=1000, code="ZT001", on="2025-03-31"):
    """Return a count of the workforce."""
    return event("WorkforceCounted", code, on, headcount=headcount)


def adopted(by="ZT002", assurance="self_declared", number=None, of="ZT001", on="2025-06-01"):
    """Return that one trust adopted a practice of another."""
    return event("PracticeAdopted", by, on, assurance, number, title="Huddles", **{"from": of})


def confirmed(number, code="ZT001"):
    """Return that an organisation confirmed an event."""
    key = f"00000000-0000-0000-0000-{number:012x}"
    return event("EventConfirmed", code, "2026-01-01", "self_declared", event=key)


def picture(*events, on=ON, code="ZT001"):
    """Return a trust's picture."""
    return trust_picture.picture(code, histories(entries(*TRUSTS, *events)), day(on))


def practice(*events, on=ON, code="ZT001"):
    """Return practice in a trust's picture."""
    return picture(*events, on=on, code=code).practice


def value(name, *events, on=ON, code="ZT001"):
    """Return a measure's value and how sure it is."""
    found = practice(*events, on=on, code=code).measures[name]
    return found.value, found.status


def level(*events, on=ON, code="ZT001"):
    """Return the level of practice."""
    return picture(*events, on=on, code=code).levels["practice"]


def test_projects_are_counted_per_thousand_headcount_over_twelve_months():
    """Completed projects but the stopped ones, over the newest headcount, which is named."""
    events = [*several(6), completed("s", outcome="stopped"), staff(500), *COVERED]
    assert value("completed_per_1000", *events) == (12.0, "known")
    found = practice(*events)
    assert found.headcount_as_at.date == day("2025-03-31")
    assert len(found.completed) == 6
    assert value("projects_completed_12m", *events, on="2026-08-31") == (6, "at_least")
    assert value("projects_completed_12m", *events, on="2026-09-01")[0] == 0


def test_a_count_without_every_quarter_covered_is_at_least():
    """Missing quarters are never zeros: what was recorded is a lower bound."""
    assert value("completed_per_1000", *several(6), staff()) == (6.0, "at_least")
    assert level(*several(6), staff()).level == 2
    found = level(*several(4), staff())
    assert (found.level, found.reason) == (None, "a_higher_level_cannot_be_ruled_out")
    assert level(*several(4), staff(), *COVERED).level == 1


def test_no_project_is_level_nought_only_in_a_covered_window():
    """Nought needs evidence, and then no headcount."""
    assert level(*COVERED).level == 0
    assert level(*COVERED[1:]).level is None
    assert level(staff()).reason == "no_evidence"


def test_without_a_headcount_projects_per_thousand_are_unknown():
    """Nothing is divided by a number that nobody counted."""
    assert value("completed_per_1000", *several(6), *COVERED) == (None, "unknown")
    assert level(*several(6), *COVERED).level is None


@pytest.mark.parametrize(
    ("outcome", "evidence", "counts"),
    [
        ("improved_and_held", "spc_special_cause", True),
        ("no_change", "before_after", True),
        ("improved", "narrative", False),
        ("improved", "none", False),
        ("not_measured", "before_after", False),
    ],
)
def test_a_result_is_measured_by_its_evidence_whatever_it_was(outcome, evidence, counts):
    """No change, measured, is a measured result; an improvement told is none."""
    made = completed(outcome=outcome, evidence=evidence)
    assert value("measured_percent", made, *COVERED) == (100.0 if counts else 0.0, "known")


def test_the_share_measured_of_an_incomplete_count_is_an_estimate():
    """More projects may have been completed, measured or not."""
    made = [completed("a"), completed("b", evidence="none")]
    assert value("measured_percent", *made) == (50.0, "estimated")
    assert value("measured_percent", *COVERED) == (None, "unknown")


def test_a_project_said_to_be_completed_twice_is_one_with_its_newest_outcome():
    """A later word on how long a gain held changes the outcome, not the day or the count."""
    once = completed(on="2025-01-31")
    again = completed(on="2025-12-01", outcome="improved_and_held", held_months=10)
    assert value("projects_completed_12m", once, again, *COVERED) == (0, "known")
    assert practice(once, again, on="2026-01-01").completed[0].outcome == "improved_and_held"
    anew = started(on="2025-06-01")
    assert value("projects_completed_12m", once, anew, again, *COVERED) == (1, "known")


def test_speed_is_the_median_of_days_from_start_to_a_measured_result():
    """Projects without a known start, or without a measured result, tell no speed."""
    events = [
        started("a", "2025-05-01"), completed("a", "2025-05-11"),
        started("b", "2025-05-01"), completed("b", "2025-05-31"),
        started("c", "2025-05-01"), completed("c", "2025-06-10"),
        started("d", "2025-05-01"), completed("d", "2025-05-02", evidence="none"),
        completed("e"),
    ]  # fmt: skip
    assert value("days_to_measured_result", *events) == (30, "known")
    assert value("days_to_measured_result", completed())[1] == "unknown"


def test_savings_add_up_and_are_at_least_while_some_say_none():
    """What is saved in a year by projects completed in twelve months, as last said."""
    both = [completed("a", saving_pence=500), completed("b", saving_pence=700)]
    assert value("saving_pence_12m", *both, *COVERED) == (1200, "known")
    assert value("saving_pence_12m", *both, completed("c"), *COVERED) == (1200, "at_least")
    assert value("saving_pence_12m", completed("c"), *COVERED)[1] == "unknown"


def test_a_practice_adopted_by_another_counts_when_confirmed_or_found_by_the_operator():
    """It is shown on both sides; in this trust's figure it counts once this trust confirmed it."""
    made = adopted(number=7)
    assert value("adopted_36m", made) == (0, "known")
    assert [a.counted for a in practice(made).adoptions] == [False]
    assert value("adopted_36m", made, confirmed(7)) == (1, "known")
    assert value("adopted_36m", adopted(assurance="public_record")) == (1, "known")
    assert value("adopted_36m", adopted(assurance="public_record"), code="ZT002") == (0, "known")
    assert [a.adopted_by for a in practice(made, code="ZT002").adoptions] == ["ZT002"]
    assert value("adopted_36m", adopted(assurance="public_record", on="2023-03-31"))[0] == 0
    assert value("adopted_36m", adopted(assurance="public_record", on="2023-04-01"))[0] == 1


def test_thirty_projects_half_measured_and_one_adoption_make_level_four():
    """Each condition is needed: without one of them the level is the one below."""
    taken = adopted(assurance="public_record")
    told = [completed(f"n{number}", evidence="narrative") for number in range(15)]
    assert level(*several(30), staff(), taken, *COVERED).level == 4
    assert level(*several(30), staff(), *COVERED).level == 3
    assert level(*several(29), staff(), taken, *COVERED).level == 3
    assert level(*several(15), *told, staff(), taken, *COVERED).level == 4
    assert level(*several(14), *told, staff(), taken, *COVERED).level == 2
    found = level(*several(29), staff(), taken, *COVERED)
    assert (found.distance.measure, found.distance.needs) == ("completed_per_1000", ">= 30")


def routine(on, kind="huddle", code="ZT001", type_="ManagementRoutineStarted", **more):
    """Return the start or the end of a routine."""
    return event(type_, code, on, "self_declared", kind=kind, **more)


def ended(on, code="ZT001", **more):
    """Return the end of a routine."""
    return routine(on, code=code, type_="ManagementRoutineEnded", **more)


def test_a_routine_begun_in_more_divisions_is_held_in_all_and_ended_in_one_goes_on():
    """Divisions add up; the end without divisions ends it everywhere."""
    events = [
        routine("2025-01-01", divisions=["med"], teams_covered=5),
        routine("2025-06-01", divisions=["surg"], teams_covered=7),
    ]
    (found,) = practice(*events).routines
    assert (found.divisions, found.teams_covered) == (("med", "surg"), 12)
    one = practice(*events, ended("2025-09-01", divisions=["med"])).routines
    assert [(r.divisions, r.teams_covered) for r in one] == [(("surg",), 7)]
    assert practice(*events, ended("2025-09-01")).routines == ()
    assert value("routines_live", *events, ended("2025-09-01"), on="2025-08-31") == (1, "known")


def test_the_same_routine_in_both_merged_trusts_is_one_and_the_successor_ends_it():
    """Routines go on over a merger, marked, until the successor ends or restates them."""
    events = [
        routine("2024-01-01", teams_covered=5),
        routine("2024-02-01", code="ZT002", teams_covered=8),
        merged("ZT002", "ZT001", "2025-01-01"),
    ]
    (found,) = practice(*events).routines
    assert (found.kind, found.teams_covered, found.inherited_from) == ("huddle", 13, ("ZT002",))
    (anew,) = practice(*events, routine("2025-06-01", teams_covered=20)).routines
    assert (anew.teams_covered, anew.inherited_from) == (20, ())
    assert practice(*events, ended("2025-06-01")).routines == ()


def test_projects_are_keyed_by_organisation_and_reference_over_a_merger():
    """Two trusts' projects of one name stay two; flows add up; the successor may complete one."""
    gone = merged("ZT002", "ZT001", "2025-08-01")
    events = [completed(on="2025-05-02"), completed(on="2025-05-03", code="ZT002"), gone]
    assert value("projects_completed_12m", *events)[0] == 2
    assert value("projects_completed_12m", *events, on="2025-07-31")[0] == 1
    begun = started("waits", code="ZT002")
    found = practice(begun, gone, completed("waits", "2025-10-01")).completed
    assert [(p.project, p.inherited_from, p.days) for p in found] == [("waits", "ZT002", 153)]
    assert [p.inherited_from for p in practice(begun, gone).active] == ["ZT002"]
    assert [p.inherited_from for p in practice(completed("x"), gone).completed] == [None]


def test_own_and_public_evidence_of_one_thing_is_one():
    """Of one day the better assured word counts; an adoption told twice is one, both shown."""
    own = completed(outcome="improved")
    public = event(
        "ProjectCompleted", "ZT001", "2025-09-01",
        project="falls", outcome="no_change", evidence="before_after",
    )  # fmt: skip
    for told in ([own, public], [public, own]):
        assert [p.outcome for p in practice(*told).completed] == ["no_change"]
    twice = [adopted(number=7), confirmed(7), adopted(assurance="public_record")]
    assert value("adopted_36m", *twice) == (1, "known")
    assert len(practice(*twice).adoptions) == 2


def test_adoptions_between_trusts_that_are_one_now_are_none():
    """A practice is adopted by another, and after a merger the two are not others."""
    made = [adopted(assurance="public_record"), merged("ZT002", "ZT001", "2025-08-01")]
    assert value("adopted_36m", *made) == (0, "known")
    assert value("adopted_36m", *made, on="2025-07-31") == (1, "known")


def test_learning_is_counted_and_difficulties_told_apart():
    """What was shared in twelve months, and how much of it was about difficulty."""

    def shared(about, on="2025-09-01"):
        return event("LearningShared", "ZT001", on, title="T", audience="A", about=about)

    events = [shared("success"), shared("difficulty"), shared("difficulty", "2025-03-31")]
    assert value("learning_shared_12m", *events) == (2, "known")
    assert value("difficulties_shared_12m", *events) == (1, "known")


def test_evidence_ages_from_the_end_of_the_last_period_returned():
    """A return vouches for its period, whenever it was made; fifteen months later it is too old."""
    age = level(*several(6), staff(), *COVERED, on="2027-06-30").evidence_age
    assert (age.date, age.state) == (day("2026-03-31"), "ageing")
    assert level(*several(6), staff(), *COVERED, on="2027-07-01").evidence_age.state == "stale"


def test_the_measures_of_the_model_are_those_of_the_section():
    """The model reads no measure that the dimension does not give."""
    assert first_model().rules("practice").measures() <= set(practice().measures)
