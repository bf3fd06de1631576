"""Packs: blocks as bytes and back, and histories cut where they were known."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.codec import Unread
from service.domain.register import BY_NAME
from service.projections.context import context
from service.projections.history import Entry, block, cut, facts, grown, history, joined
from service.projections.ledger import timeline
from service.projections.packing import pack, unpack
from tests.pure.histories import entries, event, story_entries
from tests.strategies import samples


def of_all_types() -> list[Entry]:
    """Return an entry for each valid case of each type."""
    made = [
        event(one["type"], one["organisation"], one["effective"], **one["data"])
        for one in samples()
    ]
    return entries(*made)


def told_about() -> list[Entry]:
    """Return facts that were corrected, retracted, taken back, disputed, settled and confirmed."""
    names = iter(range(1, 100))

    def said(type_, **data):
        return event(type_, "ZT001", "2024-01-01", number=next(names), **data)

    def about(type_, target, **data):
        return said(type_, event=str(uuid.UUID(int=target)), reason="mistyped", **data)

    joined = {"kind": "visit", "with": ["ZT002"]}
    led = {"post": "chair", "person": "p-1234", "basis": "interim"}
    return entries(
        said("ConnectionMade", **joined),
        said("LeaderAppointed", **led),
        said("LeaderAppointed", **led | {"post": "chief_nurse"}),
        about("EventCorrected", 2, data=led | {"basis": "acting"}),
        about("EventRetracted", 3),
        event("EventConfirmed", "ZT002", "2024-02-01", number=next(names),
              event=str(uuid.UUID(int=1))),
        event("EventDisputed", "ZT001", "2024-02-01", number=next(names),
              event=str(uuid.UUID(int=2)), ground="wrong_date"),
        about("EventRetracted", 5),
        about("EventRetracted", 4),
        event("DisputeSettled", "ZT001", "2024-03-01", number=next(names),
              dispute_event=str(uuid.UUID(int=7)), outcome="upheld"),
        about("EventCorrected", 1, data=joined | {"kind": "seminar"}),
        event("EventConfirmed", "ZT003", "2024-02-01", number=next(names),
              event=str(uuid.UUID(int=1))),
    )  # fmt: skip


STORY = story_entries()
TOLD = told_about()
ALL_TYPES = of_all_types()


def cuts(size: int) -> st.SearchStrategy[list[int]]:
    """Draw where a history is cut into blocks."""
    return st.lists(st.integers(0, size), max_size=6).map(sorted)


@pytest.mark.parametrize("made", [STORY, of_all_types(), TOLD], ids=["story", "types", "told"])
def test_a_block_comes_back_from_its_pack_as_it_was(made):
    """Every type of the catalogue, corrections and all; packed again it gives the same bytes."""
    run = block(made)
    data = pack(run)
    assert unpack(data) == run
    assert pack(unpack(data)) == data


@pytest.mark.parametrize("kind", sorted(BY_NAME))
def test_a_payload_from_a_pack_equals_the_one_that_was_recorded(kind):
    """Whichever stands first, in a set too, and it is not equal to one that says another thing."""
    for entry in (one for one in ALL_TYPES if one.event.data.__class__.__name__ == kind):
        run = block([entry])
        if kind in run.facts:
            ((before,), (after,)) = run.facts[kind], unpack(pack(run)).facts[kind]
            assert before.data == after.data
            assert after.data == before.data
            assert (before.data != after.data) is (after.data != before.data) is False
            assert len({before.data, after.data}) == 1
            assert after.data != object()
            assert all(after.data != fact.data for fact in others(kind, before))


def others(kind, fact):
    """Yield facts of a type that say something else, as packs give them."""
    found = unpack(pack(block(ALL_TYPES))).facts[kind]
    payload = msgspec.json.encode(fact.data)
    return (one for one in found if msgspec.json.encode(one.data) != payload)


def test_what_cannot_be_read_stays_in_its_pack():
    """Unknown types and poison are kept with their reasons."""
    made = [*STORY, Entry(999, Unread("SomethingNew", "RTP", "unknown_type"))]
    assert unpack(pack(block(made))).unread == block(made).unread != ()


@pytest.mark.parametrize("made", [STORY, TOLD], ids=["story", "told"])
@given(data=st.data())
def test_a_history_in_blocks_is_the_history_in_one(made, data):
    """Wherever it is cut, packed or not: what is about an event of another block applies too."""
    edges = [0, *data.draw(cuts(len(made))), len(made)]
    parts = [made[a:b] for a, b in itertools.pairwise(edges)]
    blocks = [unpack(pack(block(part))) for part in parts if part]
    assert history(blocks) == facts(made)


@pytest.mark.parametrize("made", [STORY, TOLD], ids=["story", "told"])
@given(data=st.data())
def test_a_history_that_grew_puts_facts_in_order_as_one_made_anew(made, data):
    """However it grew: own facts of a type and of two, and timelines, asked for at every step."""
    edges = [0, *data.draw(cuts(len(made))), len(made)]
    run, said = block([]), history([])
    for start, end in itertools.pairwise(edges):
        added = block(made[start:end])
        run = joined([run, added])
        said = grown(said, run, added)
        assert put_in_order(said) == put_in_order(facts(made[:end]))


def put_in_order(said):
    """Return all that a history remembers as sorted: own facts by body, timelines by type."""
    bodies = {fact.organisation for fact in said.facts}
    pairs = list(itertools.pairwise(sorted(said.by_type)))
    contexts = {code: context(code, {code: said}, dt.date(2025, 1, 1)) for code in bodies}
    own = {code: one.own_by_type for code, one in contexts.items()}
    both = {(code, pair): one.own(*pair) for code, one in contexts.items() for pair in pairs}
    return own, both, {kind: timeline(said, kind) for kind in said.by_type}


@pytest.mark.parametrize("made", [STORY, TOLD], ids=["story", "told"])
@given(data=st.data())
def test_a_block_cut_at_a_position_is_what_was_known_there(made, data):
    """As known at p, a history is its prefix up to p, last position and all."""
    position = data.draw(st.integers(0, len(made) + 3))
    known = [entry for entry in made if entry.position <= position]
    assert history([cut(block(made), position)]) == facts(known)


def test_bytes_that_are_no_pack_are_refused():
    """A damaged pack is an error of its own, never half a history."""
    data = pack(block(STORY))
    with pytest.raises(msgspec.MsgspecError):
        unpack(data[: len(data) // 2])
