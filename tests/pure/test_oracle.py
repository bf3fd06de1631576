"""Pictures say what a second, slow fold says, which was written from the briefs' text alone."""

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from service.projections import history as fold
from service.projections import trust_picture
from tests.effort import tried
from tests.pure import stories
from tests.pure.histories import day
from tests.pure.loading import loaded, parts
from tests.pure.oracle import (
    bodies,
    connection,
    funding,
    leadership,
    others,
    record,
    skills,
    strategy,
)
from tests.pure.samples import sample

DIMENSIONS = {
    "leadership": leadership.measures,
    "culture": others.culture,
    "skills": skills.measures,
    "funding": funding.measures,
    "board": others.board,
    "strategy": strategy.measures,
    "connection": connection.measures,
    "practice": others.practice,
}
SLOW = settings(
    max_examples=tried(40),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a story takes minutes to shrink
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def world(own):
    """Return the facts of each organisation's history, as the slow fold reads them."""
    return {code: record.facts(entries) for code, entries in own.items()}


def compared(section, expected):
    """Return (said by the service, said by the oracle) of the measures that both have."""
    said = {
        name: (section.measures[name].value, section.measures[name].status) for name in expected
    }
    return said, {name: (pytest.approx(v, abs=0.006) if isinstance(v, float) else _plain(v), s)
                  for name, (v, s) in expected.items()}  # fmt: skip


def _plain(value):
    if value is None or isinstance(value, bool | str | int):
        return value
    return pytest.approx(float(value), abs=0.006)


def check(told, *names):
    """Hold the picture's sections against the slow fold's."""
    entries, known_at, on = told
    own = parts(entries, known_at)
    case = bodies.Case(world(own), stories.HOME, on)
    found = trust_picture.picture(stories.HOME, loaded(stories.HOME, own), on)
    for name in names:
        said, expected = compared(getattr(found, name), DIMENSIONS[name](case))
        assert said == expected
    assert found.host == bodies.host(case)
    assert {(m.system, m.role) for m in found.memberships} == set(bodies.memberships(case).items())
    assert {(one.code, one.since.date) for one in found.inherited} == {
        (code, merger.day) for code, _, merger in bodies.absorbed(case)
    }


def read(own):
    """Return what the service reads as facts in force, in the oracle's words."""
    return {code: [_said(f) for f in fold.facts(entries).facts] for code, entries in own.items()}


def _said(fact):
    return record.Said(
        fact.position, fact.positions, fact.type, fact.organisation, fact.effective,
        fact.assurance, fact.data, fact.refers, fact.disputed, fact.confirmed_by,
    )  # fmt: skip


EVERYTHING = [
    *stories.LEADERSHIP, *stories.CULTURE, *stories.SKILLS, *stories.BOARD, *stories.STRATEGY,
    *stories.PRACTICE, *stories.FUNDING, *stories.CONNECTION, *stories.MEMBERSHIP,
]  # fmt: skip


@SLOW
@given(stories.stories(EVERYTHING, least=30))
def test_the_facts_in_force_are_those_of_the_slow_fold(told):
    """Corrections, retractions of retractions, disputes and confirmations are read alike."""
    entries, known_at, _ = told
    own = parts(entries, known_at)
    assert read(own) == world(own)


@SLOW
@given(stories.stories(stories.LEADERSHIP, by=stories.LENT))
def test_leadership_is_that_of_the_slow_fold(told):
    """Tenure, holders, vacancy and continuity, whatever was put right since."""
    check(told, "leadership")


@SLOW
@given(stories.stories([*stories.CULTURE, *stories.MEMBERSHIP, *stories.MEMBERSHIP]))
def test_culture_and_memberships_are_those_of_the_slow_fold(told):
    """The newest survey of the public, and who hosts whom on a date."""
    check(told, "culture")


@SLOW
@given(stories.stories(stories.SKILLS, covers="skills"))
def test_skills_are_those_of_the_slow_fold(told):
    """Completions, stocks, censuses and headcount, over mergers."""
    check(told, "skills")


@SLOW
@given(stories.stories(stories.BOARD, covers="board"))
def test_the_board_is_that_of_the_slow_fold(told):
    """Commitments live, reviews by quarter, what the board learnt."""
    check(told, "board")


@SLOW
@given(stories.stories(stories.STRATEGY))
def test_strategy_is_that_of_the_slow_fold(told):
    """How long one method was kept, what is planned, what was dropped."""
    check(told, "strategy")


@SLOW
@given(stories.stories(stories.PRACTICE, by=stories.ADOPTED, covers="practice"))
def test_practice_is_that_of_the_slow_fold(told):
    """Projects completed, measured, and taken up by others.

    Not of stories in which a successor begins a project after the date: test_oracle_gaps.py.
    """
    entries, known_at, on = told
    case = bodies.Case(world(parts(entries, known_at)), stories.HOME, on)
    later = [fact for fact in case.own("ProjectStarted") if fact.day > on]
    assume(not (later and bodies.absorbed(case)))
    check(told, "practice")


@SLOW
@given(stories.stories(stories.FUNDING, least=8))
def test_funding_is_that_of_the_slow_fold(told):
    """Money of each day, runway, recurrent and ring-fenced shares."""
    check(told, "funding")


@SLOW
@given(stories.stories(stories.CONNECTION, covers="connection"))
def test_connection_is_that_of_the_slow_fold(told):
    """Partners of 12 and 24 months, whatever they became part of."""
    check(told, "connection")


GENERATED = sample(11, 10, 1200)


@settings(max_examples=tried(6), deadline=None)
@given(st.data())
def test_pictures_of_a_generated_history_are_those_of_the_slow_fold(data):
    """Whole lives of trusts, on any date, as known at any position."""
    known_at = data.draw(st.integers(len(GENERATED) // 2, len(GENERATED)))
    on = data.draw(st.dates(day("2021-01-01"), day("2026-06-30")))
    own = parts(GENERATED, known_at)
    code = data.draw(st.sampled_from(sorted(c for c in own if c.startswith("ZT"))))
    case = bodies.Case(world(own), code, on)
    found = trust_picture.picture(code, loaded(code, own), on)
    for name, measures in DIMENSIONS.items():
        if name == "practice" and bodies.absorbed(case):
            continue  # as above: a later start of the same reference changes the past
        said, expected = compared(getattr(found, name), measures(case))
        assert (name, said) == (name, expected)
