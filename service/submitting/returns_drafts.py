"""Drafts of returns: answers that several people give until one of them makes the return.

Nobody overwrites what another answered meanwhile: who answers a question says which version of the
draft they looked at, and is refused only where that question was answered since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Raw

from service.domain.caller import Caller
from service.domain.faults import Fault, join, nearest, shown
from service.domain.problems import Problem, Refused
from service.projections.returning import Return
from service.projections.returning_questions import BY_KEY
from service.store import drafts, pool
from service.store.drafts import Draft, KeptAnswer, Key, SignedOff
from service.store.pool import Pool
from service.submitting import returns_said
from service.submitting.desk import Desk
from service.submitting.returns_asked import Asks, refuse_closed
from service.submitting.returns_said import AnswerSaid, DraftBody


async def save(desk: Desk, found: Return, asks: Asks, body: DraftBody) -> Draft:
    """Put answers into a draft, and return it as it is then.

    Raises Refused where an answer was changed by somebody since the version that was looked at.
    """
    refuse_closed(found)
    _refuse_unknown(body)
    key = _key(found, asks)
    async with pool.lent(desk.pool) as connection, connection.transaction():
        before = await drafts.locked(connection, key)
        _refuse_overwriting(before, body)
        after = _changed(before, body, asks.caller, desk.now())
        await drafts.save(connection, key, after)
    return after


async def held(reads: Pool, found: Return, asks: Asks) -> Draft | None:
    """Return the draft of a return, if there is one."""
    async with pool.lent(reads) as connection:
        return await drafts.held(connection, _key(found, asks))


async def discard(desk: Desk, found: Return, asks: Asks) -> None:
    """Throw a draft away; raises Refused where there is none."""
    async with pool.lent(desk.pool) as connection, connection.transaction():
        if not await drafts.discard(connection, _key(found, asks)):
            raise no_draft(found)


def answers_of(draft: Draft) -> tuple[AnswerSaid, ...]:
    """Return the answers that a draft holds."""
    return tuple(msgspec.json.decode(one.answer, type=AnswerSaid) for one in draft.answers)


async def note(desk: Desk, found: Return, asks: Asks, draft: Draft) -> None:
    """Note with a draft that a return was made from it; the return sent again notes it anew."""
    done = drafts.MadeFrom(draft.version, asks.caller.id, desk.now())
    async with pool.lent(desk.pool) as connection:
        await drafts.made(connection, _key(found, asks), done)


def no_draft(found: Return) -> Refused:
    """Return that a quarter's return has no draft."""
    quarter = found.quarter
    detail = f"there is no draft of quarter {quarter.quarter} of {quarter.financial_year}"
    return Refused(Problem("not_found", detail))


def _key(found: Return, asks: Asks) -> Key:
    return Key(asks.code, found.quarter.financial_year, found.quarter.quarter)


def _places(body: DraftBody) -> Iterator[tuple[str, str, bytes | None]]:
    """Yield each question that a body speaks of: where, which, and the answer if it has one."""
    for place, answer in enumerate(body.answers):
        yield join("/answers", place), answer.question, msgspec.json.encode(answer)
    for place, name in enumerate(body.withdraw):
        yield join("/withdraw", place), name, None


def _refuse_unknown(body: DraftBody) -> None:
    """Refuse what is no question, and one that is spoken of twice."""
    faults: list[Fault] = []
    before: set[str] = set()
    for place, name, _ in _places(body):
        if name not in BY_KEY:
            rule = f"must be of one of the questions {', '.join(BY_KEY)}"
            near = nearest(name, BY_KEY)
            faults.append(Fault(place, "unknown_question", rule, shown(name), nearest=near))
        elif name in before:
            faults.append(Fault(place, "repeated_item", f"{name} must be answered once"))
        before.add(name)
    if faults:
        raise returns_said.invalid(tuple(faults), "nothing was saved")


def _refuse_overwriting(before: Draft, body: DraftBody) -> None:
    """Refuse answers to questions that were answered since, unless with the very same.

    Who signs off signs what they looked at: then nothing at all may have changed.
    """
    kept = {one.question: one for one in before.answers}
    later = [
        (place, kept[name])
        for place, name, answer in _places(body)
        if name in kept and kept[name].version > body.version and bytes(kept[name].answer) != answer
    ]
    if later:
        raise moved_on(before, later)
    if body.signed_by and body.version != before.version:
        raise moved_on(before, since(before, body.version, "/version"))


def since(draft: Draft, version: int, place: str) -> list[tuple[str, KeptAnswer]]:
    """Return the answers that were given after a version, to be told at a place in a body."""
    return [(place, one) for one in draft.answers if one.version > version]


def moved_on(draft: Draft, later: Sequence[tuple[str, KeptAnswer]]) -> Refused:
    """Return that answers were changed since they were looked at: each with its place in a body."""
    faults = tuple(
        Fault(
            place,
            "changed_since",
            f"{one.question} was answered by {one.by} at {one.at:%H:%M on %d %B %Y} (UTC), in"
            f" version {one.version}: read it, and send yours with that version if it shall stand",
            shown(msgspec.json.decode(one.answer)),
        )
        for place, one in later
    )
    detail = f"the draft is at version {draft.version}; nothing of yours was saved"
    return Refused(Problem("draft_changed", detail, faults))


def _changed(before: Draft, body: DraftBody, caller: Caller, now: dt.datetime) -> Draft:
    """Return a draft with the answers of a body in it; what changes it takes the sign-off away.

    The same sent again changes nothing.
    """
    version = before.version + 1
    kept = {one.question: one for one in before.answers if one.question not in body.withdraw}
    for answer in body.answers:
        raw = msgspec.json.encode(answer)
        if answer.question not in kept or bytes(kept[answer.question].answer) != raw:
            kept[answer.question] = KeptAnswer(answer.question, Raw(raw), version, caller.id, now)
    answers = tuple(kept.values())
    same = answers == before.answers and before.version > 0
    if not body.signed_by:
        return before if same else Draft(version, answers, None, before.made)
    return Draft(version, answers, SignedOff(caller.id, body.signed_by, now), before.made)


__all__ = ["answers_of", "discard", "held", "moved_on", "no_draft", "note", "save", "since"]
