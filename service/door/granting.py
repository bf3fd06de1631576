"""What a key is to be made for, as the operator says: name, roles, the day on which it ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from service.domain import dates, strict
from service.domain.faults import Fault, Unfit
from service.domain.problems import Problem, Refused
from service.domain.roles import Grant, grant


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    """A key as the operator asks for it.

    roles: `submitter:RTP`, `viewer:RTP`, `lead:QXU,QNX`, `analyst:QXU`, `analyst:all`, `operator`.
    expires: the first day, in London, on which it opens nothing; never if absent.
    """

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    roles: Annotated[list[Annotated[str, Meta(max_length=2000)]], Meta(min_length=1, max_length=50)]
    expires: dt.date | None = None


class Wanted(Struct, frozen=True):
    """A key to be made; expires_at: from then on it opens nothing."""

    name: str
    grants: tuple[Grant, ...]
    expires_at: dt.datetime | None


_NEW: Final = msgspec.json.Decoder(NewKey)


def read(body: bytes, now: dt.datetime) -> Wanted:
    """Return what a body asks for; raises Refused for what is not valid."""
    try:
        if repeated := strict.repeated_faults(body):
            raise Refused(Problem("invalid_parameter", repeated[0].rule, tuple(repeated)))
        new = _NEW.decode(body)
    except msgspec.ValidationError as error:
        raise Refused(
            Problem("invalid_parameter", f"the key is not as documented: {error}")
        ) from None
    except ValueError as error:
        raise Refused(Problem("malformed_body", f"the body is not JSON: {error}")) from None
    return wanted(new, now)


def wanted(new: NewKey, now: dt.datetime) -> Wanted:
    """Return the key that is asked for; raises Refused that names every value that is wrong."""
    faults: list[Fault] = []
    grants = _grants(new.roles, faults)
    expires_at = _ends(new.expires, now, faults)
    if not new.name.strip() or not new.name.isprintable():
        faults.append(Fault("/name", "name", "must be text of one line that can be read"))
    if faults:
        raise Refused(Problem("invalid_parameter", faults[0].rule, tuple(faults)))
    return Wanted(new.name.strip(), tuple(dict.fromkeys(grants)), expires_at)


def _grants(roles: Sequence[str], faults: list[Fault]) -> list[Grant]:
    found = []
    for place, text in enumerate(roles):
        try:
            found.append(grant(text))
        except Unfit as unfit:
            faults.append(Fault(f"/roles/{place}", unfit.code, unfit.rule, value=text[:120]))
    return found


def _ends(day: dt.date | None, now: dt.datetime, faults: list[Fault]) -> dt.datetime | None:
    """Return the instant at which a day begins in London; it must be one to come."""
    if day is None:
        return None
    if dates.EARLIEST < day <= dates.LATEST:
        instant = dates.end_of_day(day - dt.timedelta(days=1))
        if instant > now:
            return instant
    rule = f"must be a day to come, by {dates.LATEST}"
    faults.append(Fault("/expires", "expired", rule, value=str(day)))
    return None


__all__ = ["NewKey", "Wanted", "read", "wanted"]
