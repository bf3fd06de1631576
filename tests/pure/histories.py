"""Making events, entries and histories for tests, and reading the story."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from importlib import resources

import msgspec

from service.domain import codec
from service.domain.envelope import Target, type_name
from service.domain.mentions import mentioned
from service.domain.register import ENVELOPES
from service.projections.history import Entry, facts


def day(text):
    """Day."""
    return dt.date.fromisoformat(text)


def event(type_, organisation, effective, assurance="public_record", number=None, **data):
    """Event."""
    members = {
        "type": type_,
        "id": str(uuid.UUID(int=number) if number else uuid.uuid4()),
        "organisation": organisation,
        "effective": effective,
        "data": data,
        "source": {"kind": "public"},
        "assurance": assurance,
    }
    return msgspec.json.decode(msgspec.json.encode(members), type=ENVELOPES[type_])


def entries(*events, start=1):
    """Entries in order; what is about an event of the list gets its target, as the log gives it."""
    made = [Entry(position, found) for position, found in enumerate(events, start)]
    by_id = {entry.event.id: entry for entry in made}
    return [with_target(entry, by_id) for entry in made]


def with_target(entry, by_id):
    """With target."""
    named = getattr(entry.event.data, "event", None) or getattr(
        entry.event.data, "dispute_event", None
    )
    found = by_id.get(named)
    if found is None:
        return entry
    target = Target(found.position, type_name(found.event), found.event.organisation)
    return Entry(entry.position, entry.event, target)


def histories(made):
    """The history of each organisation: its own events and those that mention it."""
    by_position = {entry.position: entry for entry in made}
    found = {}
    for entry in made:
        named = {entry.event.organisation} | mentioned(entry.event)
        target = entry.target
        while target is not None:
            other = by_position[target.position]
            named |= {other.event.organisation} | mentioned(other.event)
            target = other.target
        for code in named:
            found.setdefault(code, []).append(entry)
    return {code: facts(items) for code, items in found.items()}


def story(known_at=None):
    """Story."""
    raw = resources.files("service.story").joinpath("surrey-and-sussex.ndjson").read_bytes()
    made = []
    for position, line in enumerate(raw.splitlines(), 1):
        members = json.loads(line)
        read = codec.read(line, members["type"], 1, members["organisation"])
        if known_at is None or position <= known_at:
            made.append(Entry(position, read))
    return histories(made)
