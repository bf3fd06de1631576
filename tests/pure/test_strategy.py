"""Strategy: what is live, what was dropped, how long one method was kept, and the level."""

import pytest

from service.domain.codec import Unread
from service.domain.model import first_model
from service.projections import trust_picture
from service.projections.history import Entry, facts
from tests.pure.cases import merged, returned, trust
from tests.pure.histories import day, entries, event, histories

TRUSTS = [trust("ZT001"), trust("ZT002")]


def adopted(on, name="s1", code="ZT001", method="lean_vmps", **more):
    """Return that a strategy was adopted."""
    data = {"strategy": name, "title": "T", "scope": "improvement"} | more
    data |= {"method": method} if method else {}
    return event("StrategyAdopted", code, on, **data)


def ended(on, name="s1", code="ZT001"):
    """Return that a strategy ended."""
    return event("StrategyEnded", code, on, strategy=name)


def entered(on, name="qsir", code="ZT001", method="lean_vmps", **more):
    """Return that a programme was joined."""
    data = {"programme": name, "kind": "improvement", "method": method} | more
    return event("ProgrammeJoined", code, on, **data)


def gone(on, name="qsir", reason="withdrawn", code="ZT001"):
    """Return that a programme was left."""
    return event("ProgrammeLeft", code, on, programme=name, reason=reason)


def affirmed(on, approach="lean_vmps", continues="replaced"):
    """Return what the chief executive said of an approach."""
    return event(
        "LeadershipApproachAffirmed", "ZT001", on,
        by_post="chief_executive", approach=approach, continues=continues,
    )  # fmt: skip


def chief(person, on):
    """Return that somebody became chief executive."""
    return event(
        "LeaderAppointed", "ZT001", on, post="chief_executive", person=person, basis="substantive"
    )


def left(person, on):
    """Return that a chief executive left."""
    return event(
        "LeaderDeparted", "ZT001", on, post="chief_executive", person=person, reason="not_stated"
    )


def picture(on, *events, code="ZT001"):
    """Return a trust's picture."""
    return trust_picture.picture(code, histories(entries(*TRUSTS, *events)), day(on))


def strategy(on, *events, code="ZT001"):
    """Return strategy in a trust's picture."""
    return picture(on, *events, code=code).strategy


def level(on, *events, code="ZT001"):
    """Return the level of strategy."""
    return picture(on, *events, code=code).levels["strategy"]


def test_nothing_recorded_is_unknown_whatever_a_return_says():
    """That nothing was to report in a quarter is no evidence that a strategy was dropped."""
    assert level("2026-01-01").reason == "no_evidence"
    assert level("2026-01-01", returned("strategy", "2025/26", 2)).reason == "no_evidence"


@pytest.mark.parametrize("end", [ended("2025-01-01"), affirmed("2025-01-01")])
def test_a_strategy_ended_or_replaced_with_nothing_live_is_level_nought(end):
    """Level 0 is told by an end that somebody decided."""
    assert level("2025-01-01", adopted("2020-01-01"), end).level == 0
    assert level("2024-12-31", adopted("2020-01-01"), end).level == 2


@pytest.mark.parametrize(
    ("reason", "expected"), [("withdrawn", 0), ("end_of_term", None), ("not_stated", None)]
)
def test_a_programme_that_ran_its_term_was_not_dropped(reason, expected):
    """Withdrawn from is dropped; at the end of its term, or for no stated reason, is unknown."""
    found = level("2025-01-01", entered("2020-01-01"), gone("2025-01-01", reason=reason))
    assert found.level == expected
    assert expected == 0 or found.cannot_tell == (0,)


def test_the_last_that_ended_tells_and_nothing_is_dropped_while_another_is_live():
    """What ended last counts; while something is live nothing was dropped."""
    events = [entered("2018-01-01"), gone("2020-01-01"), adopted("2019-01-01")]
    assert level("2020-06-01", *events).level == 2
    later = [*events, entered("2019-06-01", "ihi"), ended("2021-01-01")]
    term = gone("2022-01-01", "ihi", "end_of_term")
    assert level("2021-06-01", *later).level == 2
    assert level("2022-06-01", *later, term).level is None


def test_leaving_what_was_never_recorded_as_joined_is_an_end_all_the_same():
    """Withdrawal alone shows that there was something, and that it was dropped."""
    assert level("2021-06-01", gone("2021-01-01")).level == 0


def test_planned_ends_and_horizons_end_nothing():
    """A strategy goes on beyond its horizon until somebody says that it ended."""
    found = strategy("2026-01-01", adopted("2020-01-01", horizon_ends="2024-12-31"))
    assert found.run.months.value == 72
    assert found.horizon_months.value == 0
    assert found.live[0].planned_end == day("2024-12-31")


def test_the_levels_by_run_and_horizon():
    """12 months make level 2, 36 with 24 ahead level 3; a horizon not stated cannot be told."""
    assert level("2020-12-31", adopted("2020-01-01")).level == 1
    assert level("2021-01-01", adopted("2020-01-01")).level == 2
    assert level("2021-12-31", adopted("2020-01-01", horizon_ends="2030-01-01")).level == 2
    assert level("2023-04-01", adopted("2020-04-01", horizon_ends="2025-03-31")).level == 3
    assert level("2023-04-02", adopted("2020-04-01", horizon_ends="2025-03-31")).level == 2
    unsure = level("2023-01-01", adopted("2020-01-01"), affirmed("2023-01-01", continues="yes"))
    assert (unsure.level, unsure.cannot_tell) == (2, (3,))
    assert unsure.missing == ("horizon_months",)


def test_a_strategy_adopted_anew_counts_with_its_new_horizon_and_its_new_method():
    """The newest word on a strategy says how far it plans and by which method."""
    events = [
        adopted("2018-01-01", horizon_ends="2022-12-31"),
        adopted("2022-01-01", horizon_ends="2027-12-31"),
    ]
    assert level("2022-06-01", *events).level == 3
    assert strategy("2022-06-01", *events).live[0].planned_end == day("2027-12-31")
    other = adopted("2022-01-01", method="six_sigma", horizon_ends="2027-12-31")
    assert strategy("2022-06-01", events[0], other).run.months.value == 5


def test_level_four_needs_the_method_to_outlast_a_chief_executive():
    """Sixty months under one chief executive are not yet sixty months of the trust's own."""
    kept = [adopted("2015-01-01"), affirmed("2020-01-01", continues="yes")]
    first = chief("p-aaaa", "2010-01-01")
    assert level("2020-02-01", *kept, first).level == 2
    change = [first, left("p-aaaa", "2018-01-01"), chief("p-bbbb", "2018-01-01")]
    assert level("2020-02-01", *kept, *change).level == 4
    sooner = [adopted("2015-01-01"), affirmed("2019-01-01", continues="yes")]
    assert level("2019-12-31", *sooner, *change).level == 2
    before = [first, left("p-aaaa", "2014-06-01"), chief("p-bbbb", "2014-06-01")]
    assert level("2020-02-01", *kept, *before).level == 2
    unsure = level("2020-02-01", *kept)
    assert (unsure.level, unsure.cannot_tell) == (2, (4, 3))


def test_a_chief_executive_who_comes_back_or_shares_is_no_change():
    """There is a change once nobody is left of those who were there when the run began."""
    kept = [adopted("2015-01-01"), affirmed("2020-01-01", continues="yes")]
    both = [
        event(
            "LeaderAppointed", "ZT001", on,
            post="chief_executive", person=person, basis="shared",
        )
        for person, on in (("p-aaaa", "2010-01-01"), ("p-bbbb", "2016-01-01"))
    ]  # fmt: skip
    assert level("2020-02-01", *kept, *both).level == 2
    assert level("2020-02-01", *kept, *both, left("p-aaaa", "2019-01-01")).level == 4


def test_leadership_that_cannot_be_read_leaves_the_change_unknown_and_the_strategy_readable():
    """An unreadable appointment makes level 4 untold, and no more."""
    kept = [adopted("2015-01-01"), affirmed("2020-01-01", continues="yes")]
    made = [
        *entries(*TRUSTS[:1], *kept),
        Entry(9, Unread("LeaderAppointed", "ZT001", "unreadable")),
    ]
    found = trust_picture.picture("ZT001", {"ZT001": facts(made)}, day("2020-02-01"))
    assert found.levels["strategy"].level == 2
    measure = found.strategy.measures["chief_executive_changed_in_run"]
    assert measure.reason == "leadership_unreadable"


def test_a_live_strategy_without_a_method_has_no_known_run():
    """Whether one method was kept cannot be told when none is stated; an old run proves nothing."""
    found = level("2021-06-01", adopted("2015-01-01", method=None), affirmed("2021-01-01", "x"))
    assert (found.level, found.cannot_tell) == (1, (4, 3, 2))
    old = [entered("2010-01-01"), gone("2018-01-01", reason="end_of_term")]
    events = [*old, adopted("2017-01-01", method=None), returned("strategy", "2018/19", 1)]
    assert level("2018-07-01", *events).level == 1


def test_the_same_strategy_in_both_merged_trusts_is_one_and_its_run_goes_on():
    """The successor keeps the run of a method that an absorbed trust began earlier."""
    events = [
        adopted("2012-01-01", code="ZT002"), adopted("2018-01-01"),
        merged("ZT002", "ZT001", "2020-01-01"),
    ]  # fmt: skip
    found = strategy("2020-01-01", *events)
    assert len(found.live) == 1
    assert found.run.months.value == 96
    assert strategy("2019-12-31", *events).run.months.value == 23
    assert strategy("2021-01-01", *events, ended("2020-06-01")).live == ()


def test_a_horizon_vouches_until_it_is_reached_and_evidence_is_too_old_after_27_months():
    """A stated end vouches for every day until then; without one a strategy ages from its start."""
    assert level("2024-12-31", adopted("2015-01-01", horizon_ends="2024-12-31")).level == 2
    assert level("2017-04-01", adopted("2015-01-01")).level == 2
    found = level("2017-04-02", adopted("2015-01-01"))
    assert (found.level, found.reason) == (None, "evidence_too_old")
    assert level("2017-04-02", adopted("2015-01-01"), ended("2020-01-01")).level == 2


def test_the_measures_of_the_model_are_those_of_the_section():
    """The model reads no measure that the dimension does not give."""
    found = strategy("2021-01-01").measures
    assert first_model().rules("strategy").measures() <= set(found)
