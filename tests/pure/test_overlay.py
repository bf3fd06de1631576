"""Events laid over histories: what a picture says of them is what it would say."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from service.projections.history import block, history, joined
from service.projections.overlay import overlaid
from tests.effort import tried
from tests.pure import stories


@settings(max_examples=tried(30))
@given(stories.stories([*stories.LEADERSHIP, *stories.SKILLS]), st.integers(0, 60))
def test_a_history_with_entries_behind_it_is_that_of_both(story, at: int) -> None:
    """For any cut of any history: laying the rest over the first part gives the whole."""
    entries, _, _ = story
    run = block(entries[:at])
    found = overlaid(run, history([run]), tuple(entries[at:]))
    whole = history([joined([block(entries)])])
    assert (found.by_type, found.unread) == (whole.by_type, whole.unread)
