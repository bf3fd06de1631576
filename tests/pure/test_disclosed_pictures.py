"""Pictures of rounded histories: bands, cuts near by, clauses that need parts, and what adds up."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import disclosure
from service.domain.register import kind_of
from service.projections import trust_picture
from service.projections.blocks import Entry
from service.projections.measure import measure, ratio, total
from tests.pure.histories import day, entries, event, facts, histories

SECRET = b"k" * 32
ON = "2026-08-01"
BASE = (
    event("TrustRegistered", "ZT001", "2020-01-01", name="One", trust_type="acute",
          legal_form="nhs_trust"),
    event("DivisionsSet", "ZT001", "2020-01-01", divisions=[
        {"code": "med", "name": "Medicine"}, {"code": "surg", "name": "Surgery"}]),
    event("WorkforceCounted", "ZT001", "2026-03-31", headcount=1000, by=[
        {"division": "med", "headcount": 500}, {"division": "surg", "headcount": 500}]),
)  # fmt: skip


def disclosed(made):
    """Return entries as rounded readers get them, the payload rounded as at append."""
    return [
        msgspec.structs.replace(one, event=_rounded(one.event), disclosure=disclosure.POLICY)
        for one in made
    ]


def _rounded(found):
    kind = kind_of(found)
    hidden = disclosure.disclosed(kind, found.data, found, SECRET)
    if hidden is None:
        return found
    return msgspec.structs.replace(found, data=msgspec.json.decode(hidden, type=kind.payload))


def trained(count, on, course="qsir_fundamentals"):
    """Completions of an introductory course, all of Medicine."""
    part = [{"division": "med", "completions": count}]
    return event(
        "StaffTrained", "ZT001", on, course=course, tier="introductory",
        participant_group="staff", completions=count, by=part,
    )  # fmt: skip


def picture(made):
    """Return the picture of ZT001."""
    return trust_picture.picture("ZT001", histories(made), day(ON))


def figures(made):
    """Return the measures of skills."""
    return picture(made).skills.measures


COUNTS = st.lists(st.integers(0, 400), min_size=1, max_size=12)


def courses(counts):
    """Return a course a month, newest first, each of its own name."""
    return [
        trained(count, f"2026-0{7 - n % 6}-01", f"course_{n}") for n, count in enumerate(counts)
    ]


@given(COUNTS)
def test_a_rounded_sum_is_the_sum_of_what_was_rounded(counts):
    """So figures add up whatever window is asked, and no window gives a part away."""
    made = entries(*BASE, *courses(counts))
    events = [one.event.data for one in disclosed(made) if hasattr(one.event.data, "completions")]
    found = figures(disclosed(made))["introductory_completions_12m"]
    assert found.value == sum(data.completions for data in events)
    assert abs(found.value - sum(counts)) < 5 * len(counts)


@given(COUNTS)
def test_a_band_is_four_times_the_root_of_the_rounded_figures(counts):
    """95 of 100 times; each figure counts once, however often the picture looks at it."""
    made = entries(*BASE, *courses(counts))
    found = figures(disclosed(made))
    width = round(4 * len(counts) ** 0.5, 1)
    done, share = found["introductory_completions_12m"], found["introductory_percent"]
    assert done.band == width
    assert share.band == pytest.approx(width / 10, abs=0.001)
    few = "fewer than 10"
    assert done.shown == (few if done.value < 10 else f"about {done.value:,.0f} (± {width:,.0f})")
    assert figures(made)["introductory_completions_12m"].band == 0


@given(st.integers(0, 400), st.integers(0, 400))
def test_histories_that_round_alike_have_the_same_picture(one, other):
    """Of exact counts a picture keeps nothing but what they round to."""
    first, second = (disclosed(entries(*BASE, trained(n, "2026-05-01"))) for n in (one, other))
    values = [made[-1].event.data.completions for made in (first, second)]
    pictures = [msgspec.json.encode(picture(made)) for made in (first, second)]
    assert (values[0] == values[1]) == (pictures[0] == pictures[1])


def level(count):
    """Return the introductory level over a covered year with one rounded course of a headcount."""
    covered = [trained(count if n == 1 else 0, f"2026-0{n}-01", f"c{n}") for n in (1, 4, 7)]
    covered += [trained(0, "2025-10-01", "c0"), trained(0, "2025-08-15", "c9")]
    return picture(disclosed(entries(*BASE, *covered))).levels["skills_introductory"]


@pytest.mark.parametrize(("count", "near"), [(100, True), (105, True), (150, False), (300, False)])
def test_a_cut_within_the_band_is_said_to_be_near(count, near):
    """10 % of 1,000 is 100 people: within ± 9 of it the exact count may lie on either side."""
    assert level(count).near_cut is near


def test_a_clause_that_needs_parts_cannot_be_assessed_here():
    """Levels above are not ruled out; exact readers are told the holes."""
    year = [("2025/26", 2), ("2025/26", 3), ("2025/26", 4), ("2026/27", 1)]
    returns = [
        event("ReturnMade", "ZT001", "2026-07-20", financial_year=named, quarter=quarter,
              dimensions=["skills"], nothing_to_report=[])
        for named, quarter in year
    ]  # fmt: skip
    made = entries(*BASE, *returns, *courses([100, 100, 100]))
    holes = figures(disclosed(made))["introductory_holes"]
    assert (holes.value, holes.status, holes.reason) == (None, "unknown", "not_assessable_here")
    assert figures(made)["introductory_holes"].value == 1
    for division in picture(disclosed(made)).skills.divisions:
        assert division.introductory_12m.reason == "not_assessable_here"


def test_bands_of_sums_and_shares_are_those_of_what_they_rest_on():
    """Squares add up; an exact denominator scales a band, a rounded one widens it."""
    made = facts(disclosed(entries(*courses([30, 60]))))
    first, second = (measure(f.data.completions, "completions", [f]) for f in made.facts)
    assert first.band == second.band == 4
    assert total([first, second], "completions").band == pytest.approx(5.7)
    exact = measure(200, "people", [])
    assert ratio(first, exact, "percent", 100).band == 2
    assert ratio(first, second, "share").band > first.band / float(second.value or 1)


def test_coaches_and_experts_are_exact_for_everybody():
    """Of higher tiers only the parts are kept from rounded readers."""
    census = event(
        "SkillsCounted", "ZT001", "2026-05-01", tier="coach", people=7, method="esr",
        by=[{"division": "med", "people": 7}],
    )  # fmt: skip
    found = figures(disclosed(entries(*BASE, census)))
    assert (found["coaches"].value, found["coaches"].band) == (7, 0)
    assert found["divisions_without_coach"].reason == "not_assessable_here"


def test_an_entry_is_exact_unless_it_says_otherwise():
    """Trials, notebooks and packs hold exact counts."""
    (entry,) = entries(trained(5, "2026-05-01"))
    assert entry == Entry(1, entry.event)
    assert dt.date(2026, 5, 1) == entry.event.effective
    assert not any(fact.disclosed for fact in facts([entry]).facts)
