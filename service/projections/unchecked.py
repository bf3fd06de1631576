"""Payloads as packs hold them: each was checked when it was recorded, and is not matched again.

Matching codes and references against their patterns took two thirds of the time of decoding a
pack. So packs are decoded into a payload's like without patterns: a subclass, equal to the payload
with the same members.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Final, Union

import msgspec
from msgspec import NODEFAULT, Meta, Struct, structs

_KEPT: Final = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "extra")
"""What is kept of a member's limits: all that costs no matching, and what kind of value it is."""


@functools.cache
def unchecked(payload: type[Struct]) -> type[Struct]:
    """Return the like of a payload that is decoded without patterns; itself if it has none."""
    members = list(_members(payload))
    if not members:
        return payload

    def equal(one: Struct, other: object) -> object:
        """Tell whether both say the same, whichever of the two classes they are of."""
        if not isinstance(other, payload):
            return NotImplemented
        return structs.astuple(one) == structs.astuple(other)

    def differs(one: Struct, other: object) -> object:
        """Tell whether they do not."""
        return not equal(one, other) if isinstance(other, payload) else NotImplemented

    def hashed(one: Struct) -> int:
        """Return the hash of the payload that says the same."""
        return hash(payload(**structs.asdict(one)))

    made = msgspec.defstruct(
        payload.__name__,
        members,
        bases=(payload,),
        namespace={
            "__doc__": payload.__doc__,
            "__eq__": equal,
            "__ne__": differs,
            "__hash__": hashed,
        },
        module=__name__,
        frozen=True,
        gc=False,
    )
    assert issubclass(made, payload)  # noqa: S101 - tells the type checker what `bases` did
    return made


# Any: annotations are values of many classes, for the library alone to read.
def _members(payload: type[Struct]) -> Iterator[tuple[str, Any, Any]]:
    """Yield the members that are matched against a pattern, without it."""
    said = typing.get_type_hints(payload, include_extras=True)
    for member in structs.fields(payload):
        free = _free(said[member.name])
        if free != said[member.name]:
            default = None if member.default is NODEFAULT else member.default
            given = {} if member.default is NODEFAULT else {"default": default}
            yield member.name, free, msgspec.field(name=member.encode_name, **given)


def _free(kind: Any) -> Any:  # noqa: ANN401 - see above
    """Return an annotation without patterns, within Structs too."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        inner, metas = _free(inside[0]), kind.__metadata__
        return Annotated[(inner, *(_plain(meta) for meta in metas))]
    if origin is tuple:
        return tuple.__class_getitem__(tuple(one if one is ... else _free(one) for one in inside))
    if origin in {Union, UnionType}:
        return Union[tuple(_free(one) for one in inside)]  # noqa: UP007 - as many as there are
    return unchecked(kind) if isinstance(kind, type) and issubclass(kind, Struct) else kind


def _plain(meta: object) -> object:
    if not isinstance(meta, Meta) or meta.pattern is None:
        return meta
    return Meta(**{name: getattr(meta, name) for name in _KEPT if getattr(meta, name) is not None})


__all__ = ["unchecked"]
