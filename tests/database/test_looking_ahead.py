"""Large groups are decided while the last is in flight (decision 0005): nothing else may differ."""

from __future__ import annotations

import asyncio
import random

from service.domain.problems import Refused
from service.store import verifying
from service.store.writer import Writer
from tests.strategies import batch, corrected, renamed, send, trust, writing

CODES = ("RTP", "RA2", "RXX")


def large(turn: int, size: int = 90) -> list[dict]:
    """Return events enough to be decided ahead, of several organisations."""
    return [renamed(CODES[at % 3], name=f"Turn {turn}, {at}") for at in range(size)]


async def sound(connection) -> int:
    """Check that positions, versions, hashes and columns are as the bytes say; return the last."""
    found = await verifying.verify(connection, progress=lambda _, __: None)
    assert found.reason is None, found
    rows = await connection.fetch("SELECT organisation, version FROM events ORDER BY position")
    seen: dict[str, int] = {}
    for row in rows:
        seen[row["organisation"]] = seen.get(row["organisation"], 0) + 1
        assert row["version"] == seen[row["organisation"]]
    return len(rows)


async def settle(writer: Writer, groups: list[list[dict]]) -> list[object]:
    """Send batches so that each but the first comes while another is in flight."""
    sent = [asyncio.create_task(writer.append(batch(*events))) for events in groups]
    return await asyncio.gather(*sent, return_exceptions=True)


async def test_groups_that_come_during_a_flight_are_recorded_in_order(dsn, connection):
    """Each batch gets the positions after the last, without a gap, and every version counts on."""
    async with writing(dsn, most=90) as writer:
        await send(writer, *(trust(code) for code in CODES))
        answers = await settle(writer, [large(turn) for turn in range(12)])
    positions = [outcome.position for answer in answers for outcome in answer]
    assert positions == list(range(4, 4 + 12 * 90))
    assert await sound(connection) == 3 + 12 * 90


async def test_two_writers_with_large_groups_never_stand_on_a_stale_head(dsn, connection):
    """Where another process came between, what was decided ahead is decided anew."""
    async with writing(dsn, most=90) as one, writing(dsn, most=90) as other:
        await send(one, *(trust(code) for code in CODES))
        mine, theirs = await asyncio.gather(
            settle(one, [large(turn) for turn in range(10)]),
            settle(other, [large(100 + turn) for turn in range(10)]),
        )
    positions = sorted(outcome.position for answer in [*mine, *theirs] for outcome in answer)
    assert positions == list(range(4, 4 + 20 * 90))
    assert await sound(connection) == 3 + 20 * 90


async def test_a_batch_sent_again_during_its_own_flight_is_recorded_once(dsn, connection):
    """The group in flight is not in the log yet, but its ids are known to the one decided ahead."""
    twice = large(1)
    async with writing(dsn, most=90) as writer:
        await send(writer, *(trust(code) for code in CODES))
        first, again, _ = await settle(writer, [twice, twice, large(2)])
    assert [o.position for o in first] == [o.position for o in again]
    assert {o.outcome for o in first} == {"recorded"}
    assert {o.outcome for o in again} == {"already_recorded"}
    assert await sound(connection) == 3 + 180


async def test_what_is_in_flight_can_be_registered_referred_to_and_expected(dsn, connection):
    """A registration, a target and a version that are still in flight count for the next group."""
    async with writing(dsn, most=90) as writer:
        opening = [trust(code) for code in CODES] + large(1)
        about = [corrected(opening[3], name="Right", trust_type="acute"), *large(2)]
        wrong = batch(*large(3), expected={"RTP": 30})
        right = batch(*large(4), expected={"RTP": 1 + 30 + 1 + 30})
        tasks = [
            asyncio.create_task(writer.append(one))
            for one in (batch(*opening), batch(*about), wrong, right)
        ]
        done = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(done[2], Refused)
    assert done[2].problem.code == "version_mismatch"
    assert [answer[-1].position for answer in (done[0], done[1], done[3])] == [93, 184, 274]
    assert await sound(connection) == 274


async def test_a_flight_that_fails_takes_nothing_decided_ahead_with_it(dsn, connection):
    """The writer's session is ended at random moments; what was answered is there, once."""
    random.seed(11)
    async with writing(dsn, most=90) as writer:
        await send(writer, *(trust(code) for code in CODES))
        groups = [large(turn) for turn in range(20)]
        going = asyncio.create_task(settle(writer, groups))
        ended = 0
        while not going.done() and ended < 4:
            ended += await connection.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE application_name = 'capmap writer' AND state <> 'idle'"
                " AND datname = current_database()"
            )
            await asyncio.sleep(0)
        answers = await going
    kept = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert all(isinstance(a, Refused) for a in answers if isinstance(a, BaseException))
    positions = [outcome.position for answer in kept for outcome in answer]
    assert len(set(positions)) == len(positions) == 90 * len(kept)
    assert await sound(connection) >= 3 + len(positions)
