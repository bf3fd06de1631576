"""A JSON body into a batch: one event, a list of them, or events with the versions they expect."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from msgspec import Raw, Struct

from service.domain import codec, strict
from service.domain.faults import Fault, join
from service.domain.problems import MOST_ERRORS, Problem

MOST_EVENTS: Final = 10_000
"""A batch holds at most this many events; it is admitted whole or not at all."""


class Envelope(Struct, forbid_unknown_fields=True):
    """A batch with expected versions: for each organisation the version that its stream has."""

    events: list[Raw]
    expected_versions: dict[str, int] = {}


class Read(Struct, frozen=True):
    """A batch that is valid in itself; where: the pointer of its list, None for one event alone."""

    events: tuple[codec.Submitted, ...]
    expected: dict[str, int]
    where: str | None

    def placed(self, problem: Problem) -> Problem:
        """Return what the log refused with its pointers as they stand in the body."""
        errors = tuple(self._placed(fault) for fault in problem.errors)
        return msgspec.structs.replace(problem, errors=errors)

    def _placed(self, fault: Fault) -> Fault:
        _, events, index, *rest = fault.pointer.split("/", 3)
        if events != "events":
            return fault
        pointer = _place(self.where, int(index)) + "".join(f"/{part}" for part in rest)
        return msgspec.structs.replace(fault, pointer=pointer)


_LIST: Final = msgspec.json.Decoder(list[Raw])
_ENVELOPE: Final = msgspec.json.Decoder(Envelope)


def read(body: bytes, latest: dt.date) -> Read | Problem:
    """Return the batch that a body holds, or a problem that names every fault of every event."""
    parts = _parts(body)
    if isinstance(parts, Problem):
        return parts
    raws, expected, where = parts
    if not raws:
        return Problem("malformed_body", "there is no event in the batch: send at least one")
    if len(raws) > MOST_EVENTS:
        detail = f"the batch has {len(raws)} events; at most {MOST_EVENTS} are admitted whole"
        return Problem("body_too_large", detail)
    return _events(raws, {code.upper(): n for code, n in expected.items()}, where, latest)


def _place(where: str | None, index: int) -> str:
    return "" if where is None else join(where, index)


def _parts(body: bytes) -> tuple[list[Raw], dict[str, int], str | None] | Problem:
    """Return the events, the expected versions, and the pointer of the list that holds them."""
    start = body.lstrip()[:1]
    try:
        if start == b"[":
            return _LIST.decode(body), {}, ""
        if start == b"{" and b'"events"' in body[:200] + body[-200:] and b'"events"' in body:
            envelope = _ENVELOPE.decode(body)
            if faults := _repeated_outside(body, envelope):
                return Problem("malformed_body", "a member is given twice", tuple(faults))
            return envelope.events, envelope.expected_versions, "/events"
        if start == b"{":
            msgspec.json.decode(body, type=Raw)
            return [Raw(body)], {}, None
    except msgspec.ValidationError as error:
        return Problem("malformed_body", f"the body is not a batch: {error}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Problem("malformed_body", f"the body is not JSON in UTF-8: {error}")
    return Problem("malformed_body", "the body must be a JSON object or a list of them")


def _repeated_outside(body: bytes, envelope: Envelope) -> list[Fault]:
    """Return faults for members given twice around the events (each event is looked at itself)."""
    outside = body
    for raw in envelope.events:
        outside = outside.replace(bytes(raw), b"0", 1)
    return strict.repeated_faults(outside)


def _events(
    raws: list[Raw], expected: dict[str, int], where: str | None, latest: dt.date
) -> Read | Problem:
    events: list[codec.Submitted] = []
    faults: list[Fault] = []
    for index, raw in enumerate(raws):
        found = codec.decode(raw, latest)
        if isinstance(found, codec.Submitted):
            events.append(found)
        else:
            base = _place(where, index)
            faults += [msgspec.structs.replace(f, pointer=base + f.pointer) for f in found]
    if not faults:
        return Read(tuple(events), expected, where)
    more = f", of which {MOST_ERRORS} are listed" if len(faults) > MOST_ERRORS else ""
    wrong = len(raws) - len(events)
    detail = f"{wrong} of {len(raws)} events are not valid: {len(faults)} faults{more}"
    return Problem("invalid_events", detail, tuple(faults))
