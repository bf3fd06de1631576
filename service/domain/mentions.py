"""Which organisations an event names: derived once a type from the members that hold codes.

Source: DESIGN.md, Terms (mention). What a target ever named is added by the store, which knows it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct
from msgspec import inspect as mi

from service.domain.envelope import Event
from service.domain.faults import Unfit
from service.domain.normal import normal
from service.domain.register import BY_NAME

_CODE: Final = re.compile(r"[A-Z0-9]{3,5}")
_BY_A_NAME: Final = {"SupportGiven": "by"}
"""Members that hold a code or a name: what looks like a code is one."""

_NOBODY: Final[frozenset[str]] = frozenset()

# Any: a reader takes the one value of its member; the plan pairs them.
Reader = Callable[[Any], Iterable[str]]


def mentioned(event: Event, target_type: str | None = None) -> frozenset[str]:
    """Return the codes that an event names beside its own organisation.

    target_type: of a correction, the type of the event that it corrects: its payload names too.
    """
    named = payload_mentions(event.data)
    if target_type:
        named |= _corrected(event, target_type)
    return named - {event.organisation} if named else named


def _corrected(event: Event, target_type: str) -> frozenset[str]:
    kind, raw = BY_NAME.get(target_type), getattr(event.data, "data", None)
    if kind is None or not isinstance(raw, msgspec.Raw):
        return frozenset()
    try:
        return payload_mentions(normal(msgspec.json.decode(raw, type=kind.payload)))
    except (msgspec.MsgspecError, Unfit, UnicodeDecodeError, RecursionError):
        return frozenset()


def payload_mentions(data: Struct) -> frozenset[str]:
    """Return every code that a payload names."""
    found: set[str] = set()
    for name, reader in _plan(type(data)):
        member = getattr(data, name)
        if member is not UNSET:
            found.update(reader(member))
    return frozenset(found) if found else _NOBODY


def _struct(value: Struct) -> Iterator[str]:
    for name, reader in _plan(type(value)):
        member = getattr(value, name)
        if member is not UNSET:
            yield from reader(member)


@functools.cache
def _plan(cls: type[Struct]) -> tuple[tuple[str, Reader], ...]:
    info = msgspec.inspect.type_info(cls)
    if not isinstance(info, mi.StructType):
        return ()
    found = [(field.name, reader) for field in info.fields if (reader := _reader(field.type))]
    named = _BY_A_NAME.get(cls.__name__)
    return (*found, *([(named, _by_a_name)] if named else ()))


def _reader(kind: mi.Type) -> Reader | None:
    if isinstance(kind, mi.Metadata):
        if (kind.extra or {}).get("kind") == "organisation":
            return _code
        return _reader(kind.type)
    if isinstance(kind, mi.UnionType):
        return next((reader for member in kind.types if (reader := _reader(member))), None)
    if isinstance(kind, mi.VarTupleType):
        inner = _reader(kind.item_type)
        if inner is _code:
            return iter  # the codes themselves: of nearly every member that names several
        return functools.partial(_each, inner) if inner else None
    if isinstance(kind, mi.StructType):
        return _struct if _plan(kind.cls) else None
    return None


def _code(value: str) -> tuple[str]:
    return (value,)


def _by_a_name(value: str) -> Iterator[str]:
    if _CODE.fullmatch(value):
        yield value


def _each(inner: Reader, values: tuple[Any, ...]) -> Iterator[str]:
    for value in values:
        yield from inner(value)


__all__ = ["mentioned", "payload_mentions"]
