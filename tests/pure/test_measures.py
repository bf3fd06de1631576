"""Figures that rest on figures, and the last line of a list that hangs on a flow."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.model import Condition, DimensionRules, Line, Scale
from service.projections.levels import Case, Freshness, decide, freshness
from service.projections.measure import Evidence, Measure, ratio, total
from tests.pure.histories import day

FRESH = Freshness(day("2026-04-01"), 0, "fresh", None)


def figure(value, status="known", positions=()):
    """Return a figure."""
    return Measure(
        value, "people", "unknown" if value is None else status,
        Evidence(len(positions), tuple(positions)), reason="not_recorded",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("part", "whole", "status"),
    [
        ("known", "known", "known"),
        ("estimated", "known", "estimated"),
        ("at_least", "known", "at_least"),
        ("known", "at_least", "at_most"),
        ("at_most", "at_least", "at_most"),
        ("at_least", "at_most", "at_least"),
        ("at_least", "at_least", "unknown"),
        ("at_most", "at_most", "unknown"),
    ],
)
def test_a_bound_of_part_or_whole_bounds_the_ratio(part, whole, status):
    """A lower bound of the whole is an upper bound of the share; against each other, nothing."""
    found = ratio(figure(30, part), figure(120, whole), "percent", 100)
    assert (found.status, found.value) == (status, None if status == "unknown" else 25.0)


def test_a_ratio_needs_both_and_a_whole():
    """Without one of the two, or over nought, there is no ratio."""
    assert ratio(figure(None), figure(5), "percent").reason == "not_recorded"
    assert ratio(figure(1), figure(0), "percent").reason == "whole_is_nought"


def test_a_sum_with_an_unknown_part_is_at_least():
    """What is not known of one of two trusts can only add."""
    found = total([figure(3, positions=(4, 2)), figure(None)], "people")
    assert (found.value, found.status, found.events.first) == (3, "at_least", (2, 4))
    assert total([figure(3, "at_most"), figure(None)], "people").status == "unknown"
    assert total([figure(None)], "people").status == "unknown"


def test_a_ratio_rests_on_the_events_of_both():
    """The positions of part and whole are joined, each once."""
    found = ratio(figure(1, positions=(2, 5)), figure(4, positions=(1, 5)), "percent")
    assert (found.events.count, found.events.first) == (3, (1, 2, 5))


def lasting(months):
    """Return how long evidence vouches, as members of a dimension."""
    ageing = months * 2 // 3
    words = {"fresh_source": "s", "fresh_strength": "C"}
    return {"fresh_months": months, "ageing_months": ageing, **words}


def flow_level(value, status="known", last_needs=("count",)):
    """Return the answer of a list of two lines over one count."""
    above = Condition(measure="count", op=">=", value=10)
    words = {"rule": "r", "source": "s", "strength": "C"}
    rules = DimensionRules(
        name="practice", last_needs=last_needs, scales={"count": Scale(better="higher")},
        **lasting(15),
        lines=(Line(level=2, all=(above,), **words), Line(level=1, **words)),
    )  # fmt: skip
    return decide(Case(rules, {"count": figure(value, status)}), FRESH)


def test_a_lower_bound_may_prove_a_level_and_never_the_last_line():
    """An uncovered quarter makes nobody look low: without a proved line the level is unknown."""
    assert flow_level(12, "at_least").level == 2
    found = flow_level(5, "at_least")
    assert (found.level, found.reason) == (None, "a_higher_level_cannot_be_ruled_out")
    assert (found.cannot_tell, found.missing) == ((2,), ("count",))
    assert flow_level(5).level == 1
    assert flow_level(5, "at_least", last_needs=()).level == 1


@given(st.dates(dt.date(2000, 1, 1), dt.date(2080, 1, 1)), st.integers(1, 36))
def test_the_day_on_which_evidence_turns_stale_is_the_first_stale_day(newest, months):
    """Whatever the lengths of the months between: fresh the day before, stale on the day."""
    line = Line(level=1, rule="r", source="s", strength="C")
    rules = DimensionRules(name="board", lines=(line,), **lasting(months))

    def state(on):
        return freshness(rules, [newest], lambda _day: False, on).state

    turns = freshness(rules, [newest], lambda _day: False, newest).stale_from
    assert state(turns) == "stale"
    assert state(turns - dt.timedelta(days=1)) != "stale"
