"""What the log accepts, through the writer, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from service.domain.caller import Caller
from service.domain.problems import Problem, Refused
from service.domain.roles import grant
from service.store.writer import Writer
from tests.strategies import (
    about,
    batch,
    corrected,
    income,
    made,
    renamed,
    retracted,
    send,
    system,
    trust,
    writing,
)


@pytest.fixture
async def writer(dsn: str) -> AsyncIterator[Writer]:
    """Give a writer on a fresh database."""
    async with writing(dsn) as made_:
        yield made_


async def refusal(writer: Writer, *events: dict, **more) -> Problem:
    """Return the problem with which a batch is refused."""
    with pytest.raises(Refused) as caught:
        await writer.append(batch(*events, **more))
    return caught.value.problem


async def count(connection: asyncpg.Connection) -> int:
    """Return how many events there are, and check that the head says so too."""
    rows = await connection.fetchval("SELECT count(*) FROM events")
    assert await connection.fetchval("SELECT position FROM log_head") == rows
    return rows


async def test_the_same_event_again_is_answered_with_its_first_position(writer, connection):
    """The same id with the same content is already_recorded, at its first position and hash."""
    first = trust()
    (new,) = await send(writer, first)
    await send(writer, renamed())
    (again,) = await send(writer, first)
    assert (new.position, new.outcome) == (1, "recorded")
    assert (again.position, again.hash, again.outcome) == (1, new.hash, "already_recorded")
    assert await count(connection) == 2


async def test_the_same_event_written_otherwise_is_the_same(writer, connection):
    """Order of members, spelling of codes, spaces and stated defaults make no other event."""
    first = trust("RTP")
    await send(writer, first)
    other = {name: first[name] for name in reversed(first)} | {"organisation": "rtp"}
    other |= {"precision": "day", "certain": True, "id": first["id"].upper()}
    other["data"] = first["data"] | {"name": "  Trust RTP "}
    (again,) = await send(writer, other)
    assert again.outcome == "already_recorded"


async def test_a_correction_written_otherwise_is_the_same(writer, connection):
    """Order, spaces and Unicode forms inside a correction's payload make no other event."""
    first, change = trust(), renamed(name="Wrong")
    change["data"]["trust_type"] = "acute"
    correction = corrected(change, name="Caf\u00e9", trust_type="acute")
    await send(writer, first, change, correction)
    again = json.loads(json.dumps(correction))
    again["data"]["data"] = {"trust_type": "acute", "name": " Cafe\u0301 "}
    (outcome,) = await send(writer, again)
    assert outcome.outcome == "already_recorded"


async def test_the_same_id_with_other_content_records_nothing(writer, connection):
    """An id used for something else refuses the whole batch: id_conflict."""
    first = trust()
    await send(writer, first)
    problem = await refusal(writer, renamed(), trust() | {"id": first["id"], "organisation": "RYR"})
    assert problem.code == "id_conflict"
    assert await count(connection) == 1


async def test_one_id_twice_in_a_batch(writer, connection):
    """One id twice with the same content is recorded once; with other content it is refused."""
    first = trust()
    outcomes = await send(writer, first, first)
    assert [(o.position, o.outcome) for o in outcomes] == [
        (1, "recorded"), (1, "already_recorded"),
    ]  # fmt: skip
    key = uuid.uuid4()
    two = (renamed(name="A", key=key), renamed(name="B", key=key))
    assert (await refusal(writer, *two)).code == "id_conflict"
    assert await count(connection) == 1


async def test_ids_are_looked_at_before_versions(writer):
    """A retry with the version of then is answered, not refused, and a wrong id is no 412."""
    first, change = trust(), renamed()
    await send(writer, first)
    await writer.append(batch(change, expected={"RTP": 1}))
    (again,) = await writer.append(batch(change, expected={"RTP": 1}))
    assert again.outcome == "already_recorded"
    other = change | {"data": {"name": "Else"}}
    assert (await refusal(writer, other, expected={"RTP": 1})).code == "id_conflict"


async def test_expected_versions_of_several_organisations(writer, connection):
    """All of a batch's expected versions must hold; the answer names each that does not."""
    await send(writer, trust("RTP"), trust("RYR"), renamed("RYR"))
    events = (renamed("RTP"), renamed("RYR"))
    problem = await refusal(writer, *events, expected={"RTP": 2, "RYR": 1, "RXX": 3})
    assert problem.code == "version_mismatch"
    assert all(code in problem.detail for code in ("RTP", "RYR", "RXX"))
    assert await count(connection) == 3
    problem = await refusal(writer, *events, expected={"RTP": 1, "RYR": 1})
    assert "RTP" not in problem.detail
    await writer.append(batch(*events, expected={"RTP": 1, "RYR": 2, "RXX": 0}))
    assert await count(connection) == 5


async def test_an_expected_version_of_what_is_no_code(writer, connection):
    """A name that no database takes is a mismatch of its batch and harms no other."""
    await send(writer, trust())
    wrong = batch(renamed(), expected={"A\x00": 1})
    done = await asyncio.gather(
        writer.append(wrong), writer.append(batch(renamed())), return_exceptions=True
    )
    assert done[0].problem.code == "version_mismatch"
    assert done[1][0].outcome == "recorded"


async def test_of_two_with_the_same_expected_version_one_is_recorded(writer, connection):
    """Two batches that wait together and expect the same version: the first wins."""
    await send(writer, trust())
    pair = (batch(renamed(name=n), expected={"RTP": 1}) for n in "AB")
    done = await asyncio.gather(*map(writer.append, pair), return_exceptions=True)
    assert not isinstance(done[0], Exception)
    assert isinstance(done[1], Refused)
    assert done[1].problem.code == "version_mismatch"
    assert await count(connection) == 2


async def test_a_batch_is_whole_or_not_at_all(writer, connection):
    """One refused event refuses all of its batch, also what it registered, but no other batch."""
    mixed = batch(trust(), renamed(), renamed("RYR"))
    done = await asyncio.gather(
        writer.append(mixed), writer.append(batch(trust("RXX"))), return_exceptions=True
    )
    assert isinstance(done[0], Refused)
    assert done[0].problem.errors[0].pointer == "/events/2/organisation"
    assert done[1][0].position == 1
    assert await connection.fetchval("SELECT array_agg(organisation) FROM events") == ["RXX"]


async def test_an_unregistered_code_and_a_site(writer, connection):
    """Streams are of registered organisations; a site's code is refused with its trust named."""
    fault = (await refusal(writer, renamed("RTP"))).errors[0]
    assert (fault.pointer, fault.code) == ("/events/0/organisation", "not_registered")
    await send(writer, trust())
    assert "trust RTP" in (await refusal(writer, renamed("RTP04"))).errors[0].rule


async def test_a_code_is_registered_once(writer, connection):
    """Neither as the same nor as another kind, neither later nor in the same batch."""
    await send(writer, trust("RTP"))
    assert (await refusal(writer, trust("RTP"))).code == "already_registered"
    assert (await refusal(writer, system("RTP"))).code == "already_registered"
    assert (await refusal(writer, system("QXU"), trust("QXU"))).code == "already_registered"
    assert await count(connection) == 1


async def test_a_stream_bears_only_the_types_of_its_kind(writer):
    """What is for trusts is refused for a system, and the other way round: wrong_bearer."""
    await send(writer, trust(), system())
    assert (await refusal(writer, renamed("QXU"))).code == "wrong_bearer"
    wrong = made("SystemRenamed", "RTP", {"name": "Name"})
    assert (await refusal(writer, wrong)).code == "wrong_bearer"


async def test_who_may_record(writer):
    """Only the operator records the register; others only for what their key covers."""
    await send(writer, trust("RTP"), trust("RYR"))
    theirs = Caller("key-1", (grant("submitter:RTP"),))
    assert (await refusal(writer, renamed(), caller=theirs)).code == "not_yours"
    own = made("StrategyEnded", "RTP", {"strategy": "s-1"}, assurance="self_declared")
    await writer.append(batch(own, caller=theirs))
    other = own | {"id": str(uuid.uuid4()), "organisation": "RYR"}
    assert (await refusal(writer, other, caller=theirs)).code == "not_yours"


def merged(code: str, into: str) -> dict:
    """Return a merger of one trust into another."""
    return made("TrustMerged", code, {"into": into, "kind": "merger"})


async def test_mergers_form_no_circle(writer, connection):
    """Not over several steps, in the log or the batch; a step that is retracted is open again."""
    await send(writer, *map(trust, ("RAA", "RBB", "RCC")))
    step = merged("RAA", "RBB")
    await send(writer, step)
    closing = merged("RCC", "RAA")
    assert (await refusal(writer, merged("RBB", "RCC"), closing)).code == "cycle"
    await send(writer, merged("RBB", "RCC"))
    assert (await refusal(writer, closing)).code == "cycle"
    assert await count(connection) == 5
    gone = retracted(step, "RAA")
    await send(writer, gone)
    back = retracted(gone, "RAA")
    await send(writer, back)
    assert (await refusal(writer, closing)).code == "cycle"
    await send(writer, retracted(step, "RAA"))
    await send(writer, closing)


def joined(code: str, other: str, day: str) -> dict:
    """Return a system's joining of another."""
    return made("SystemJoinedSystem", code, {"system": other}, effective=day)


def left(code: str, other: str, day: str) -> dict:
    """Return a system's leaving of another."""
    return made("SystemLeftSystem", code, {"system": other}, effective=day)


async def test_memberships_of_systems_form_no_circle(writer):
    """A membership left no longer counts; one joined again after that does."""
    await send(writer, system("QAA"), system("QBB"))
    await send(writer, joined("QAA", "QBB", "2020-04-01"))
    assert (await refusal(writer, joined("QBB", "QAA", "2026-04-01"))).code == "cycle"
    await send(writer, left("QAA", "QBB", "2021-04-01"))
    await send(writer, joined("QAA", "QBB", "2023-04-01"))
    problem = await refusal(writer, joined("QBB", "QAA", "2026-04-01"))
    assert (problem.code, problem.detail[-15:]) == ("cycle", "QBB → QAA → QBB")


async def test_a_membership_turned_round_in_one_batch(writer):
    """Joined, left and joined the other way: on no day do both hold, in a batch or a later one."""
    turned = (
        joined("QAA", "QBB", "2020-04-01"), left("QAA", "QBB", "2021-04-01"),
        joined("QBB", "QAA", "2021-04-01"),
    )  # fmt: skip
    await send(writer, system("QAA"), system("QBB"), *turned)
    assert (await refusal(writer, joined("QAA", "QBB", "2022-04-01"))).code == "cycle"
    await send(writer, left("QBB", "QAA", "2022-04-01"))
    await send(writer, joined("QAA", "QBB", "2022-04-01"))


async def test_links_of_an_earlier_batch_of_the_same_transaction_count(writer):
    """Of two that wait together and close a circle, the first is recorded."""
    await send(writer, system("QAA"), system("QBB"))
    pair = (joined("QAA", "QBB", "2020-04-01"), joined("QBB", "QAA", "2020-04-01"))
    done = await asyncio.gather(*(send(writer, one) for one in pair), return_exceptions=True)
    assert not isinstance(done[0], Exception)
    assert done[1].problem.code == "cycle"


async def test_a_correction_closes_no_circle(writer, connection):
    """Nor does the retraction of a correction, or of a retraction, whatever was sent with it."""
    await send(writer, *map(trust, ("RAA", "RBB", "RCC")))
    one, two = merged("RAA", "RBB"), merged("RBB", "RCC")
    back = corrected(two, "RBB", into="RAA", kind="merger")
    await send(writer, one, two)
    assert (await refusal(writer, back)).code == "cycle"
    away = corrected(one, "RAA", into="RCC", kind="merger")
    await send(writer, away)
    await send(writer, back)
    assert (await refusal(writer, retracted(away, "RAA"))).code == "cycle"
    gone = retracted(back, "RBB")
    await send(writer, gone, retracted(away, "RAA"))
    assert (await refusal(writer, renamed("RAA"), retracted(gone, "RBB"))).code == "cycle"
    assert await count(connection) == 9


async def test_a_poison_link_stops_no_append(writer, connection):
    """A merger that cannot be read is none, and what has to do with links is answered."""
    await send(writer, *map(trust, ("RAA", "RBB", "RCC")))
    wrong = merged("RAA", "RBB")
    await send(writer, wrong, merged("RBB", "RCC"))
    await connection.execute("ALTER TABLE events DISABLE TRIGGER USER")
    for body in (b"{", b"\xff", b"\x00"):
        await connection.execute("UPDATE events SET body = $1 WHERE position = 4", body)
        assert (await refusal(writer, merged("RCC", "RBB"))).code == "cycle"
    await send(writer, merged("RCC", "RAA"))
    await send(writer, retracted(wrong, "RAA"))


async def test_a_correction_names_an_original_in_the_log_or_the_batch(writer, connection):
    """Unknown events, corrections and retractions cannot be corrected, nor from another stream."""
    change = renamed(name="Wrong")
    problem = await refusal(writer, trust(), corrected(change, name="Right"))
    assert (problem.errors[0].pointer, problem.errors[0].code) == (
        "/events/1/data/event", "unknown_event",
    )  # fmt: skip
    correction = corrected(change, name="Right")
    await send(writer, trust(), trust("RYR"), change, correction)
    for target in (correction,):
        problem = await refusal(writer, corrected(target, name="Third"))
        assert problem.errors[0].code == "not_an_original"
    problem = await refusal(writer, corrected(change, "RYR", name="Third"))
    assert problem.errors[0].code == "other_stream"


async def test_a_retracted_event_is_corrected_only_once_its_retraction_is_taken_back(
    writer, connection
):
    """409 while a retraction is in force, whether in the log or earlier in the batch."""
    change = renamed(name="Wrong")
    gone = retracted(change)
    await send(writer, trust(), change)
    assert (await refusal(writer, gone, corrected(change, name="Right"))).code == "retracted"
    await send(writer, gone)
    assert (await refusal(writer, corrected(change, name="Right"))).code == "retracted"
    back = retracted(gone)
    await send(writer, back)
    await send(writer, corrected(change, name="Right"))
    await send(writer, retracted(back))
    assert (await refusal(writer, corrected(change, name="Again"))).code == "retracted"


async def test_a_correction_of_wrong_payload_says_where(writer, connection):
    """The corrected payload is held against its target's type; each fault has its pointer."""
    first, change = trust(), renamed()
    await send(writer, first, change)
    problem = await refusal(writer, renamed(), corrected(first, trust_type="hospital", nmae="x"))
    found = {(fault.pointer, fault.code) for fault in problem.errors}
    at = "/events/1/data/data"
    assert (f"{at}/trust_type", "not_allowed") in found
    assert (f"{at}/nmae", "unknown_member") in found
    assert (f"{at}/name", "missing") in found
    assert await count(connection) == 2


async def mentions(connection: asyncpg.Connection, position: int) -> set[str]:
    """Return the organisations that an event's row of mentions names."""
    rows = await connection.fetch("SELECT organisation FROM mentions WHERE position = $1", position)
    return {row["organisation"] for row in rows}


async def test_an_event_about_another_mentions_all_that_its_target_ever_named(writer, connection):
    """So does the retraction of a correction that had taken a name away."""
    join = made("TrustJoinedSystem", "RTP", {"system": "QAA", "role": "host"})
    correction = corrected(join, system="QBB", role="host")
    done = await send(writer, trust(), join, correction, retracted(join))
    assert await mentions(connection, done[0].position) == set()
    assert await mentions(connection, done[1].position) == {"QAA"}
    assert await mentions(connection, done[2].position) == {"QAA", "QBB"}
    assert await mentions(connection, done[3].position) == {"QAA", "QBB"}
    (later,) = await send(writer, retracted(correction))
    assert await mentions(connection, later.position) == {"QAA", "QBB"}
    target = await connection.fetchval("SELECT target FROM events WHERE position = 3")
    assert json.loads(target) == {
        "position": 2, "type": "TrustJoinedSystem", "organisation": "RTP",
    }  # fmt: skip


async def test_a_dispute_by_the_organisation_concerned(writer, connection):
    """Whoever is named may dispute in their own stream; it mentions the disputed stream."""
    join = made("TrustJoinedSystem", "RTP", {"system": "QXU", "role": "host"})
    await send(writer, trust(), trust("RYR"), system(), join)
    dispute = about("EventDisputed", join, "RYR", ground="not_ours")
    assert (await refusal(writer, dispute)).errors[0].code == "not_concerned"
    (done,) = await send(writer, about("EventDisputed", join, "QXU", ground="not_ours"))
    assert await mentions(connection, done.position) == {"RTP"}


async def test_a_days_requests_sent_again_in_any_order_change_nothing(writer, connection):
    """Every request of a day, shuffled and at once: all already_recorded, the log as it was."""
    await send(writer, trust("RTP"), trust("RYR"))
    day = [[income(c, 1000 * n + k) for k in range(n % 4 + 1)] for n in range(60) for c in ["RTP"]]
    first = {o.id: o for events in day for o in await send(writer, *events)}
    before = await connection.fetchrow("SELECT * FROM log_head")
    shuffle = random.Random(7)  # noqa: S311 - an order, no secret
    shuffle.shuffle(day)
    for events in day:
        shuffle.shuffle(events)
    again = await asyncio.gather(*(send(writer, *events) for events in day))
    for outcome in (o for outcomes in again for o in outcomes):
        assert outcome.outcome == "already_recorded"
        assert outcome.position == first[outcome.id].position
    assert await connection.fetchrow("SELECT * FROM log_head") == before


async def test_recorded_time_never_falls(writer, connection):
    """Even when the head's clock is ahead of the server's."""
    await send(writer, trust())
    await connection.execute("UPDATE log_head SET recorded_at = now() + interval '1 hour'")
    head = await connection.fetchval("SELECT recorded_at FROM log_head")
    await send(writer, renamed(), renamed())
    times = [
        r[0] for r in await connection.fetch("SELECT recorded_at FROM events ORDER BY position")
    ]
    assert times == sorted(times)
    assert times[-1] == head


@pytest.mark.parametrize("table", ["events", "mentions"])
@pytest.mark.parametrize("role", ["origin", "replica"])
async def test_the_database_refuses_to_change_the_log(writer, connection, table, role):
    """UPDATE, DELETE and TRUNCATE fail even for a superuser who plays a replica."""
    join = made("TrustJoinedSystem", "RTP", {"system": "QAA", "role": "host"})
    await send(writer, trust(), join)
    await connection.execute(f"SET session_replication_role = {role}")
    for statement in (
        f"UPDATE {table} SET organisation = 'RYR'",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
            await connection.execute(statement)
    assert await count(connection) == 2


async def test_a_poison_event_stops_no_append(writer, connection):
    """An event that cannot be read does not end the writer, and a correction is its way out."""
    join = made("TrustJoinedSystem", "RTP", {"system": "QAA", "role": "host"})
    await send(writer, trust(), join)
    await connection.execute("ALTER TABLE events DISABLE TRIGGER USER")
    await connection.execute("UPDATE events SET body = '{\"type\":' WHERE position = 2")
    async with asyncio.timeout(30):
        done = await asyncio.gather(
            send(writer, corrected(join, system="QBB", role="host")),
            send(writer, renamed()),
            return_exceptions=True,
        )
    assert [answer[0].outcome for answer in done] == ["recorded", "recorded"]
    (later,) = await send(writer, renamed())
    assert later.outcome == "recorded"


async def test_a_writer_whose_backend_is_ended_between_appends(writer, connection):
    """What was acknowledged stays, what comes next is recorded once on a fresh connection."""
    await send(writer, trust())
    sent = []
    for n in range(5):
        await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'capmap writer' AND datname = current_database()"
        )
        sent += await send(writer, income("RTP", n))
    assert [o.position for o in sent] == [2, 3, 4, 5, 6]
    assert await count(connection) == 6


async def test_a_writer_whose_backend_is_ended_in_the_middle(writer, connection):
    """Ended while it waits for the lock or works: all acknowledged is there, nothing doubled."""
    await send(writer, trust())

    async def keep_killing(done: asyncio.Event) -> int:
        killed = 0
        while not done.is_set() and killed < 12:
            killed += len(
                await connection.fetch(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'active'"
                    " AND application_name = 'capmap writer' AND datname = current_database()"
                )
            )
        return killed

    done = asyncio.Event()
    killer = asyncio.create_task(keep_killing(done))
    acknowledged: list = []
    async with asyncio.timeout(90):
        for n in range(0, 400, 20):
            results = await asyncio.gather(
                *(send(writer, income("RTP", n + k)) for k in range(20)), return_exceptions=True
            )
            for result in results:
                if isinstance(result, Refused):
                    assert result.problem.code == "unavailable"
                elif isinstance(result, BaseException):
                    raise result
                else:
                    acknowledged += result
    done.set()
    await killer
    stored = {
        r["id"]: r["position"] for r in await connection.fetch("SELECT id, position FROM events")
    }
    assert acknowledged
    assert all(stored[o.id] == o.position for o in acknowledged)
    assert sorted(stored.values()) == list(range(1, len(stored) + 1))
