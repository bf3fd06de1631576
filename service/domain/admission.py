"""Admission: what the log makes of a batch, decided from what the log knows. Pure.

Order of questions (DESIGN.md, invariants 3 and 4): ids first, then versions, then each event
against the register and what it refers to. A batch is admitted whole or not at all.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import ChainMap
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec
from msgspec import Struct

from service.domain import access, chain, corrections, disclosure, links, targets
from service.domain.caller import Caller
from service.domain.codec import Submitted
from service.domain.envelope import Event, Stamp, Target, type_name
from service.domain.problems import Problem, invalid_event
from service.domain.references import Reference, reference, references
from service.domain.referred import Referred, all_named, remember
from service.domain.register import BY_NAME, kind_of
from service.domain.spec import EventType

REGISTRATIONS: Final[dict[str, Literal["trust", "system"]]] = {
    "TrustRegistered": "trust",
    "SystemEstablished": "system",
}
_LINKED: Final = links.ORIGINALS | links.CHANGES


class Receipt(Struct, frozen=True):
    """Where the outcome of a batch is kept, in the very transaction that records its events.

    form: `whole`, all events or none; `apart`, those that the log refuses leave the others.
    """

    upload: uuid.UUID
    chunk: int
    form: Literal["whole", "apart"]


class Batch(Struct, frozen=True):
    """What one request submits: events in order, versions it expects, and who sends it."""

    events: tuple[Submitted, ...]
    expected: Mapping[str, int]
    caller: Caller
    receipt: Receipt | None = None


class Seen(Struct, frozen=True, gc=False):
    """An event that is in the log: where, under which hash, and its canonical bytes."""

    position: int
    hash: bytes
    body: bytes


class Stream(Struct, frozen=True, gc=False):
    """An organisation's stream: its version and what kind of body bears it."""

    version: int
    bearer: Literal["trust", "system"]


class Standing(Struct):
    """What the log knows that a group of batches needs; grows as batches are admitted."""

    position: int
    hash: bytes
    now: dt.datetime
    secret: bytes
    seen: dict[uuid.UUID, Seen]
    streams: dict[str, Stream]
    referred: dict[uuid.UUID, Referred]
    links: dict[str, list[links.Told]]
    """What was told of mergers and memberships of systems, by organisation, in order."""
    wanted: frozenset[uuid.UUID] = frozenset()
    """Ids that events of the group refer to: only these are remembered for the rest of it."""


class Admitted(Struct, frozen=True, gc=False):
    """One event as the log will hold it."""

    event: Event
    type: str
    body: bytes
    stamp: Stamp
    about: uuid.UUID | None
    target: bytes | None
    disclosed: bytes | None
    salt: bytes
    hash: bytes
    named: frozenset[str]


class Outcome(Struct, frozen=True, gc=False):
    """What became of one event of a batch."""

    id: uuid.UUID
    position: int
    hash: str
    outcome: Literal["recorded", "already_recorded"]


class Decision(Struct, frozen=True):
    """A batch's outcomes in its order, and the events to insert; refused: by place, if apart."""

    outcomes: tuple[Outcome, ...]
    admitted: tuple[Admitted, ...]
    refused: Mapping[int, Problem] = MappingProxyType({})


def decide(batch: Batch, standing: Standing, salts: bytes) -> Decision | Problem:
    """Admit a batch into the standing, or say why not and leave the standing as it was.

    salts: 16 random bytes for each event.
    """
    # As integers: a UUID's own hash is computed in Python, for every event of every batch.
    keys = {submitted.event.id.int for submitted in batch.events}
    fresh = len(keys) == len(batch.events) and not any(key.int in keys for key in standing.seen)
    problem = None if fresh else _id_conflict(batch, standing)
    if problem := problem or _version_mismatch(batch, standing):
        return problem
    draft = Draft(standing, fresh=fresh)
    outcomes = []
    for index, submitted in enumerate(batch.events):
        salt = salts[index * chain.SALT_BYTES : (index + 1) * chain.SALT_BYTES]
        done = draft.take(submitted, index, batch.caller, salt)
        if isinstance(done, Problem):
            return done
        outcomes.append(done)
    draft.keep()
    return Decision(tuple(outcomes), tuple(draft.admitted))


def _id_conflict(batch: Batch, standing: Standing) -> Problem | None:
    first: dict[uuid.UUID, bytes] = {}
    for submitted in batch.events:
        key = submitted.event.id
        seen = standing.seen.get(key)
        if seen and not access.known_to(batch.caller, submitted.event.organisation):
            # Whether they guessed what another recorded is not told: that is what differs here.
            return access.stranger(submitted.event.organisation)
        known = seen.body if seen is not None else first.setdefault(key, submitted.body)
        if known != submitted.body and not _same_correction(known, submitted, batch, standing):
            where = f"at position {seen.position}" if seen else "earlier in the batch"
            return Problem("id_conflict", f"event {key} is {where} with other content")
    return None


def _same_correction(known: bytes, again: Submitted, batch: Batch, standing: Standing) -> bool:
    """Tell whether bytes differ only in how a correction's payload is written."""
    about = reference(again.event)
    if about is None or type_name(again.event) != "EventCorrected":
        return False
    target = standing.referred.get(about)
    earlier = (type_name(other.event) for other in batch.events if other.event.id == about)
    kind = BY_NAME.get(target.type if target else next(earlier, ""))
    return kind is not None and corrections.same(known, again.event, kind)


def _version_mismatch(batch: Batch, standing: Standing) -> Problem | None:
    if not batch.expected or all(s.event.id in standing.seen for s in batch.events):
        return None
    wrong = []
    for organisation, expected in batch.expected.items():
        if not access.known_to(batch.caller, organisation):
            return access.stranger(organisation)
        stream = standing.streams.get(organisation)
        actual = stream.version if stream else 0
        if actual != expected:
            wrong.append(f"{organisation} is at version {actual}, not {expected}")
    return Problem("version_mismatch", "; ".join(wrong)) if wrong else None


class Draft:
    """A batch in the making: the standing plus what the batch has added so far."""

    def __init__(self, standing: Standing, *, fresh: bool) -> None:
        """fresh: no id of the batch was ever seen, so none needs looking up."""
        self.standing = standing
        self.fresh = fresh
        self.position, self.hash = standing.position, standing.hash
        self.seen: dict[uuid.UUID, Seen] = {}
        self.streams: dict[str, Stream] = {}
        self.referred: dict[uuid.UUID, Referred] = {}
        self.links: dict[str, list[links.Told]] = {}
        self.admitted: list[Admitted] = []

    def take(
        self, submitted: Submitted, index: int, caller: Caller, salt: bytes
    ) -> Outcome | Problem:
        """Return what becomes of one event, or why the batch is refused."""
        event = submitted.event
        seen = None if self.fresh else self.known(event.id)
        if seen is not None:
            if not access.known_to(caller, event.organisation):
                return access.stranger(event.organisation)
            return Outcome(event.id, seen.position, seen.hash.hex(), "already_recorded")
        kind, refers = kind_of(event), references(event)
        if problem := self.refusal(event, kind, refers, index, caller):
            return problem
        if kind.name == "EventCorrected" and (of := self.refers(refers[0].id)):
            submitted = corrections.canonical(submitted, BY_NAME[of.type])
        return self._record(submitted, kind, refers, caller, salt)

    def refusal(
        self,
        event: Event,
        kind: EventType,
        refers: tuple[Reference, ...],
        index: int,
        caller: Caller,
    ) -> Problem | None:
        """Say why a new event cannot follow what the log and the draft hold."""
        known = ChainMap(self.referred, self.standing.referred)
        changed = kind.name in access.CHANGES
        original = access.original(refers[0].id, known) if changed else None
        problem = access.not_yours(event, kind, original, caller)
        problem = problem or self._stream_problem(event, kind, index)
        if problem is None and refers:
            problem = targets.problem(event, kind, refers, known, index)
        if problem is None and kind.name in _LINKED:
            problem = self._link_problem(event, kind, refers[0].id if refers else None)
        return problem

    def known(self, key: uuid.UUID) -> Seen | None:
        """Return an event that is in the log or in the draft."""
        return self.standing.seen.get(key) or self.seen.get(key)

    def _stream(self, organisation: str) -> Stream | None:
        return self.streams.get(organisation) or self.standing.streams.get(organisation)

    def refers(self, key: uuid.UUID) -> Referred | None:
        """Return what is known of an event that others refer to."""
        return self.referred.get(key) or self.standing.referred.get(key)

    def _stream_problem(self, event: Event, kind: EventType, index: int) -> Problem | None:
        stream = self._stream(event.organisation)
        if kind.name in REGISTRATIONS:
            if stream is None:
                return None
            detail = f"{event.organisation} is registered as a {stream.bearer}"
            return Problem("already_registered", detail)
        if stream is None:
            return invalid_event(index, "/organisation", "not_registered", self._unknown(event))
        if stream.bearer not in kind.bearers:
            detail = f"{kind.name} is not for a {stream.bearer}, which {event.organisation} is"
            return Problem("wrong_bearer", detail)
        return None

    def _unknown(self, event: Event) -> str:
        code = event.organisation
        trust = code[:3]
        if len(code) == 5 and self._stream(trust) is not None:
            return f"is the code of a site of trust {trust}: record for the trust"
        return f"{code} is not registered: check the code, or register it before this"

    def _link_problem(
        self, event: Event, kind: EventType, about: uuid.UUID | None
    ) -> Problem | None:
        """Say whether an event makes a circle; else remember what it tells of links, if it does."""
        code = event.organisation
        if kind.name in links.CHANGES and all(one.id != about for one in self._told(code)):
            return None
        target = self.refers(about) if about is not None else None
        new = links.told(event, self.position + 1, about, target.type if target else None)
        if way := links.circle(code, self._told, new):
            return Problem("cycle", f"this would make a circle: {' → '.join(way)}")
        self.links.setdefault(code, []).append(new)
        return None

    def _told(self, code: str) -> list[links.Told]:
        return self.standing.links.get(code, []) + self.links.get(code, [])

    def _record(
        self,
        submitted: Submitted,
        kind: EventType,
        refers: tuple[Reference, ...],
        caller: Caller,
        salt: bytes,
    ) -> Outcome:
        event, body = submitted.event, submitted.body
        about = refers[0].id if refers else None
        found = [one for named in refers if (one := self.refers(named.id)) is not None]
        kept = [Target(one.position, one.type, one.organisation) for one in found]
        target = msgspec.structs.replace(kept[0], others=tuple(kept[1:])) if kept else None
        organisation = event.organisation
        before = self._stream(organisation)
        version = before.version + 1 if before else 1
        bearer = before.bearer if before else REGISTRATIONS[kind.name]
        stamp = Stamp(
            self.position + 1, version, self.standing.now, caller.id, kind.version, target
        )
        encoded = msgspec.json.encode(target) if target else None
        self.hash = chain.link(self.hash, salt, chain.stored(body, stamp, encoded))
        self.position = stamp.position
        named = all_named(event, found)
        hidden = self._disclosed(event, kind, found[0] if found else None)
        self.streams[organisation] = Stream(version, bearer)
        self.seen[event.id] = Seen(stamp.position, self.hash, body)
        self.remember(submitted, kind, about, named)
        self.admitted.append(
            Admitted(event, kind.name, body, stamp, about, encoded, hidden, salt, self.hash, named)
        )
        return Outcome(event.id, stamp.position, self.hash.hex(), "recorded")

    def _disclosed(self, event: Event, kind: EventType, referred: Referred | None) -> bytes | None:
        if kind.name != "EventCorrected" or referred is None:
            return disclosure.disclosed(kind, event.data, event, self.standing.secret)
        return disclosure.disclosed_correction(
            event, referred.body, BY_NAME[referred.type], self.standing.secret
        )

    def remember(
        self,
        submitted: Submitted,
        kind: EventType,
        about: uuid.UUID | None,
        named: frozenset[str],
    ) -> None:
        """Remember an event at the draft's position, if others refer to it or it does to one."""
        event, wanted = submitted.event, self.standing.wanted
        if about is None and not (wanted and event.id in wanted):
            return
        one = Referred(
            self.position, kind.name, kind.version, event.organisation, submitted.body, about, named
        )
        remember(ChainMap(self.referred, self.standing.referred), event.id, one)

    def keep(self) -> None:
        """Let the standing take over what the batch added."""
        standing = self.standing
        standing.position, standing.hash = self.position, self.hash
        standing.seen |= self.seen
        standing.streams |= self.streams
        standing.referred |= self.referred
        for code, told in self.links.items():
            standing.links.setdefault(code, []).extend(told)
