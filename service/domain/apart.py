"""Events each by itself: those that the log refuses leave the others. Pure.

A file that was found valid is recorded so, in chunks: what was recorded by others in between may
refuse a row of it, and the rest goes on (DESIGN.md, invariant 4). `foresee` says the same of events
without recording them, every refusal and not the first alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from msgspec import Struct

from service.domain import access, chain, corrections, links
from service.domain.admission import (
    REGISTRATIONS,
    Batch,
    Decision,
    Draft,
    Seen,
    Standing,
    Stream,
)
from service.domain.caller import Caller
from service.domain.codec import Submitted
from service.domain.envelope import type_name
from service.domain.problems import Problem
from service.domain.references import Reference, reference, references
from service.domain.referred import Referred, all_named
from service.domain.register import BY_NAME, kind_of
from service.domain.spec import EventType


def decide(batch: Batch, standing: Standing, salts: bytes) -> Decision:
    """Admit what can be admitted of a batch into the standing; the rest is told by place."""
    draft = Draft(standing, fresh=False)
    outcomes, refused = [], {}
    for index, submitted in enumerate(batch.events):
        salt = salts[index * chain.SALT_BYTES : (index + 1) * chain.SALT_BYTES]
        done = _conflict(submitted, draft, batch.caller) or draft.take(
            submitted, index, batch.caller, salt
        )
        if isinstance(done, Problem):
            refused[index] = done
        else:
            outcomes.append(done)
    draft.keep()
    return Decision(tuple(outcomes), tuple(draft.admitted), refused)


class Foreseen(Struct, frozen=True):
    """What the log would refuse, by place, what it has, and what it would know after the rest.

    known: how many of the events that it would not refuse are in the log already.
    """

    refused: dict[int, Problem]
    known: int
    position: int
    streams: dict[str, Stream]
    referred: dict[uuid.UUID, Referred]
    links: dict[str, list[links.Told]]


def foresee(
    events: Sequence[Submitted],
    caller: Caller,
    standing: Standing,
    earlier: dict[uuid.UUID, bytes],
) -> Foreseen:
    """Say what the log would refuse of events that follow a standing, which stays as it is.

    earlier: bodies of the ids that come more than once in the file, as they are met; those not met
    yet are empty.
    """
    draft = Draft(standing, fresh=False)
    refused: dict[int, Problem] = {}
    for index, submitted in enumerate(events):
        if submitted.event.id in earlier:
            _meet(submitted, draft, earlier)
        if problem := _conflict(submitted, draft, caller):
            refused[index] = problem
        elif draft.known(submitted.event.id) is None:
            kind, refers = kind_of(submitted.event), references(submitted.event)
            if problem := draft.refusal(submitted.event, kind, refers, index, caller):
                refused[index] = problem
            else:
                _note(draft, submitted, kind, refers)
    taken = (one.event.id for index, one in enumerate(events) if index not in refused)
    known = sum(key in standing.seen for key in taken)
    return Foreseen(refused, known, draft.position, draft.streams, draft.referred, draft.links)


def _meet(submitted: Submitted, draft: Draft, earlier: dict[uuid.UUID, bytes]) -> None:
    key = submitted.event.id
    if earlier[key]:
        draft.seen[key] = Seen(0, b"", earlier[key])
    else:
        earlier[key] = submitted.body


def _conflict(submitted: Submitted, draft: Draft, caller: Caller) -> Problem | None:
    """Say whether an event's id was used for something else; to a stranger, not for what."""
    seen = draft.known(submitted.event.id)
    if seen is not None and not access.known_to(caller, submitted.event.organisation):
        return access.stranger(submitted.event.organisation)
    if seen is None or seen.body == submitted.body or _same_correction(seen, submitted, draft):
        return None
    where = f"is at position {seen.position}" if seen.position else "stands earlier in the file"
    detail = f"event {submitted.event.id} {where} with other content"
    return Problem("id_conflict", detail)


def _same_correction(seen: Seen, submitted: Submitted, draft: Draft) -> bool:
    about = reference(submitted.event)
    if about is None or type_name(submitted.event) != "EventCorrected":
        return False
    target = draft.refers(about)
    kind = BY_NAME.get(target.type) if target else None
    return kind is not None and corrections.same(seen.body, submitted.event, kind)


def _note(
    draft: Draft, submitted: Submitted, kind: EventType, refers: tuple[Reference, ...]
) -> None:
    """Let the draft know of an event as if it had been recorded."""
    event = submitted.event
    draft.position += 1
    if kind.name in REGISTRATIONS:
        draft.streams[event.organisation] = Stream(1, REGISTRATIONS[kind.name])
    if refers or event.id in draft.standing.wanted:
        targets = [found for named in refers if (found := draft.refers(named.id)) is not None]
        about = refers[0].id if refers else None
        draft.remember(submitted, kind, about, all_named(event, targets))


__all__ = ["Foreseen", "decide", "foresee"]
