"""Pictures at hand: kept while nothing that they rest on grows, and never a read too long."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest

from service.behind.disclosing import Disclosed
from service.behind.histories import Histories
from service.behind.latest import Latest
from service.behind.pictures import Asked, Made, Pictures
from service.behind.registers import Registers
from service.domain.disclosure import EXACT, POLICY
from service.domain.model import first_model
from service.store.writer import Writer
from tests.strategies import made, renamed, retracted, send, system, trust, writing

ON = dt.date(2026, 11, 24)


class Reader:
    """Pictures as one process has them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.latest = Latest(pool)
        found = {one: Histories(pool, self.latest, disclosure=one) for one in (EXACT, POLICY)}
        histories = Disclosed(self.latest, found)
        self.pictures = Pictures(self.latest, histories, Registers(pool))

    async def read(self, code: str, bearer: str = "trust", known_at: int | None = None) -> Made:
        """Return a picture as known now or at a position."""
        head = (await self.latest.head()).position
        now = known_at is None
        return await self.pictures.picture(
            Asked(code, bearer, ON, head if now else known_at, now, "both", first_model())
        )


@pytest.fixture
async def log(dsn: str) -> AsyncIterator[Writer]:
    """A system with two trusts, and a trust that one of them visited."""
    async with writing(dsn) as writer:
        await send(writer, trust("RTP"), trust("RXX"), trust("RA2"), trust("RYR"), system("QXU"))
        joins = [
            made("TrustJoinedSystem", code, {"system": "QXU", "role": "host"})
            for code in ("RTP", "RXX")
        ]
        await send(writer, *joins)
        await send(writer, made("ConnectionMade", "RTP", {"kind": "visit", "with": ["RA2"]}))
        yield writer


@pytest.fixture
async def reader(dsn: str) -> AsyncIterator[Reader]:
    """A process that reads."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=4) as pool:
        yield Reader(pool)


def name(found: Made) -> str | None:
    """Return the name that a picture shows."""
    return msgspec.json.decode(found.body)["registration"]["name"]


async def test_a_picture_is_kept_while_others_grow(log, reader):
    """An append to an organisation that it does not rest on makes nothing anew."""
    first = await reader.read("RTP")
    await send(log, renamed("RYR"))
    assert await reader.read("RTP") is first


async def test_the_next_read_after_an_append_sees_it(log, reader):
    """Its own history, a retraction in it: each is in the next read, with another tag."""
    first = await reader.read("RTP")
    change = renamed("RTP", name="Renamed NHS Trust")
    await send(log, change)
    second = await reader.read("RTP")
    assert (name(second), second.tag != first.tag) == ("Renamed NHS Trust", True)
    await send(log, retracted(change))
    third = await reader.read("RTP")
    assert (name(third), third.tag != second.tag) == (name(first), True)


@pytest.mark.parametrize(
    "change",
    [
        renamed("RXX", name="Renamed NHS Trust"),
        made("TrustJoinedSystem", "RA2", {"system": "QXU", "role": "partner"}),
        made("TrustLeftSystem", "RTP", {"system": "QXU"}),
        made("SystemRenamed", "QXU", {"name": "Renamed"}),
    ],
    ids=["member", "joins", "leaves", "own"],
)
async def test_a_system_s_picture_follows_its_members(log, reader, change):
    """A member's change, who comes, who goes and its own: all is in the next read."""
    first = await reader.read("QXU", "system")
    await send(log, change)
    assert (await reader.read("QXU", "system")).body != first.body


async def test_where_a_partner_belongs_is_followed(log, reader):
    """A partner's merger changes who the partner is: it is only known by the register's part."""
    first = await reader.read("RTP")
    await send(log, made("TrustMerged", "RA2", {"into": "RYR", "kind": "merger"}))
    second = await reader.read("RTP")
    assert second is not first
    assert b"RYR" in second.body
    assert b"RYR" not in first.body


async def test_what_was_known_at_a_position_is_kept_for_ever(log, reader):
    """Appends change nothing of it, and it is the picture that was read then."""
    head = (await reader.latest.head()).position
    then = await reader.read("RTP")
    await send(log, renamed("RTP"))
    old = await reader.read("RTP", known_at=head)
    assert old.body == then.body
    await send(log, renamed("RTP"))
    assert await reader.read("RTP", known_at=head) is old


async def test_a_read_that_began_before_an_append_never_shows_it(log, reader):
    """The moment that an answer states and what it shows are the same."""
    before = (await reader.latest.head()).position
    await send(log, renamed("RTP", name="Renamed NHS Trust"))
    assert name(await reader.read("RTP")) == "Renamed NHS Trust"
    late = Asked("RTP", "trust", ON, before, True, "both", first_model())
    assert name(await reader.pictures.picture(late)) != "Renamed NHS Trust"


async def test_many_who_ask_at_once_wait_for_one(log, reader):
    """The same picture is made once, however many come while it is made."""
    found = await asyncio.gather(*(reader.read("QXU", "system") for _ in range(20)))
    assert len({id(one) for one in found}) == 1


async def test_of_a_code_of_another_kind_nothing_is_shown(log, reader):
    """A system has no trust's picture, nor has a code that nobody registered."""
    assert (await reader.read("QXU")).organisation is None
    assert (await reader.read("RZZ")).organisation is None


async def test_what_becomes_of_shared_money_is_in_the_next_read(log, reader):
    """A funder takes money back and names nobody: whoever it was for sees it all the same."""
    given = {
        "agreement": "a1", "purpose": "team", "funder": "icb", "recurrence": "recurrent",
        "from": "2024-01-01", "pence": 36500, "ring_fenced": True,
        "beneficiaries": [{"organisation": "RTP"}],
    }  # fmt: skip
    await send(log, made("FundingCommitted", "QXU", given, effective="2024-01-01"))
    first = await reader.read("RTP")
    taken = {"agreement": "a1", "from": "2025-01-01"}
    await send(log, made("FundingWithdrawn", "QXU", taken, effective="2025-01-01"))
    second = await reader.read("RTP")
    said = [msgspec.json.decode(found.body)["funding"]["live_share"] for found in (first, second)]
    assert [one["value"] for one in said] == [36500, None]
