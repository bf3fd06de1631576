"""From bytes to events: canonical form, repeated members, and one opinion on what is valid."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, example, given, settings

from service.domain import codec, explain
from service.submitting import exchange
from tests.effort import tried
from tests.strategies import LATEST, decoded, mutated, renamed, samples, trust


@pytest.mark.parametrize("event", samples(), ids=lambda event: event["type"])
def test_the_canonical_form_is_its_own(event):
    """Decoding canonical bytes again gives the same bytes."""
    body = decoded(event).body
    again = codec.decode(body, LATEST)
    assert isinstance(again, codec.Submitted)
    assert again.body == body


@pytest.mark.parametrize("event", samples(), ids=lambda event: event["type"])
def test_layout_and_stated_defaults_do_not_matter(event):
    """Spaces, order of members and defaults written out give the same canonical bytes."""
    other = {name: event[name] for name in reversed(event)} | {"precision": "day", "certain": True}
    raw = json.dumps(other, indent=2).encode()
    found = codec.decode(raw, LATEST)
    assert isinstance(found, codec.Submitted)
    assert found.body == decoded(event).body


@settings(max_examples=tried(500), deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
@example(json.dumps(trust()).encode("utf-16"))
@example(b"\xef\xbb\xbf" + json.dumps(trust()).encode())
@example(json.dumps(trust(data={"name": "\ud800"})).encode())
@example(json.dumps(trust(effective="\ud800")).encode())
@example(json.dumps(trust(certain=float("nan"))).encode())
@example(b"[" * 100_000)
@example(b"\xff")
@example(b"")
def test_the_explanation_agrees_with_the_decoder(raw):
    """An event has faults exactly when it is not accepted, and a refusal always says why."""
    found = codec.decode(raw, LATEST)
    faults = explain.faults(raw, LATEST)
    if isinstance(found, codec.Submitted):
        assert faults == ()
        assert codec.decode(found.body, LATEST).body == found.body
    else:
        assert found
        assert faults == found


def test_a_number_that_is_none_is_refused_with_a_reason():
    """NaN and Infinity are no JSON, whatever Python thinks."""
    sample = next(e for e in samples() if e["type"] == "CultureSurveyed")
    for word in (float("nan"), float("inf")):
        raw = json.dumps(sample | {"data": sample["data"] | {"percent_positive": word}}).encode()
        found = codec.decode(raw, LATEST)
        assert isinstance(found, tuple)
        assert found


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ('"certain": true', '"certain": true, "certain": true', "certain"),
        ('"certain": true', '"certain": true, "\\u0063ertain": true', "certain"),
        ('"name": "Other"', '"name": "x", "name": "Other"', "name"),
        ('"name": "Other"', '"n\\u0061me": "x", "name": "Other"', "name"),
        ('"name": "Other"', '"name": "precision", "name": "Other"', "name"),
        ('"name": "Other"', '"name": "certain", "name": "Other"', "name"),
        ('"name": "Other"', '"name": "a: b", "name": "Other"', "name"),
        ('"name": "Other"', '"name": null, "name": "Other"', "name"),
        ('"kind": "public"', '"kind": "own", "kind": "public"', "kind"),
        ('"organisation": "RTP"', '"organisation": "RTP", "organisation": "RYR"', "organisation"),
    ],
)
def test_a_member_given_twice_is_refused_by_name(old, new, name):
    """At any depth, with equal values too, and with its name hidden behind escapes."""
    raw = json.dumps(renamed(certain=True)).replace(old, new)
    found = codec.decode(raw.encode(), LATEST)
    assert isinstance(found, tuple)
    assert ("repeated_member", name) in {(fault.code, fault.value) for fault in found}


def test_a_member_given_twice_in_a_corrections_payload_is_refused():
    """The payload of a correction is read as strictly as any other."""
    sample = next(e for e in samples() if e["type"] == "EventCorrected")
    sample["data"]["data"] = {"name": "Other"}
    raw = json.dumps(sample).replace('"name": "Other"', '"name": "x", "name": "Other"')
    found = codec.decode(raw.encode(), LATEST)
    assert isinstance(found, tuple)
    assert found[0].code == "repeated_member"


def test_colons_and_backslashes_in_values_are_no_repetition():
    """What only looks like a member is none."""
    for name in ('a "b": c', "a:b:c", "back\\slash", "precision"):
        assert isinstance(
            codec.decode(json.dumps(renamed(name=name)).encode(), LATEST), codec.Submitted
        )


def test_what_the_service_adds_is_refused_by_the_codec_and_dropped_by_import():
    """`position`, `hash` and the like are refused on POST and left out of an imported line."""
    event = renamed()
    raw = json.dumps(event | {"position": 7, "hash": "00"}, separators=(",", ":")).encode()
    found = codec.decode(raw, LATEST)
    assert isinstance(found, tuple)
    assert {(f.pointer, f.code) for f in found} == {
        ("/position", "service_member"), ("/hash", "service_member"),
    }  # fmt: skip
    assert exchange.decode(raw, LATEST).body == decoded(event).body


@pytest.mark.parametrize(
    ("name", "version", "body", "reason"),
    [
        ("FutureThing", 1, b"{}", "unknown_type"),
        ("TrustChanged", 99, b"{}", "unknown_version"),
        ("TrustChanged", 0, b"{}", "unknown_version"),
        ("TrustChanged", 1, b"{}", "unreadable"),
        ("TrustChanged", 1, b"\xff\x00", "unreadable"),
        ("TrustChanged", 1, b"[" * 5000, "unreadable"),
    ],
)
def test_what_cannot_be_read_is_a_value(name, version, body, reason):
    """A stored event of a newer release, or poison, is Unread with its reason."""
    assert codec.read(body, name, version, "RTP") == codec.Unread(name, "RTP", reason)


def test_a_member_given_twice_in_an_imported_line_is_refused():
    """Dropping what the service adds hides no repetition, of its members or the others."""
    event = renamed()
    line = json.dumps(event | {"position": 7}, separators=(",", ":"))
    assert isinstance(exchange.decode(line.encode(), LATEST), codec.Submitted)
    for old in ('"organisation":"RTP"', '"position":7'):
        twice = line.replace(old, f"{old},{old}")
        found = exchange.decode(twice.encode(), LATEST)
        assert isinstance(found, tuple)
        assert found[0].code == "repeated_member"
