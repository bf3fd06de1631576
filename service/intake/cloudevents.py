"""CloudEvents 1.0, structured and batched: into events, and out again.

The type says part, name and version (`uk.capmap.skills.StaffTrained.v1`), the subject is the
organisation, the time's day in London the effective date; extensions hold the rest of the envelope.
What the service adds is there on the way out and ignored on the way in. Attributes of others
(tracing, say) are ignored as well, unless they look like one of ours misspelt.

Sources: CloudEvents 1.0.2 and its JSON format; CONVENTIONS.md 14 and 22.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct

from service.domain import codec, dates, strict
from service.domain.faults import Fault, join, nearest, shown
from service.domain.register import BY_NAME
from service.domain.spec import EventType
from service.intake import keys

SPECVERSION: Final = "1.0"
_NAMES: Final = tuple(
    f"uk.capmap.{kind.part}.{kind.name}.v{kind.version}" for kind in BY_NAME.values()
)
_TYPE: Final = re.compile(r"uk\.capmap\.([a-z]+)\.([A-Za-z]+)\.v([1-9][0-9]{0,3})")
_PLACES: Final[Mapping[str, str]] = {
    "id": "/id",
    "type": "/type",
    "subject": "/organisation",
    "time": "/effective",
    "precision": "/precision",
    "certain": "/certain",
    "assurance": "/assurance",
    "sourcekind": "/source/kind",
    "sourcepublisher": "/source/publisher",
    "sourceref": "/source/reference",
    "sourceurl": "/source/url",
    "sourceedition": "/source/edition",
    "sourcerow": "/source/row",
}
"""Where an attribute stands in an event; `data` is `data` in both."""
_OF: Final = {place: name for name, place in _PLACES.items()}
_REQUIRED: Final = ("specversion", "id", "source", "type", "subject", "time", "data")
_IGNORED: Final = frozenset({
    *_REQUIRED, "datacontenttype", "dataschema", "hash", "position", "streamversion", "recordedat",
    "recordedby", "correlationid", "causationid", "partitionkey", "sequence", "sequencetype",
    "traceparent", "tracestate",
})  # fmt: skip
"""Attributes that are known and say nothing to us, beside those that are taken."""


class Found(Struct, frozen=True):
    """A CloudEvent's event as JSON, to be decoded like any other."""

    body: bytes


def read(raw: bytes) -> Found | tuple[Fault, ...]:
    """Return the event of a CloudEvent, or what is wrong with its attributes."""
    try:
        given = msgspec.json.decode(raw, type=dict[str, Raw])
        if repeated := strict.repeated_faults(raw):
            return tuple(repeated)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return (Fault("", "malformed_json", f"must be a JSON object in UTF-8: {error}"),)
    # Where an attribute is null, it is not there (the JSON format, §2.2).
    members = {name: value for name, value in given.items() if bytes(value) != b"null"}
    faults = (*_missing(members), *_unknown(members), *_wrong(members))
    return faults or _event(members)


def is_one(raw: bytes) -> bool:
    """Tell whether a JSON object is a CloudEvent: it says by which specification it is one."""
    try:
        return "specversion" in msgspec.json.decode(raw, type=dict[str, Raw])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def decode(raw: bytes, latest: dt.date) -> codec.Submitted | tuple[Fault, ...]:
    """Return the event of a CloudEvent as the codec gives it; faults name the attributes.

    latest: the last effective date that is accepted.
    """
    found = read(raw)
    if isinstance(found, tuple):
        return found
    made = codec.decode(found.body, latest)
    return made if isinstance(made, codec.Submitted) else tuple(map(placed, made))


def placed(fault: Fault) -> Fault:
    """Return a fault of the event as one of the CloudEvent's attribute."""
    pointer = fault.pointer
    if pointer != "/data" and not pointer.startswith("/data/"):
        name = _OF.get(pointer) or ("sourcekind" if pointer.startswith("/source") else None)
        pointer = join("", name) if name else pointer
    return msgspec.structs.replace(fault, pointer=pointer)


def write(line: bytes, log: uuid.UUID) -> bytes:
    """Return a recorded event, as the feed has it, as a CloudEvent in the JSON format."""
    event = msgspec.json.decode(line, type=dict[str, Raw])
    name = msgspec.json.decode(event["type"], type=str)
    kind = BY_NAME.get(name)
    part = kind.part if kind else "unknown"
    source = msgspec.json.decode(event["source"], type=dict[str, Raw])
    effective = msgspec.json.decode(event["effective"], type=str)
    whole: dict[str, object] = {
        "specversion": SPECVERSION,
        "id": event["id"],
        "source": f"urn:uuid:{log}",
        "type": f"uk.capmap.{part}.{name}.v{bytes(event['type_version']).decode()}",
        "subject": event["organisation"],
        "time": f"{effective}T00:00:00Z",
        "datacontenttype": "application/json",
        "position": int(bytes(event["position"])),
        "streamversion": int(bytes(event["version"])),
        "recordedat": event["recorded_at"],
        "recordedby": event["recorded_by"],
    }
    if "hash" in event:
        whole["hash"] = event["hash"]
    for name, place in _PLACES.items():
        outer, _, inner = place[1:].partition("/")
        value = source.get(inner) if inner else event.get(outer)
        if name not in whole and value is not None:
            whole[name] = value
    return msgspec.json.encode(whole | {"data": event["data"]})


def _missing(members: Mapping[str, Raw]) -> list[Fault]:
    rules = {"subject": "must be given: the organisation's code", "data": "must be given"}
    rules["time"] = "must be given: the day, in London, from which it is so"
    rule = "must be given, as CloudEvents 1.0 asks"
    return [
        Fault(join("", name), "missing", rules.get(name, rule))
        for name in _REQUIRED
        if name not in members
    ]


def _unknown(members: Mapping[str, Raw]) -> list[Fault]:
    """Return attributes that are probably one of ours misspelt, and data in another form."""
    found = []
    for name in members:
        if name == "data_base64":
            rule = "is not taken: data is JSON, in the member data"
            found.append(Fault(join("", name), "unknown_member", rule))
        elif name not in _PLACES and name not in _IGNORED:
            if near := nearest(name, _PLACES):
                rule = "is none of our attributes, and looks like one"
                found.append(Fault(join("", name), "unknown_member", rule, nearest=near))
    return found


def _wrong(members: Mapping[str, Raw]) -> list[Fault]:
    """Return faults of the attributes that are not handed on as they are."""
    found = []
    if "specversion" in members and _text(members["specversion"]) != SPECVERSION:
        found.append(_fault(members, "specversion", "must be 1.0"))
    found += [
        _fault(members, name, "must be text, and not empty")
        for name in ("id", "source")
        if name in members and not _text(members[name])
    ]
    if "time" in members and _day(members["time"]) is None:
        rule = "must be an RFC 3339 instant with an offset; its day in London is the effective date"
        found.append(_fault(members, "time", rule))
    if "type" in members and isinstance(_kind(members["type"]), str):
        fault = _fault(members, "type", str(_kind(members["type"])))
        found.append(msgspec.structs.replace(fault, nearest=nearest(fault.value or "", _NAMES)))
    if "datacontenttype" in members:
        if (_text(members["datacontenttype"]) or "").split(";")[0].strip() != "application/json":
            found.append(_fault(members, "datacontenttype", "must be application/json"))
    return found


def _fault(members: Mapping[str, Raw], name: str, rule: str) -> Fault:
    return Fault(join("", name), "wrong_value", rule, shown(msgspec.json.decode(members[name])))


def _kind(raw: Raw) -> EventType | str:
    """Return the type that a CloudEvent's type names, or the rule that it breaks."""
    found = _TYPE.fullmatch(_text(raw) or "")
    if found is None or found[2] not in BY_NAME:
        return "must be uk.capmap.<part>.<type>.v<version>, see /api/v1/schemas"
    kind = BY_NAME[found[2]]
    if (kind.part, kind.version) != (found[1], int(found[3])):
        return f"must be uk.capmap.{kind.part}.{kind.name}.v{kind.version}"
    return kind


def _text(raw: Raw) -> str | None:
    try:
        return msgspec.json.decode(raw, type=str)
    except msgspec.MsgspecError:
        return None


def _day(raw: Raw) -> dt.date | None:
    """Return the civil day in London of an instant; None where it is no instant with an offset."""
    try:
        instant = msgspec.json.decode(raw, type=dt.datetime)
        return dates.today(instant) if instant.tzinfo else None
    except (msgspec.MsgspecError, OverflowError):
        return None


def _event(members: Mapping[str, Raw]) -> Found:
    kind, day = _kind(members["type"]), _day(members["time"])
    assert isinstance(kind, EventType)  # noqa: S101 - looked at in _wrong, as the day
    event: dict[str, object] = {"type": kind.name, "data": members["data"], "effective": day}
    event["id"] = keys.from_source(_text(members["source"]) or "", _text(members["id"]) or "")
    source: dict[str, object] = {"kind": "own"}
    for name, place in _PLACES.items():
        outer, _, inner = place[1:].partition("/")
        if name in members and inner:
            source[inner] = members[name]
        elif name in members:
            event.setdefault(outer, members[name])
    return Found(msgspec.json.encode(event | {"source": source}))


__all__ = ["Found", "decode", "is_one", "placed", "read", "write"]
