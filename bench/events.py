"""The events that the bench records: three types in turn, under fictional codes."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Sequence
from typing import Final

import msgspec

from service.domain import codec
from service.domain.admission import Admitted, Batch, Decision, Standing, decide
from service.domain.caller import LOCAL
from service.domain.catalogue.context import regulator_rated
from service.domain.catalogue.culture import culture_surveyed
from service.domain.catalogue.leadership import leader_appointed
from service.domain.catalogue.register import trust_registered
from service.domain.chain import GENESIS, SALT_BYTES
from service.domain.spec import EventType

CODES: Final = tuple(f"ZT{number:03d}" for number in range(1, 51))
MIX: Final = (leader_appointed.TYPE, regulator_rated.TYPE, culture_surveyed.TYPE)
FIRST_DAY: Final = dt.date(2015, 1, 1)
DAYS: Final = 3650
SOURCE: Final = {"kind": "public", "publisher": "Bench", "reference": "generated"}


def registrations() -> list[bytes]:
    """Return the events that register the fictional trusts."""
    return [event(trust_registered.TYPE, code, FIRST_DAY) for code in CODES]


def mixed(count: int, codes: Sequence[str] = CODES) -> list[bytes]:
    """Return events of the mix, each with an id of its own, trust by trust in turn."""
    return [
        event(
            MIX[number % len(MIX)],
            codes[number % len(codes)],
            FIRST_DAY + dt.timedelta(days=number % DAYS),
        )
        for number in range(count)
    ]


def admitted(lines: list[bytes]) -> tuple[list[Admitted], dt.datetime]:
    """Return the rows that a fresh log would hold of these events, and when it recorded them."""
    latest = dt.date(2100, 12, 31)
    found = [codec.decode(line, latest) for line in lines]
    events = tuple(one for one in found if isinstance(one, codec.Submitted))
    now = dt.datetime.now(dt.UTC)
    standing = Standing(0, GENESIS, now, bytes(32), {}, {}, {}, {})
    decision = decide(Batch(events, {}, LOCAL), standing, os.urandom(SALT_BYTES * len(events)))
    if not isinstance(decision, Decision) or len(decision.admitted) != len(lines):
        raise RuntimeError(f"the bench's own events were refused: {decision}")
    return list(decision.admitted), now


def event(kind: EventType, code: str, effective: dt.date) -> bytes:
    """Return one event with its type's sample, as a client sends it."""
    return msgspec.json.encode(
        {
            "type": kind.name,
            "id": uuid.uuid4(),
            "organisation": code,
            "effective": effective,
            "data": kind.sample,
            "source": SOURCE,
            "assurance": "public_record",
        }
    )
