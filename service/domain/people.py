"""People's names and their erasure: what is recorded of a name, and what the list of erasures says.

The log knows people by opaque references alone; a name is recorded beside it as some body has
published it, and can be erased (DESIGN.md, invariant 16). Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from service.domain import explain, normal
from service.domain.faults import Fault
from service.domain.fields import Day, LongText, Person, Text, Url
from service.domain.problems import Problem, Refused

Reason = Literal[
    "asked", "published_in_error", "wrong_person", "no_longer_needed", "holder_left", "other"
]
"""Why a name is erased; a code, since words could name whom they are about."""
Subject = Annotated[str, Meta(pattern="^(p-[a-z0-9]{4,32}|key-[0-9a-f-]{36})$")]
"""Whose name: a person's reference, or a key's as in `recorded_by`."""


class NewName(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A person's name as a body has published it.

    publisher: that body. reference, url: where it stands, at least one of them.
    since: the first day on which it stood there, if known.
    """

    name: Text
    publisher: LongText
    reference: LongText | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    since: Day | UnsetType = UNSET


class NewErasure(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a name is to be erased."""

    reason: Reason


class Act(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of the list of erasures: a name was erased, or may be recorded again (lifted).

    caller: who did it, as in `recorded_by`. reason: of an erasure.
    """

    subject: Subject
    act: Literal["erased", "lifted"]
    at: Annotated[dt.datetime, Meta(tz=True)]
    caller: Annotated[str, Meta(min_length=1, max_length=200)]
    reason: Reason | None = None


class DamagedList(Exception):  # noqa: N818 - it says what the list is
    """A list of erasures cannot be read whole; the text names the line and the way out."""


_ACT: Final = msgspec.json.Decoder(Act)
_REFERENCE: Final = "must say where the name stands: a reference, a url, or both"


def person(given: str) -> str:
    """Return a person's reference; raises Refused for what is none."""
    try:
        return msgspec.convert(given.strip(), Person)
    except msgspec.ValidationError:
        detail = f"{given[:60]} is no person's reference, as in p-7ab1ff2f"
        raise Refused(Problem("not_found", detail)) from None


def new_name(body: bytes, today: dt.date) -> NewName:
    """Return the name that a body holds; raises Refused that names every wrong value."""
    _refuse(explain.body(body, NewName))
    new = normal.normal(msgspec.json.decode(body, type=NewName))
    if new.reference is UNSET and new.url is UNSET:
        _refuse((Fault("/reference", "missing", _REFERENCE),))
    if new.since is not UNSET and new.since > today:
        rule = "must not be a day to come: the name has been published"
        _refuse((Fault("/since", "future", rule, value=str(new.since)),))
    return new


def reason(body: bytes) -> Reason:
    """Return why a name is to be erased; raises Refused for what is no reason."""
    _refuse(explain.body(body, NewErasure))
    return msgspec.json.decode(body, type=NewErasure).reason


def _refuse(faults: tuple[Fault, ...]) -> None:
    if faults:
        malformed = faults[0].code == "malformed_json"
        code = "malformed_body" if malformed else "invalid_body"
        raise Refused(Problem(code, f"the body is not valid: {faults[0].rule}", faults))


def standing(acts: Iterable[Act]) -> dict[str, Act]:
    """Return of each subject the act that counts: the last; of two at one instant, the erasure."""
    found: dict[str, Act] = {}
    for one in sorted(acts, key=lambda act: (act.at, act.act == "erased")):
        found[one.subject] = one
    return found


def when(now: dt.datetime, before: Act | None) -> dt.datetime:
    """Return when an act is: now, but later than the subject's last one, whatever the clock says."""
    least = before.at + dt.timedelta(microseconds=1) if before is not None else now
    return max(now, least)


def lines(acts: Iterable[Act]) -> bytes:
    """Return acts as the list has them: a line of JSON each."""
    return b"".join(msgspec.json.encode(one) + b"\n" for one in acts)


def listed(content: bytes) -> tuple[Act, ...]:
    """Return what a list of erasures says; raises DamagedList that names the first bad line.

    The list may have been cut: what stood behind the cut would come back unseen, so a last line
    without its end is as bad as one that cannot be read.
    """
    *whole, rest = content.split(b"\n")
    found = tuple(_act(number, line) for number, line in enumerate(whole, 1) if line.strip())
    if rest.strip():
        raise DamagedList(f"line {len(whole) + 1} has no end: the list was cut there; {_MEND}")
    return found


_MEND: Final = (
    "mend it from a copy, or take the line out and erase again whom it was about (capmap erase)"
)


def _act(number: int, line: bytes) -> Act:
    try:
        return _ACT.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DamagedList(f"line {number} cannot be read ({error}); {_MEND}") from None


__all__ = [
    "Act", "DamagedList", "NewErasure", "NewName", "Reason", "Subject", "when", "lines",
    "listed", "new_name", "person", "reason", "standing",
]  # fmt: skip
