"""What corrections, retractions, disputes and order of arrival do to a history."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.codec import Unread
from service.domain.envelope import Target
from service.projections import ledger
from service.projections.history import Entry, counts_for, facts
from tests.pure.histories import day, entries, event, histories

APPOINTED = {"post": "chief_executive", "person": "p-aaaa", "basis": "interim"}


def uid(number):
    """Uid."""
    return f"00000000-0000-0000-0000-{number:012x}"


def appointed(number=1, **changed):
    """Appointed."""
    return event("LeaderAppointed", "ZT001", "2024-01-01", number=number, **(APPOINTED | changed))


def corrected(number, of, effective="2024-02-01", organisation="ZT001", **changed):
    """Corrected."""
    data = APPOINTED | changed
    return event(
        "EventCorrected", organisation, effective, number=number,
        event=uid(of), data=data, reason="mistyped",
    )  # fmt: skip


def retracted(number, of):
    """Retracted."""
    return event(
        "EventRetracted", "ZT001", "2024-03-01", number=number, event=uid(of), reason="mistyped"
    )


def read(*events):
    """Read."""
    return facts(entries(*events)).facts


def test_a_correction_replaces_envelope_and_payload_and_keeps_the_place():
    """A correction replaces envelope and payload and keeps the place."""
    (fact,) = read(appointed(), corrected(2, of=1, basis="acting"))
    assert (fact.position, fact.positions) == (1, (1, 2))
    assert (fact.effective, fact.data.basis, fact.type) == (
        day("2024-02-01"), "acting", "LeaderAppointed",
    )  # fmt: skip


def test_the_newest_correction_in_force_counts():
    """The newest correction in force counts."""
    both = [appointed(), corrected(2, of=1, basis="acting"), corrected(3, of=1, basis="shared")]
    assert read(*both)[0].data.basis == "shared"
    assert read(*both, retracted(4, of=3))[0].data.basis == "acting"
    assert read(*both, retracted(4, of=3), retracted(5, of=2))[0].data.basis == "interim"


def test_a_retraction_of_a_retraction_takes_it_back():
    """A retraction of a retraction takes it back."""
    assert read(appointed(), retracted(2, of=1)) == ()
    assert len(read(appointed(), retracted(2, of=1), retracted(3, of=2))) == 1
    assert read(appointed(), retracted(2, of=1), retracted(3, of=2), retracted(4, of=3)) == ()


def test_a_retracted_original_takes_its_corrections_with_it():
    """A retracted original takes its corrections with it."""
    assert read(appointed(), corrected(2, of=1), retracted(3, of=1)) == ()


def test_a_correction_whose_original_is_in_another_history_makes_a_fact_at_its_place():
    """A correction whose original is in another history makes a fact at its place."""
    entry = Entry(9, corrected(2, of=1, basis="acting"), Target(4, "LeaderAppointed", "ZT001"))
    (fact,) = facts([entry]).facts
    assert (fact.position, fact.positions, fact.data.basis) == (4, (4, 9), "acting")


def test_a_correction_that_cannot_be_read_is_kept_as_unreadable():
    """A correction that cannot be read is kept as unreadable."""
    bad = event(
        "EventCorrected", "ZT001", "2024-02-01", number=2,
        event=uid(1), data={"nonsense": 1}, reason="other",
    )  # fmt: skip
    found = facts(entries(appointed(), bad))
    assert found.facts == ()
    assert [(item.position, item.type) for item in found.unread] == [(2, "LeaderAppointed")]


def test_unread_events_are_kept():
    """Unread events are kept."""
    found = facts([Entry(3, Unread("SomethingNew", "ZT001", "unknown_type"))])
    assert [(item.position, item.reason) for item in found.unread] == [(3, "unknown_type")]
    assert found.last_position == 3


def disputed(number, of):
    """Disputed."""
    return event(
        "EventDisputed", "ZT002", "2024-04-01", number=number, event=uid(of), ground="wrong_figure"
    )


def settled(number, of, outcome):
    """Settled."""
    return event(
        "DisputeSettled", "ZT002", "2024-05-01", number=number,
        dispute_event=uid(of), outcome=outcome,
    )  # fmt: skip


@pytest.mark.parametrize(("outcome", "marks"), [("rejected", ()), ("upheld", (2,))])
def test_a_dispute_marks_until_it_is_rejected(outcome, marks):
    """A dispute marks until it is rejected."""
    assert read(appointed(), disputed(2, of=1))[0].disputed == (2,)
    assert read(appointed(), disputed(2, of=1), settled(3, 2, outcome))[0].disputed == marks


def confirmed(number, of):
    """Confirmed."""
    return event("EventConfirmed", "ZT002", "2023-01-01", number=number, event=uid(of))


def test_a_confirmation_counts_by_position_while_the_confirmer_is_still_named():
    """A confirmation counts by position while the confirmer is still named."""
    shared = event(
        "LeaderAppointed", "ZT001", "2024-01-01", "self_declared", 1,
        **(APPOINTED | {"basis": "shared", "shared_with": ["ZT002"]}),
    )  # fmt: skip
    (before,) = read(shared)
    assert not counts_for(before, "ZT002")
    (after,) = read(shared, confirmed(2, of=1))
    assert after.confirmed_by == {"ZT002"}
    assert counts_for(after, "ZT002")
    gone = corrected(3, of=1, basis="shared", shared_with=["ZT003"])
    assert read(shared, confirmed(2, of=1), gone)[0].confirmed_by == frozenset()


def test_a_correction_reaches_the_history_of_whom_it_no_longer_names():
    """A correction reaches the history of whom it no longer names."""
    shared = appointed(basis="shared", shared_with=["ZT002"])
    found = histories(entries(shared, corrected(2, of=1)))
    assert found["ZT002"].facts[0].positions == (1, 2)


JOINS = st.lists(
    st.tuples(
        st.sampled_from(["ProgrammeJoined", "ProgrammeLeft"]),
        st.sampled_from(["qsir", "lean"]),
        st.dates(dt.date(2020, 1, 1), dt.date(2020, 2, 1)),
    ),
    max_size=12,
)


def programme(kind, name, effective):
    """Programme."""
    more = {"kind": "improvement"} if kind == "ProgrammeJoined" else {"reason": "withdrawn"}
    return event(kind, "ZT001", effective.isoformat(), programme=name, **more)


@given(JOINS, st.randoms(use_true_random=False))
def test_a_ledger_does_not_depend_on_the_order_of_arrival(items, random):
    """A ledger does not depend on the order of arrival."""
    made = list(facts(entries(*(programme(*item) for item in items))).facts)
    shuffled = made[:]
    random.shuffle(shuffled)
    assert ledger.ordered(shuffled) == ledger.ordered(made)
    assert ledger.intervals(shuffled) == ledger.intervals(made)


@given(JOINS)
def test_intervals_of_one_key_never_overlap(items):
    """Intervals of one key never overlap."""
    made = facts(entries(*(programme(*item) for item in items))).facts
    found = ledger.intervals(made)
    for key in {item.key for item in found}:
        own = [item for item in found if item.key == key]
        assert all(a.end is not None and a.end <= b.start for a, b in itertools.pairwise(own))


def test_the_higher_position_wins_on_one_day():
    """The higher position wins on one day."""
    joined = programme("ProgrammeJoined", "qsir", dt.date(2020, 1, 1))
    left = programme("ProgrammeLeft", "qsir", dt.date(2020, 1, 1))
    assert ledger.intervals(read(joined, left)) == ()
    assert len(ledger.intervals(read(left, joined))) == 1
