"""The list of erasures: what counts of it in whatever order, and what refuses it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.erasures import DamagedList, ErasureAct, lines, listed, standing, when

DAWN = dt.datetime(2026, 4, 1, 6, tzinfo=dt.UTC)
ACTS = st.builds(
    ErasureAct,
    subject=st.sampled_from(["p-00001111", "p-00002222", f"key-{'0' * 36}"]),
    act=st.sampled_from(["erased", "lifted"]),
    at=st.integers(0, 3).map(lambda n: DAWN + dt.timedelta(seconds=n)),
    caller=st.just("local"),
    reason=st.sampled_from([None, "asked"]),
)
GOOD = b'{"subject":"p-00001111","act":"erased","at":"2026-04-01T06:00:00Z","caller":"local"}\n'


@given(st.lists(ACTS, max_size=8), st.randoms())
def test_what_counts_does_not_depend_on_order_or_repeats(acts, chance):
    """Lists of several processes, one behind the other or mixed, say the same of each subject."""
    mixed = acts + acts[:3]
    chance.shuffle(mixed)
    said = {subject: last.act for subject, last in standing(acts).items()}
    assert {subject: last.act for subject, last in standing(mixed).items()} == said
    assert listed(lines(acts)) == tuple(acts)


@given(ACTS, st.integers(-3, 3))
def test_an_act_is_later_than_the_one_before_whatever_the_clock_says(before, seconds):
    """A clock that was set back cannot make a new erasure count for less than an old permission."""
    assert when(DAWN + dt.timedelta(seconds=seconds), before) > before.at


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (GOOD + GOOD[:40], "line 2 has no end"),
        (GOOD[:-1], "line 1 has no end"),
        (GOOD + b"\n" + GOOD[:40] + b"\n" + GOOD, "line 3 cannot be read"),
        (GOOD.replace(b"p-00001111", b"Jo Bloggs"), "line 1 cannot be read"),
        (GOOD + GOOD.replace(b"Z", b""), "line 2 cannot be read"),
        (GOOD.replace(b"caller", b"name"), "line 1 cannot be read"),
        (GOOD + b"\xff\xfe\n", "line 2 cannot be read"),
        (b"\x00" * 64, "line 1 has no end"),
    ],
)
def test_a_damaged_list_is_refused_by_its_line(content, line):
    """Cut, mistyped or overwritten: what it said of somebody must not be passed over."""
    with pytest.raises(DamagedList, match=line):
        listed(content)


def test_an_empty_list_says_nothing():
    """It is how a list begins; blank lines are nothing either."""
    assert listed(b"") == listed(b"\n") == ()
