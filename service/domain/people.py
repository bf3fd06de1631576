"""People's names: what is recorded of one, and what is asked of one.

The log knows people by opaque references alone; a name is recorded beside it as some body has
published it, and can be erased (DESIGN.md, invariant 16). Pure.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from service.domain import explain, normal
from service.domain.erasures import Reason
from service.domain.faults import Fault
from service.domain.fields import Day, LongText, Person, Text, Url
from service.domain.problems import Problem, Refused


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


__all__ = ["NewErasure", "NewName", "new_name", "person", "reason"]
