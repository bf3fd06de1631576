"""Covered quarters: returns by their period, events of the flow, mergers."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.projections import coverage
from service.projections.context import context
from tests.pure.histories import day, entries, event, histories

DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2080, 12, 31))
REGISTERED = {"name": "Oakdale NHS Trust", "trust_type": "acute", "legal_form": "nhs_trust"}


def returned(year, quarter, *, made="2026-06-30", nothing=(), listed=("board",), code="ZT001"):
    """Return a return of a quarter."""
    return event(
        "ReturnMade", code, made, financial_year=year, quarter=quarter,
        dimensions=list(listed), nothing_to_report=list(nothing),
    )  # fmt: skip


def composed(on, code="ZT001"):
    """Return a board's composition, here the event of the flow."""
    return event(
        "BoardComposed", code, on,
        executive_posts=8, executive_vacant=0, executive_interim=0, voting_members=12,
    )  # fmt: skip


def covered(on, *events, code="ZT001", count=4, dimension="board"):
    """Return the coverage of a date by events."""
    known = context(code, histories(entries(*events)), day(on))
    found = coverage.bodies(known, lambda _fact: True, "BoardComposed")
    return coverage.coverage(dimension, found, day(on), count)


def quarters(found):
    """Return the covered quarters as year and number."""
    return [(q.financial_year, q.quarter) for q in found.covered]


@pytest.mark.parametrize(
    ("on", "newest"),
    [
        ("2026-06-29", ("2025/26", 4)),
        ("2026-06-30", ("2026/27", 1)),
        ("2026-03-31", ("2025/26", 4)),
        ("2026-01-01", ("2025/26", 3)),
    ],
)
def test_a_quarter_has_ended_on_its_last_day(on, newest):
    """A quarter counts from its last day on, so that 31 March sees the whole year."""
    found = coverage.ended_quarters(day(on))
    assert (found[0].financial_year, found[0].quarter) == newest
    assert len(found) == 4


@given(DAYS, st.integers(1, 12))
def test_the_newest_quarters_follow_one_another_up_to_the_date(on, count):
    """They touch, last three months each, end by the date, and the next one has not ended."""
    found = coverage.ended_quarters(on, count)
    assert len(found) == count
    assert found[0].end <= on + dt.timedelta(days=1) < found[0].end + dt.timedelta(days=93)
    for newer, older in itertools.pairwise(found):
        assert older.end == newer.start
    for quarter in found:
        assert quarter.start == coverage.dates.quarter_start(
            quarter.financial_year, quarter.quarter
        )
        assert quarter.end == coverage.dates.quarter_end(quarter.financial_year, quarter.quarter)


@given(DAYS, st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_a_quarter_is_covered_exactly_when_a_return_or_an_event_covers_it(on, told, happened):
    """Whatever the mix of returns and events: each of the four newest by either, no other."""
    asked = coverage.ended_quarters(on, 6)
    events = [returned(asked[i].financial_year, asked[i].quarter) for i in told]
    events += [composed(asked[i].start.isoformat()) for i in happened]
    found = covered(on.isoformat(), *events)
    expected = [q for i, q in enumerate(asked[:4]) if i in told | happened]
    assert list(found.covered) == expected
    assert found.complete == (len(expected) == 4)


def test_four_of_four_are_exact_and_fewer_are_at_least():
    """A count is known over four covered quarters; with a gap it is a lower bound."""
    year = [returned("2025/26", quarter) for quarter in (1, 2, 3, 4)]
    full, gap = covered("2026-04-01", *year), covered("2026-04-01", *year[1:])
    assert (full.status, gap.status) == ("known", "at_least")
    assert coverage.counted(0, "completions", [], gap).status == "at_least"


def test_a_zero_rests_on_the_returns_that_prove_it():
    """The positions behind a nought are those of the returns."""
    year = [returned("2025/26", quarter) for quarter in (1, 2, 3, 4)]
    found = coverage.counted(0, "completions", [], covered("2026-04-01", *year))
    assert (found.value, found.status, found.events.first) == (0, "known", (1, 2, 3, 4))


def test_missing_quarters_are_never_zeros():
    """Without a return and without an event a count is unknown, not nought."""
    found = coverage.counted(0, "completions", [], covered("2026-04-01"))
    assert (found.value, found.status) == (None, "unknown")


def test_a_return_counts_by_its_period_whatever_its_effective():
    """A return made long after the quarter, even after the date asked, covers its quarter."""
    late = returned("2025/26", 4, made="2026-12-01")
    assert quarters(covered("2026-04-01", late)) == [("2025/26", 4)]


def test_nothing_to_report_counts_as_listed():
    """To say that nothing happened is to say."""
    nothing = returned("2025/26", 4, nothing=("board",), listed=())
    assert quarters(covered("2026-04-01", nothing)) == [("2025/26", 4)]


def test_a_return_of_another_dimension_covers_nothing():
    """A return covers the dimensions that it lists."""
    other = returned("2025/26", 4, listed=("skills",))
    assert quarters(covered("2026-04-01", other)) == []


def test_eight_quarters_may_be_asked():
    """Connection and board ask two years."""
    found = covered("2026-04-01", composed("2024-04-01"), count=8)
    assert quarters(found) == [("2024/25", 1)]
    assert quarters(covered("2026-04-01", composed("2024-04-01"))) == []


def test_after_a_merger_each_body_that_existed_must_cover_the_quarter():
    """An absorbed trust covers its part up to the merger, the successor all after it."""
    merged = event("TrustMerged", "ZT001", "2025-10-01", into="ZT002", kind="new_body")
    opened = event("TrustRegistered", "ZT002", "2025-10-01", **REGISTERED)
    events = [merged, opened, composed("2025-05-01"), composed("2025-11-01", "ZT002")]
    found = covered("2026-04-01", *events, code="ZT002")
    assert quarters(found) == [("2025/26", 3), ("2025/26", 1)]
    older = event("TrustRegistered", "ZT002", "2000-01-01", **REGISTERED)
    found = covered("2026-04-01", merged, older, *events[2:], code="ZT002")
    assert quarters(found) == [("2025/26", 3)]
