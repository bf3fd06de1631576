"""What dimensions made is used again, and never when something that they read has changed."""

import datetime as dt
import itertools

import msgspec
import pytest

from service.domain.mentions import mentioned
from service.domain.model import first_model
from service.projections import system_picture, trust_picture
from service.projections.context import context
from service.projections.contribution import Contribution, contribution, settled
from service.projections.history import History, block, grown, history, joined
from service.projections.reuse import Reuse
from service.projections.system_members import scene, seats
from tests.pure.histories import histories, named
from tests.pure.samples import sample

DAY = dt.date(2025, 11, 15)
ENTRIES = sample(5, 6, 3_000)
TRUST = "ZT001"
SYSTEM = "ZS01"


def growing(steps, size):
    """Yield the sample's histories as they grow at the end: each extends the one before."""
    by_position = {entry.position: entry for entry in ENTRIES}
    streams: dict[str, list] = {}
    for entry in ENTRIES:
        for code in {entry.event.organisation} | named(entry, by_position):
            streams.setdefault(code, []).append(entry)
    start = ENTRIES[-steps * size].position
    runs = {code: block([e for e in s if e.position < start]) for code, s in streams.items()}
    said = {code: history([run]) for code, run in runs.items()}
    yield dict(said)
    edge = start
    for _ in range(steps):
        following = edge + size
        for code, stream in streams.items():
            added = block([e for e in stream if edge <= e.position < following])
            if added.entries:
                runs[code] = joined([runs[code], added])
                said[code] = grown(said[code], runs[code], added)
        edge = following
        yield dict(said)


@pytest.mark.parametrize("size", [1, 3])
def test_a_history_that_grew_says_what_one_made_anew_says(size):
    """Event by event and some at a time, corrections and confirmations among them."""
    *_, last = growing(120, size)
    for code, whole in histories(ENTRIES).items():
        if code in last:
            assert last[code] == whole


def test_what_did_not_grow_is_the_same_object():
    """Else nothing could ever be used again."""
    steps = list(growing(60, 1))
    kept = 0
    for before, after in itertools.pairwise(steps):
        for kind, group in after[TRUST].by_type.items():
            same = before[TRUST].by_type.get(kind)
            assert same is group or same != group
            kept += same is group
    assert kept > 60


def test_with_reuse_every_picture_is_what_it_is_without():
    """As a trust and its neighbours grow event by event: byte for byte, and much is used again."""
    reuse = Counting()
    for found in growing(150, 1):
        made = trust_picture.picture(TRUST, found, DAY, reuse=reuse)
        fresh = {code: anew(one) for code, one in found.items()}
        expected = trust_picture.picture(TRUST, fresh, DAY)
        assert msgspec.json.encode(made) == msgspec.json.encode(expected)
    assert reuse.again > reuse.made


def test_with_reuse_every_contribution_is_what_it_is_without():
    """What a trust gives to its systems likewise."""
    reuse, model = Reuse(), first_model()
    for found in growing(60, 2):
        made = contribution(context(TRUST, found, DAY, reuse), model)
        fresh = {code: anew(one) for code, one in found.items()}
        assert made == contribution(context(TRUST, fresh, DAY), model)


def test_with_reuse_every_system_s_picture_is_what_it_is_without():
    """As its trusts grow event by event, from contributions of which parts stay: byte for byte."""
    reuse, model = Counting(), first_model()
    kept: dict[str, Contribution] = {}
    for found in growing(60, 2):
        given = scene(SYSTEM, found, DAY)
        for code in (seat.code for seat in seats(given)):
            made = contribution(context(code, found, DAY, reuse), model)
            kept[code] = settled(made, kept[code]) if code in kept else made
        fresh = {code: anew(one) for code, one in found.items()}
        expected = system_picture.picture(SYSTEM, fresh, DAY)
        body = msgspec.json.encode(system_picture.assemble(given, kept, reuse))
        assert body == msgspec.json.encode(expected)
    assert len(kept) > 2
    assert reuse.again > reuse.made


def test_what_is_kept_has_a_bound():
    """The oldest goes first."""
    reuse = Reuse(most=2)
    objects = [object(), object(), object()]
    for number, one in enumerate(objects):
        assert reuse.get(number, (one,), lambda number=number: number) == number
    assert reuse.get(2, (objects[2],), lambda: "anew") == 2
    assert reuse.get(0, (objects[0],), lambda: "anew") == "anew"


class Counting(Reuse):
    """Counts what was made and what was used again."""

    def __init__(self):
        """Begin at nought."""
        super().__init__()
        self.made = self.again = 0

    def get(self, key, read, make):
        """Count, and return."""

        def counted():
            self.made += 1
            self.again -= 1
            return make()

        self.again += 1
        return super().get(key, read, counted)


def anew(one):
    """Return a history with nothing remembered."""
    return History(one.by_type, one.unread, one.last_position)


def test_the_sample_grows_in_many_ways():
    """The last events name the trust by facts, confirmations and corrections: all is tried."""
    last = [e for e in ENTRIES[-150:] if TRUST in {e.event.organisation} | mentioned(e.event)]
    assert len({type(entry.event) for entry in last}) > 5
