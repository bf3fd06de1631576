"""The salted chain: what its hash covers."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import msgspec
import pytest

from service.domain import chain
from service.domain.envelope import Stamp, Target
from tests.strategies import decoded, renamed

STAMP = Stamp(5, 2, dt.datetime(2026, 7, 1, 12, 0, 0, 5, tzinfo=dt.UTC), "k-1", 1, None)


def test_stored_bytes_are_the_event_with_what_the_service_adds():
    """They are JSON: what was submitted, then position, version, time, author and target."""
    body = decoded(renamed()).body
    target = msgspec.json.encode(Target(3, "TrustChanged", "RTP"))
    whole = json.loads(chain.stored(body, STAMP, target))
    added = {
        "type_version": 1, "position": 5, "version": 2, "recorded_by": "k-1",
        "recorded_at": "2026-07-01T12:00:00.000005Z",
        "target": {"position": 3, "type": "TrustChanged", "organisation": "RTP"},
    }  # fmt: skip
    assert whole == json.loads(body) | added
    assert "target" not in json.loads(chain.stored(body, STAMP, None))


def test_a_link_is_as_the_design_says():
    """Hash = sha256(previous, sha256(salt, stored bytes)): anybody can compute it again."""
    leaf = hashlib.sha256(b"s" * 16 + b"bytes").digest()
    expected = hashlib.sha256(chain.GENESIS + leaf).digest()
    assert chain.link(chain.GENESIS, b"s" * 16, b"bytes") == expected


@pytest.mark.parametrize(
    "change",
    [
        {"position": 6}, {"version": 3}, {"recorded_by": "k-2"}, {"type_version": 2},
        {"recorded_at": STAMP.recorded_at + dt.timedelta(microseconds=1)},
    ],
    ids=str,
)  # fmt: skip
def test_every_added_member_is_covered(change):
    """Another position, version, author, type version or microsecond is another hash."""
    body = decoded(renamed()).body
    other = msgspec.structs.replace(STAMP, **change)
    one, two = (chain.stored(body, stamp, None) for stamp in (STAMP, other))
    assert chain.link(chain.GENESIS, b"", one) != chain.link(chain.GENESIS, b"", two)


def test_instants_are_in_utc_with_microseconds():
    """Whatever the offset of what is given, and with zeros written out."""
    summer = dt.timezone(dt.timedelta(hours=1))
    moment = dt.datetime(2026, 7, 1, 0, 30, tzinfo=summer)
    assert chain.instant(moment) == "2026-06-30T23:30:00.000000Z"
