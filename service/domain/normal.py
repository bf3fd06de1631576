"""Bringing a decoded value to its canonical form: codes upper case, text trimmed and in NFC.

`plan` reads a Struct's annotations once (the kinds of `fields`) and returns the members that need
work; `normal` applies it. A value that fits no rule raises Unfit; `explain` says where.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Struct
from msgspec import inspect as mi

from service.domain import dates, text
from service.domain.faults import Unfit

# Any: a handler takes the one type of its kind; the kinds are paired with it in `HANDLERS`.
Handler = Callable[[Any], Any]


def organisation(value: str) -> str:
    """Return a code in upper case."""
    return value.strip().upper()


def url(value: str, limit: int) -> str:
    """Return an address; raises Unfit when it is not http(s) or has a user part."""
    address = text.clean(value, limit)
    try:
        parts = urlsplit(address)
        fit = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    except ValueError:
        fit = False
    if not fit or " " in address:
        raise Unfit(
            "url", "must be a web address that begins with http:// or https://, no user part"
        )
    return address


def wte(value: float) -> float:
    """Return whole-time equivalents; raises Unfit beyond two decimals."""
    if round(value, 2) != value:
        raise Unfit("decimals", "must have at most two decimals")
    return value


def raw(value: msgspec.Raw) -> msgspec.Raw:
    """Return JSON of any shape without spaces and with its members in order of their names.

    Raises Unfit for null, which nothing may be; what else fits is known once the target is.
    """
    found = msgspec.json.decode(value)
    if found is None:
        raise Unfit("null", "must not be null: leave the member out if it is not stated")
    return msgspec.Raw(msgspec.json.encode(found, order="sorted"))


@functools.cache
def _handler(kind: str, limit: int) -> Handler:
    if kind in LIMITED:
        clean = LIMITED[kind]
        return _recurring(lambda value: clean(value, limit))
    return HANDLERS[kind]


def _recurring(handler: Handler) -> Handler:
    """Return a handler that remembers: codes, publishers, addresses and titles come again."""
    return functools.lru_cache(maxsize=4096)(handler)


LIMITED: Mapping[str, Callable[[str, int], str]] = {"text": text.clean, "url": url}
HANDLERS: Mapping[str, Handler] = {
    "organisation": _recurring(organisation),
    "word": str.strip,
    "financial_year": _recurring(dates.financial_year),
    "date": dates.in_range,
    "wte": wte,
}


def handler_of(kind: mi.Type) -> Handler | None:
    """Return what brings values of an inspected type to canonical form, or None if nothing must."""
    if isinstance(kind, mi.Metadata):
        extra = kind.extra or {}
        if "kind" in extra:
            return _handler(str(extra["kind"]), int(cast("int", extra.get("limit", 0))))
        return handler_of(kind.type)
    if isinstance(kind, mi.UnionType):
        found = [h for member in kind.types if (h := handler_of(member))]
        return found[0] if found else None
    if isinstance(kind, mi.RawType):
        return raw
    if isinstance(kind, mi.VarTupleType):
        inner = handler_of(kind.item_type)
        return functools.partial(_each, inner) if inner else None
    if isinstance(kind, mi.StructType):
        return normal if plan(kind.cls) else None
    return None


def _each(inner: Handler, values: tuple[Any, ...]) -> tuple[Any, ...]:
    done = tuple([inner(value) for value in values])
    return values if all(a is b for a, b in zip(values, done, strict=True)) else done


@functools.cache
def plan(struct: type[Struct]) -> tuple[tuple[str, Handler], ...]:
    """Return the members of a Struct that need work, each with its handler."""
    info = msgspec.inspect.type_info(struct)
    if not isinstance(info, mi.StructType):
        return ()
    pairs = ((field.name, handler_of(field.type)) for field in info.fields)
    return tuple((name, handler) for name, handler in pairs if handler)


S = TypeVar("S", bound=Struct)


def normal(value: S) -> S:
    """Return a Struct in canonical form, itself if it is so already; raises Unfit."""
    changed: dict[str, object] | None = None
    for name, handler in plan(type(value)):
        member = getattr(value, name)
        if member is UNSET:
            continue
        done = handler(member)
        if done is not member and done != member:
            changed = changed or {}
            changed[name] = done
    return value if changed is None else msgspec.structs.replace(value, **changed)


__all__ = ["handler_of", "normal", "plan"]
