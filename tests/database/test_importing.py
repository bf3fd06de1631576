"""Many lines are held against the log whole before the first is recorded."""

from __future__ import annotations

import io
import json
import tempfile
import uuid

import pytest

from service.domain.caller import LOCAL
from service.generator import history
from service.generator.plan import Plan
from service.store import reading
from service.submitting import importing
from tests.strategies import renamed, retracted, trust, writing


def unheard(_: int) -> None:
    """Say nothing."""


@pytest.fixture(params=["at hand", "beside"])
def held(request, monkeypatch):
    """Read lines, kept at hand or in a file beside; chunks are small."""
    monkeypatch.setattr(importing, "CHUNK", 2)
    if request.param == "beside":
        monkeypatch.setattr(importing, "KEPT", 0)
    with tempfile.TemporaryFile() as beside:

        def read(*events):
            text = b"\n\n".join(json.dumps(event).encode() for event in events)
            return importing.read(io.BytesIO(text), len(text), beside, unheard)

        yield read


FIRST = renamed(name="First")


@pytest.mark.parametrize(
    ("events", "lines"),
    [
        ([trust(), renamed(), renamed(), renamed("RA2")], [7]),
        ([trust(), FIRST, renamed(), FIRST | {"effective": "2020-01-01"}], [7]),
        ([trust(), renamed(), renamed(), trust()], [7]),
        ([trust(), FIRST, renamed(), retracted(renamed())], [7]),
        ([renamed(), FIRST, trust(), FIRST], [1, 3]),
    ],
    ids=["nobody", "another content", "registered", "no target", "too early"],
)
async def test_what_the_log_would_refuse_is_told_by_line(held, connection, events, lines):
    """Whichever chunk it stands in, and whatever of earlier chunks it rests on."""
    found = held(*events)
    assert found.faults == ()
    refused = await importing.foresee(found, connection, LOCAL, unheard)
    assert [one.line for one in refused] == lines
    assert (await reading.head(connection)).position == 0


async def test_what_was_looked_at_is_recorded(held, dsn, connection):
    """Nothing is refused of what rests on earlier chunks, and a line sent twice is known."""
    found = held(trust(), FIRST, renamed(), retracted(FIRST), FIRST)
    assert await importing.foresee(found, connection, LOCAL, unheard) == ()
    async with writing(dsn) as writer:
        done = await importing.record(found, writer, LOCAL, unheard)
    assert (done.problem, done.recorded, done.known) == (None, 4, 1)


async def test_a_generated_history_is_found_good_and_recorded_whole(dsn, connection):
    """References far apart, corrections, lines sent twice: foreseen as they are recorded."""
    text = b"".join(history.lines(Plan(7, 60, 5_000)))
    with tempfile.TemporaryFile() as beside:
        found = importing.read(io.BytesIO(text), len(text), beside, unheard)
        assert await importing.foresee(found, connection, LOCAL, unheard) == ()
        async with writing(dsn) as writer:
            done = await importing.record(found, writer, LOCAL, unheard)
    assert (done.problem, done.recorded + done.known) == (None, 5_000)


def test_wrong_lines_are_told_up_to_a_hundred(held):
    """A file with more is wrong as a whole and is not read on."""
    found = held(*[renamed(name="") for _ in range(150)])
    assert [one.line for one in found.faults] == list(range(1, 200, 2))


def test_an_id_that_comes_again_is_always_told():
    """Others are taken for such a one now and then, and seldom."""
    events = [renamed() for _ in range(2_000)]
    met = importing.Met(2_000 * importing.SHORTEST)
    ids = [uuid.UUID(str(event["id"])) for event in events]
    assert sum(map(met.again, ids)) < 100
    assert all(map(met.again, ids))
