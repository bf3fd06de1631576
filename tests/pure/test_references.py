"""What an event may refer to, and whom it names by that."""

from __future__ import annotations

import datetime as dt
import uuid

import msgspec
import pytest

from service.domain.admission import Decision, Standing, Stream, decide
from service.domain.problems import Problem
from service.projections.history import Entry, facts
from tests.strategies import about, batch, made, retracted

NOW = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
UNKNOWN = "00000000-0000-0000-0000-0000000000ff"


def decided(*events) -> Decision | Problem:
    """Decide a batch on an empty log in which trusts ZT001 to ZT004 and system ZS01 are there."""
    streams = {f"ZT00{number}": Stream(1, "trust") for number in range(1, 5)}
    streams["ZS01"] = Stream(1, "system")
    wanted = frozenset(uuid.UUID(event["id"]) for event in events)
    standing = Standing(5, b"", NOW, b"k", {}, streams, {}, {}, wanted)
    return decide(batch(*events), standing, bytes(16 * len(events)))


def names(found: Decision) -> list[set[str]]:
    """Return whom each admitted event names."""
    return [set(one.named) for one in found.admitted]


def visit(code="ZT001", **more):
    """Return a connection of a trust with two others."""
    return made("ConnectionMade", code, {"kind": "buddying", "with": ["ZT002", "ZT003"]} | more)


def offer(code="ZT001"):
    """Return an offer."""
    return made("OfferMade", code, {"topic": "coaching", "capacity": 2, "until": "2027-03-31"})


def request(code="ZT002"):
    """Return a request for help."""
    return made("HelpRequested", code, {"topic": "coaching", "until": "2027-03-31"})


def match(offered, asked, code="ZS01"):
    """Return that an offer and a request were brought together."""
    return made("MatchAgreed", code, {"offer_event": offered["id"], "request_event": asked["id"]})


def test_a_reference_names_the_events_organisation_and_all_that_it_ever_named():
    """An ending is in every history that the connection is in, the corrected one's too."""
    first = visit()
    changed = about(
        "EventCorrected", first, "ZT001", reason="mistyped",
        data={"kind": "buddying", "with": ["ZT004"]},
    )  # fmt: skip
    end = made("ConnectionEnded", "ZT002", {"connection_event": first["id"]})
    found = decided(first, changed, end)
    assert {"ZT001", "ZT003", "ZT004"} == names(found)[2]


def test_a_match_names_both_organisations_and_keeps_both_events():
    """A system that brings two together is in both histories, each of which reads alone."""
    offered, asked = offer(), request()
    found = decided(offered, asked, match(offered, asked))
    assert {"ZT001", "ZT002"} == names(found)[2]
    target = found.admitted[2].stamp.target
    assert (target.type, target.organisation) == ("OfferMade", "ZT001")
    assert [(o.type, o.organisation) for o in target.others] == [("HelpRequested", "ZT002")]
    assert msgspec.json.encode(target) == found.admitted[2].target


def test_a_second_match_of_an_offer_does_not_name_the_first_ones_asker():
    """What only refers to an event passes no names on to it."""
    offered, asked, other = offer(), request(), request("ZT003")
    found = decided(offered, asked, other, match(offered, asked), match(offered, other))
    assert {"ZT001", "ZT003"} == names(found)[4]


def test_a_correction_of_a_match_names_whom_it_puts_in_their_place():
    """The events that a corrected payload refers to must be there, and are named and kept."""
    offered, asked, other = offer(), request(), request("ZT003")
    agreed = match(offered, asked)
    put = {"offer_event": offered["id"], "request_event": other["id"]}
    change = about("EventCorrected", agreed, "ZS01", reason="mistyped", data=put)
    found = decided(offered, asked, other, agreed, change)
    assert {"ZT001", "ZT002", "ZT003"} == names(found)[4]
    read = facts([Entry(a.stamp.position, a.event, a.stamp.target) for a in found.admitted])
    fact = next(fact for fact in read.facts if fact.type == "MatchAgreed")
    assert [t.organisation for t in fact.refers] == ["ZT001", "ZT003"]


def test_a_match_counts_as_confirmed_by_whom_it_refers_to():
    """The organisations of the offer and of the request are named, so they may confirm."""
    offered, asked = offer(), request()
    agreed = match(offered, asked) | {"assurance": "self_declared"}
    said = about("EventConfirmed", agreed, "ZT002")
    found = decided(offered, asked, agreed, said)
    read = facts([Entry(a.stamp.position, a.event, a.stamp.target) for a in found.admitted])
    assert next(f for f in read.facts if f.type == "MatchAgreed").confirmed_by == {"ZT002"}


WRONG = {
    "ConnectionEnded": "connection_event",
    "OfferWithdrawn": "offer_event",
    "RequestWithdrawn": "request_event",
}


@pytest.mark.parametrize(("kind", "member"), WRONG.items())
def test_a_reference_to_an_event_of_another_type_is_refused(kind, member):
    """An ending that names something else is refused at its place, with what it should name."""
    other = made("LearningShared", "ZT001", {"title": "T", "audience": "A", "about": "success"})
    found = decided(other, made(kind, "ZT001", {member: other["id"]}))
    (fault,) = found.errors
    assert (fault.pointer, fault.code) == (f"/events/1/data/{member}", "wrong_target")
    assert "LearningShared" in fault.rule


def test_a_reference_to_an_event_that_is_not_there_is_refused():
    """Both events of a match must be in the log or earlier in the batch."""
    offered = offer()
    found = decided(offered, match(offered, {"id": UNKNOWN}))
    (fault,) = found.errors
    assert (fault.pointer, fault.code) == ("/events/1/data/request_event", "unknown_event")


def test_the_reference_of_a_corrected_payload_is_judged_too():
    """A correction cannot point an ending at what is no connection."""
    first, offered = visit(), offer()
    end = made("ConnectionEnded", "ZT001", {"connection_event": first["id"]})
    put = {"connection_event": offered["id"]}
    change = about("EventCorrected", end, "ZT001", reason="mistyped", data=put)
    (fault,) = decided(first, offered, end, change).errors
    assert (fault.pointer, fault.code) == ("/events/3/data/data/connection_event", "wrong_target")


def test_an_organisation_cannot_help_itself():
    """The offer and the request of a match are of two organisations."""
    offered, asked = offer(), request("ZT001")
    (fault,) = decided(offered, asked, match(offered, asked)).errors
    assert (fault.pointer, fault.code) == ("/events/2/data/request_event", "itself")


def test_a_retraction_of_an_ending_names_whom_the_connection_names():
    """The way back reaches the same histories as the way there."""
    first = visit()
    end = made("ConnectionEnded", "ZT001", {"connection_event": first["id"]})
    assert {"ZT002", "ZT003"} == names(decided(first, end, retracted(end, "ZT001")))[2]
