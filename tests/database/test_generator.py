"""The log takes a generated history whole, as a file that somebody imports."""

from __future__ import annotations

import io

import pytest

from service.domain.caller import LOCAL
from service.generator import history
from service.generator.plan import Plan
from service.store import verifying
from service.submitting import exchange
from tests.strategies import STORY, writing


def unheard(_: int) -> None:
    """Say nothing."""


@pytest.mark.parametrize("plan", [Plan(3, 30, 20_000), Plan(4, 40, 6000, 0.8)])
async def test_the_log_takes_every_line_and_knows_the_doubled_ones(dsn, connection, plan):
    """Nothing is refused; a run sent twice is already recorded; a second import changes nothing."""
    lines = list(history.lines(plan))
    file = b"".join(lines)
    async with writing(dsn) as writer:
        done = await exchange.load(io.BytesIO(file), writer, LOCAL, unheard)
        again = await exchange.load(io.BytesIO(file), writer, LOCAL, unheard)
    different = len(set(lines))
    assert (done.problem, done.faults) == (None, ())
    assert (done.recorded, done.known) == (different, len(lines) - different)
    assert done.known > 0
    assert (again.recorded, again.known) == (0, len(lines))
    found = await verifying.verify(connection, progress=lambda _, __: None)
    assert (found.bad, found.position) == (None, different)


async def test_the_log_takes_a_history_in_chunks(dsn):
    """A file too long to be kept is decoded as it is recorded, chunk by chunk."""
    file = b"".join(history.lines(Plan(6, 60, 30_000)))
    async with writing(dsn) as writer:
        done = await exchange.load(io.BytesIO(file), writer, LOCAL, unheard)
    assert (done.problem, done.faults) == (None, ())
    assert done.recorded + done.known == done.read == 30_000


async def test_the_fictional_sample_and_the_story_share_a_log(dsn):
    """The demo can load both: no code of the one is a code of the other."""
    async with writing(dsn) as writer:
        for path in (STORY, STORY.with_name("fictional.ndjson")):
            with path.open("rb") as lines:
                done = await exchange.load(lines, writer, LOCAL, unheard)
            assert (done.problem, done.faults) == (None, ())
            assert done.recorded > 0
