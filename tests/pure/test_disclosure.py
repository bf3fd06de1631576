"""Rounding of people's figures and withholding of small surveys."""

from __future__ import annotations

import json
import statistics

from hypothesis import given
from hypothesis import strategies as st

from service.domain import disclosure, mentions
from service.domain.register import BY_NAME, kind_of
from tests.strategies import corrected, decoded, made

SECRET = b"k" * 32


@given(st.integers(0, 10**7), st.text(max_size=8))
def test_a_rounded_count_is_a_multiple_of_five_near_by(count, word):
    """Less than 5 away, never negative, and what is a multiple already stays."""
    found = disclosure.rounded(count, SECRET, (word,))
    assert found % 5 == 0
    assert found >= 0
    assert abs(found - count) < 5
    assert count % 5 or found == count


@given(st.integers(0, 10**6), st.tuples(st.text(max_size=5), st.text(max_size=5)))
def test_the_same_key_rounds_alike(count, key):
    """Sent again, a figure is rounded as before: asking often gives nothing away."""
    assert disclosure.rounded(count, SECRET, key) == disclosure.rounded(count, SECRET, key)


def test_rounding_is_without_bias():
    """Over many keys the mean of the rounded is the count, to four standard errors."""
    for count in (1, 2, 3, 4, 12, 998):
        found = [disclosure.rounded(count, SECRET, (str(n),)) for n in range(20_000)]
        error = statistics.stdev(found) / len(found) ** 0.5
        assert abs(statistics.mean(found) - count) < 4 * error


def test_another_secret_rounds_otherwise():
    """Without the log's secret the rounding cannot be computed again."""
    keys = [(str(n),) for n in range(64)]
    one, two = ([disclosure.rounded(2, s, k) for k in keys] for s in (SECRET, b"j" * 32))
    assert one != two


def survey(base: int | None, instrument: str = "own") -> dict:
    """Return a culture survey."""
    data = {"instrument": instrument, "year": 2025, "question": "q1", "percent_positive": 60}
    data |= {"edition": "1"} | ({"base": base} if base is not None else {})
    if instrument == "nhs_staff_survey":
        data["benchmark_group"] = "acute"
    return made("CultureSurveyed", "RTP", data)


def given_to_rounded_readers(event: dict) -> bytes | None:
    """Return what a rounded reader gets of an event."""
    found = decoded(event).event
    return disclosure.disclosed(kind_of(found), found.data, found, SECRET)


def test_a_small_survey_is_withheld_whole():
    """Under ten answers, or without a base; the national survey's own figures are public."""
    assert given_to_rounded_readers(survey(9)) == disclosure.WITHHELD
    assert given_to_rounded_readers(survey(None)) == disclosure.WITHHELD
    assert given_to_rounded_readers(survey(10)) != disclosure.WITHHELD
    assert given_to_rounded_readers(survey(None, "nhs_staff_survey")) != disclosure.WITHHELD


def trained(tier: str, **more: object) -> dict:
    """Return completions of a course at a tier."""
    data = {"course": "qsir", "tier": tier, "participant_group": "staff", "completions": 13}
    return made("StaffTrained", "RTP", data | more)


def test_a_correction_keeps_the_originals_rounding():
    """A corrected figure is rounded by the original's key, in the correction's own shape."""
    original, right = trained("introductory"), trained("introductory", completions=14)
    first = decoded(original)
    kind = kind_of(first.event)
    expected = disclosure.disclosed(kind, decoded(right).event.data, first.event, SECRET)
    change = decoded(corrected(original, **right["data"])).event
    members = json.loads(disclosure.disclosed_correction(change, first.body, kind, SECRET))
    assert members["data"] == json.loads(expected)
    assert members["event"] == original["id"]
    assert members["reason"] == "mistyped"


def test_people_of_the_first_two_tiers_are_rounded_and_their_parts_left_out():
    """Completions become a multiple of five; hours stay; divisions are for exact readers."""
    for tier in ("introductory", "practitioner"):
        event = trained(tier, hours=7.5, by=[{"division": "med", "completions": 13}])
        found = json.loads(given_to_rounded_readers(event))
        assert found["completions"] in {10, 15}
        assert found["hours"] == 7.5
        assert "by" not in found


def test_people_of_the_higher_tiers_are_exact_as_totals():
    """Coaches, experts and boards are exact; their parts by division are not given."""
    for tier in ("coach", "expert", "board"):
        assert given_to_rounded_readers(trained(tier)) is None
        event = trained(tier, by=[{"division": "med", "completions": 13}])
        found = json.loads(given_to_rounded_readers(event))
        assert found["completions"] == 13
        assert "by" not in found


def test_every_count_of_a_census_is_rounded_by_its_own_name():
    """People, active and in training are each rounded, absent ones stay absent."""
    data = {"tier": "practitioner", "people": 118, "method": "esr", "in_training": 14}
    found = json.loads(given_to_rounded_readers(made("SkillsCounted", "RTP", data)))
    assert found["people"] in {115, 120}
    assert found["in_training"] in {10, 15}
    assert "active_last_12m" not in found


def test_money_coaches_and_boards_are_exact():
    """What counts no ordinary member of staff is given as it is."""
    posts = {"wte_funded": 6.2, "wte_in_post": 4.6, "basis": "recurrent"}
    assert given_to_rounded_readers(made("ImprovementTeamCounted", "RTP", posts)) is None
    spent = {"agreement": "a-1", "financial_year": "2025/26", "pence": 123}
    assert given_to_rounded_readers(made("FundingSpent", "RTP", spent)) is None


def test_what_is_disclosed_otherwise_names_nobody_else():
    """So histories of others hold no event with counts: whose history it is decides what it gives.

    A type that names an organisation and has people's counts would need that decided by event.
    """
    counted = [
        kind for kind in BY_NAME.values()
        if kind.withheld is not None or {"people", "tiered"} & set(kind.classes.values())
    ]  # fmt: skip
    assert len(counted) > 5
    for kind in counted:
        assert not mentions._plan(kind.payload), kind.name
