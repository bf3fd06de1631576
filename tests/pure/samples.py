"""Generated histories as entries at the positions that a fresh log would give them."""

import functools

from service.domain import codec
from service.generator import history
from service.generator.plan import Plan
from service.projections.history import Entry
from tests.pure.histories import with_target
from tests.strategies import LATEST


@functools.cache
def sample(seed, trusts, events, late=0.3):
    """Return a generated history, made once; lines that were sent twice stand in it once."""
    found, by_id = [], {}
    for line in history.lines(Plan(seed, trusts, events, late)):
        event = codec.decode(line.rstrip(b"\n"), LATEST).event
        if event.id not in by_id:
            entry = with_target(Entry(len(found) + 1, event), by_id)
            by_id[event.id] = entry
            found.append(entry)
    return tuple(found)
