"""A body into a batch, in each of its forms: JSON, a line an event, CloudEvents.

JSON is one event, a list of them, or events with the versions they expect.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct

from service.domain import codec, strict
from service.domain.faults import Fault, join
from service.domain.problems import MOST_ERRORS, Problem
from service.intake import cloudevents

MOST_EVENTS: Final = 10_000
"""A batch holds at most this many events; it is admitted whole or not at all."""
Form = Literal["json", "lines", "cloudevent", "cloudevents"]
Naming = Callable[[int], uuid.UUID]
"""Gives the id of the event at an index of a body, where it comes without one."""


class Envelope(Struct, forbid_unknown_fields=True):
    """A batch with expected versions: for each organisation the version that its stream has."""

    events: list[Raw]
    expected_versions: dict[str, int] = {}


class Parts(Struct, frozen=True):
    """What a body is made of.

    where: the pointer of its list, None for one event alone. lines: the line of each, from 1.
    """

    raws: Sequence[Raw | bytes]
    expected: dict[str, int]
    where: str | None
    lines: tuple[int, ...] = ()
    cloud: bool = False

    def placed(self, index: int, fault: Fault) -> Fault:
        """Return a fault of an event as one of the body that it came in."""
        if self.cloud:
            fault = cloudevents.placed(fault)
        if self.lines:
            return msgspec.structs.replace(fault, row=self.lines[index])
        place = "" if self.where is None else join(self.where, index)
        return msgspec.structs.replace(fault, pointer=place + fault.pointer)


class Read(Struct, frozen=True):
    """A batch that is valid in itself, with the parts that it came in."""

    events: tuple[codec.Submitted, ...]
    parts: Parts

    def placed(self, problem: Problem) -> Problem:
        """Return what the log refused with its pointers as they stand in the body."""
        errors = tuple(self._placed(fault) for fault in problem.errors)
        return msgspec.structs.replace(problem, errors=errors)

    def _placed(self, fault: Fault) -> Fault:
        _, events, index, *rest = fault.pointer.split("/", 3)
        if events != "events":
            return fault
        pointer = "".join(f"/{part}" for part in rest)
        return self.parts.placed(int(index), msgspec.structs.replace(fault, pointer=pointer))


_LIST: Final = msgspec.json.Decoder(list[Raw])
_ENVELOPE: Final = msgspec.json.Decoder(Envelope)


def read(
    body: bytes, latest: dt.date, form: Form = "json", naming: Naming | None = None
) -> Read | Problem:
    """Return the batch that a body holds, or a problem that names every fault of every event."""
    parts = _PARTS[form](body)
    if isinstance(parts, Problem):
        return parts
    if not parts.raws:
        return Problem("malformed_body", "there is no event in the batch: send at least one")
    if len(parts.raws) > MOST_EVENTS:
        detail = f"the batch has {len(parts.raws)} events; at most {MOST_EVENTS} are admitted whole"
        return Problem("body_too_large", detail)
    return _events(parts, latest, naming)


def split(body: bytes, form: Form) -> Parts | Problem:
    """Return what a body is made of, none of its events looked at yet."""
    return _PARTS[form](body)


def _json(body: bytes) -> Parts | Problem:
    start = body.lstrip()[:1]
    try:
        if start == b"[":
            return Parts(_LIST.decode(body), {}, "")
        if start == b"{" and b'"events"' in body[:200] + body[-200:] and b'"events"' in body:
            envelope = _ENVELOPE.decode(body)
            if faults := _repeated_outside(body, envelope):
                return Problem("malformed_body", "a member is given twice", tuple(faults))
            expected = {code.upper(): n for code, n in envelope.expected_versions.items()}
            return Parts(envelope.events, expected, "/events")
        if start == b"{":
            msgspec.json.decode(body, type=Raw)
            return Parts([Raw(body)], {}, None)
    except msgspec.ValidationError as error:
        return Problem("malformed_body", f"the body is not a batch: {error}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Problem("malformed_body", f"the body is not JSON in UTF-8: {error}")
    return Problem("malformed_body", "the body must be a JSON object or a list of them")


def _lines(body: bytes) -> Parts:
    numbered = [(n, line) for n, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    return Parts([line for _, line in numbered], {}, "", tuple(n for n, _ in numbered))


def _cloudevent(body: bytes) -> Parts:
    return Parts([body], {}, None, cloud=True)


def _cloudevents(body: bytes) -> Parts | Problem:
    try:
        return Parts(_LIST.decode(body), {}, "", cloud=True)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Problem("malformed_body", f"the body is not a list of CloudEvents: {error}")


_PARTS: Final[dict[Form, Callable[[bytes], Parts | Problem]]] = {
    "json": _json,
    "lines": _lines,
    "cloudevent": _cloudevent,
    "cloudevents": _cloudevents,
}


def _repeated_outside(body: bytes, envelope: Envelope) -> list[Fault]:
    """Return faults for members given twice around the events (each event is looked at itself)."""
    outside = body
    for raw in envelope.events:
        outside = outside.replace(bytes(raw), b"0", 1)
    return strict.repeated_faults(outside)


def _events(parts: Parts, latest: dt.date, naming: Naming | None) -> Read | Problem:
    events: list[codec.Submitted] = []
    faults: list[Fault] = []
    for index, raw in enumerate(parts.raws):
        found = _event(parts, index, raw, latest, naming)
        if isinstance(found, codec.Submitted):
            events.append(found)
        else:
            faults += [parts.placed(index, fault) for fault in found]
    if not faults:
        return Read(tuple(events), parts)
    more = f", of which {MOST_ERRORS} are listed" if len(faults) > MOST_ERRORS else ""
    wrong = len(parts.raws) - len(events)
    detail = f"{wrong} of {len(parts.raws)} events are not valid: {len(faults)} faults{more}"
    return Problem("invalid_events", detail, tuple(faults))


def _event(
    parts: Parts, index: int, raw: Raw | bytes, latest: dt.date, naming: Naming | None
) -> codec.Submitted | tuple[Fault, ...]:
    if parts.cloud:
        found = cloudevents.read(bytes(raw))
        return found if isinstance(found, tuple) else codec.decode(found.body, latest)
    return codec.decode(raw if naming is None else _named(raw, naming(index)), latest)


def _named(raw: Raw | bytes, key: uuid.UUID) -> Raw | bytes:
    """Return an event with an id, its own if it has one; what is no object is told elsewhere."""
    try:
        if "id" in msgspec.json.decode(raw, type=dict[str, Raw]):
            return raw
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return raw
    # The first member, as text, so that a member given twice is still seen.
    rest = bytes(raw).lstrip()[1:]
    comma = b"" if rest.lstrip().startswith(b"}") else b","
    return b'{"id":"%b"%b%b' % (str(key).encode(), comma, rest)
