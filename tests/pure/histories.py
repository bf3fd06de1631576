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
from service.domain.references import references
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
    """Return an entry with the events that it refers to, as the log adds them."""
    found = [by_id[named.id] for named in references(entry.event) if named.id in by_id]
    if not found:
        return entry
    first, *others = (Target(e.position, type_name(e.event), e.event.organisation) for e in found)
    return Entry(entry.position, entry.event, msgspec.structs.replace(first, others=tuple(others)))


def histories(made):
    """The history of each organisation: its own events and those that mention it."""
    by_position = {entry.position: entry for entry in made}
    found = {}
    for entry in made:
        for code in {entry.event.organisation} | named(entry, by_position):
            found.setdefault(code, []).append(entry)
    return {code: facts(items) for code, items in found.items()}


def named(entry, by_position):
    """Return the codes that an entry names, by itself and by what it refers to."""
    if entry.target is None:
        return mentioned(entry.event)
    codes = mentioned(entry.event, entry.target.type)
    for target in (entry.target, *entry.target.others):
        other = by_position[target.position]
        codes |= {other.event.organisation} | named(other, by_position)
    return codes


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
