"""Parameters: the query's into a Struct, a path's code; what is wrong is refused by name.

A misspelt `known_at` must never answer for today (CONVENTIONS.md 11).
"""

from __future__ import annotations

import functools
import uuid
from typing import Final, TypeVar, cast
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from service.api.answers import AnyRequest
from service.domain.faults import Fault, nearest
from service.domain.fields import Code
from service.domain.problems import Problem, Refused

S = TypeVar("S", bound=Struct)
_MOST: Final = 256
"""Queries whose reading is remembered: the same ones come again and again."""


def read(request: AnyRequest, into: type[S]) -> S:
    """Return the request's query as a Struct; raises Refused that names every wrong parameter."""
    return cast("S", _read(request.scope["query_string"].decode("latin-1"), into))


@functools.lru_cache(maxsize=_MOST)
def _read(query: str, into: type[Struct]) -> Struct:
    """Return what a query says; one that is refused is read anew each time."""
    pairs = parse_qsl(
        query, keep_blank_values=True, errors="strict" if query.isascii() else "replace"
    )
    known = {field.encode_name: field.type for field in msgspec.structs.fields(into)}
    faults, values = [], {}
    for name, value in pairs:
        if name not in known:
            rule = "is not a parameter here; parameters are: " + (", ".join(known) or "none")
            near = nearest(name, known)
            faults.append(Fault(f"?{name}", "unknown_parameter", rule, nearest=near))
        elif name in values:
            faults.append(Fault(f"?{name}", "repeated_parameter", "must be given once"))
        else:
            values[name] = value
            faults += _wrong(name, value, known[name])
    if faults:
        raise Refused(Problem("invalid_parameter", faults[0].rule, tuple(faults)))
    return msgspec.convert(values, into, strict=False)


def code(given: str) -> str:
    """Return a path's code as the log has it; raises Refused when no organisation can have it."""
    try:
        return msgspec.convert(given.strip(), Code).upper()
    except msgspec.ValidationError:
        detail = f"{given[:20]} is no code, which has 3 to 5 letters and digits"
        raise Refused(Problem("not_found", detail)) from None


def key(given: str, what: str) -> uuid.UUID:
    """Return a path's id of something; raises Refused, as for one that is not there, for none."""
    try:
        return uuid.UUID(given)
    except ValueError:
        raise absent(given, what) from None


def absent(given: str, what: str) -> Refused:
    """Return that there is nothing of a kind under an id."""
    return Refused(Problem("not_found", f"there is no {what} {given[:60]}"))


def _wrong(name: str, value: str, annotation: object) -> list[Fault]:
    try:
        msgspec.convert(value, annotation, strict=False)
    except (msgspec.ValidationError, OverflowError) as error:
        rule = f"must be as documented: {error}"
        return [Fault(f"?{name}", "wrong_value", rule, value=value[:120])]
    if "\x00" in value:
        return [Fault(f"?{name}", "wrong_value", "must not hold NUL")]
    return []
