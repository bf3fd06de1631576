"""Effective time is order-free: when a thing was recorded changes nothing but ties of one day."""

import itertools
import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.envelope import type_name
from service.domain.register import BY_NAME
from service.projections import trust_picture
from service.projections.history import Entry
from tests.effort import tried
from tests.pure.histories import day
from tests.pure.loading import loaded, parts
from tests.pure.samples import sample

ENTRIES = sample(21, 8, 1200)
DATES = st.dates(day("2021-01-01"), day("2026-06-30"))
SEEDS = st.integers(0, 2**32)


def shuffled(entries, seed):
    """Return entries in another order of recording, at their new positions, with the way back.

    What is about an event follows it; what is about one event, or of one key on one day, keeps
    its order.
    """
    chance = random.Random(seed)  # noqa: S311 - a test's own order
    waits, frees = {entry.position: set() for entry in entries}, {}
    for before, after in _ordered_pairs(entries):
        waits[after].add(before)
        frees.setdefault(before, set()).add(after)
    ready = [place for place, left in waits.items() if not left]
    order = []
    while ready:
        place = ready.pop(chance.randrange(len(ready)))
        order.append(place)
        for then in frees.get(place, ()):
            waits[then].discard(place)
            if not waits[then]:
                ready.append(then)
    new = {old: position for position, old in enumerate(order, 1)}
    by_position = {entry.position: entry for entry in entries}
    return [_moved(by_position[old], new) for old in order], {v: k for k, v in new.items()}


def _ordered_pairs(entries):
    """Yield positions of which the first must stay before the second."""
    groups = {}
    for entry in entries:
        if entry.target is not None:
            for target in (entry.target, *entry.target.others):
                yield target.position, entry.position
            groups.setdefault(("about", entry.target.position), []).append(entry.position)
        for tie in _ties(entry):
            groups.setdefault(tie, []).append(entry.target.position if _corrects(entry)
                                              else entry.position)  # fmt: skip
    for places in groups.values():
        yield from itertools.pairwise(sorted(set(places)))


def _corrects(entry):
    return type_name(entry.event) == "EventCorrected"


def _ties(entry):
    """Yield what an entry ties with: its ledger, key and day. A correction ties as its target."""
    kind, data = type_name(entry.event), entry.event.data
    if _corrects(entry):
        kind = entry.target.type
        data = msgspec.json.decode(bytes(data.data), type=BY_NAME[kind].payload)
    fold = BY_NAME[kind].fold
    if fold.form != "about":
        key = tuple(str(getattr(data, name, None)) for name in fold.key)
        yield entry.event.organisation, fold.ledger, key, entry.event.effective
    if kind == "TrustJoinedSystem":  # of one day the last is the host
        yield entry.event.organisation, "host", entry.event.effective


def _moved(entry, new):
    def at(target):
        return msgspec.structs.replace(
            target, position=new[target.position], others=tuple(at(one) for one in target.others)
        )

    target = at(entry.target) if entry.target else None
    return Entry(new[entry.position], entry.event, target)


def told(code, entries, on, back=None):
    """Return a picture as plain values, positions as they were before; lists without order."""
    own = parts(entries, len(entries))
    found = trust_picture.picture(code, loaded(code, own), on)
    return _plain(msgspec.to_builtins(found, str_keys=True), back or {})


def _plain(value, back):
    if isinstance(value, dict):
        if {"count", "first", "href"} <= set(value):
            return _evidence(value, back)
        return {
            name: back.get(inner, inner)
            if name.endswith("_position")
            else sorted(back.get(p, p) for p in inner)
            if name in {"disputed", "unreadable_at"}
            else _plain(inner, back)
            for name, inner in value.items()
            if name not in {"last_position", "href"}
        }
    if isinstance(value, list | tuple):
        return sorted((_plain(one, back) for one in value), key=repr)
    return value


def _evidence(value, back):
    """Return how many positions, and which unless some are left off; and what is disputed."""
    whole = value["count"] == len(value["first"])
    first = sorted(back.get(p, p) for p in value["first"]) if whole else None
    return value["count"], first, sorted(back.get(p, p) for p in value.get("disputed", ()))


CODES = sorted({e.event.organisation for e in ENTRIES if e.event.organisation.startswith("ZT")})


@settings(max_examples=tried(25), deadline=None)
@given(SEEDS, st.sampled_from(CODES), DATES)
def test_the_order_of_recording_changes_no_picture(seed, code, on):
    """Whatever order is allowed, each figure, level, list and position behind it stays."""
    other, back = shuffled(ENTRIES, seed)
    after, before = told(code, other, on, back), told(code, ENTRIES, on)
    assert {name: (after[name], was) for name, was in before.items() if after[name] != was} == {}


def test_the_other_order_is_another_one():
    """The shuffle moves most of what was recorded, and loses nothing."""
    other, back = shuffled(ENTRIES, 1)
    assert sorted(back.values()) == [entry.position for entry in ENTRIES]
    assert sum(new != old for new, old in back.items()) > len(ENTRIES) * 9 // 10
    assert {entry.event.id for entry in other} == {entry.event.id for entry in ENTRIES}
