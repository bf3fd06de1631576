"""Why bytes are no event: every fault at once, each at its place (the slow path of `codec`).

The fast path stops at the first fault; this one walks the same Structs member by member and lets
msgspec judge each leaf, so that both always agree on what is valid.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Struct, UnsetType

from service.domain import dates, normal, strict
from service.domain.catalogue.record.event_corrected import EventCorrected
from service.domain.envelope import OPERATOR_ASSURANCE, SERVICE_MEMBERS, Event
from service.domain.faults import Fault, Unfit, join, nearest, shown
from service.domain.fields import MOST_ITEMS
from service.domain.register import BY_NAME, ENVELOPES
from service.domain.spec import EventType

AHEAD: Final = dt.timedelta(days=366)
"""An effective date lies at most this far in the future (CONVENTIONS.md 18)."""


def faults(raw: bytes, latest: dt.date) -> tuple[Fault, ...]:
    """Return every fault of one submitted event; empty only if it has none."""
    try:
        value = json.loads(raw)
        found = strict.repeated_faults(raw)
    except (ValueError, RecursionError) as error:
        return (Fault("", "malformed_json", f"must be JSON in UTF-8: {error}"),)
    if not isinstance(value, dict):
        return (_wrong("", value, "must be a JSON object: one event"),)
    return (*found, *_event(value, latest))


def body(raw: bytes, struct: type[Struct]) -> tuple[Fault, ...]:
    """Return every fault of a JSON body that is to be a Struct; empty only if it has none."""
    try:
        value = json.loads(raw)
        found = strict.repeated_faults(raw)
    except (ValueError, RecursionError) as error:
        return (Fault("", "malformed_json", f"must be JSON in UTF-8: {error}"),)
    if not isinstance(value, dict):
        return (_wrong("", value, "must be a JSON object"),)
    return (*found, *_struct(struct, value, ""))


def _event(value: dict[str, Any], latest: dt.date) -> Iterator[Fault]:
    name = value.get("type")
    if not isinstance(name, str) or name not in BY_NAME:
        known = nearest(name, BY_NAME) if isinstance(name, str) else None
        rule = "must name a type of the catalogue, see /api/v1/schemas"
        code = "missing" if "type" not in value else "unknown_type"
        yield Fault(
            "/type", code, rule, value=shown(name) if "type" in value else None, nearest=known
        )
        return
    members = {key: member for key, member in value.items() if key != "type"}
    struct = ENVELOPES[name]
    found = list(_struct(struct, members, ""))
    yield from found
    if not found:
        event = normal.normal(msgspec.json.decode(json.dumps(value), type=struct))
        yield from broken_rules(event, BY_NAME[name], latest)


def payload(kind: EventType, value: object, pointer: str) -> tuple[Fault, ...]:
    """Return every fault of a payload alone, for corrections, which hold one."""
    if not isinstance(value, dict):
        return (_wrong(pointer, value, "must be the whole corrected payload"),)
    return tuple(_struct(kind.payload, value, pointer))


def _struct(cls: type[Struct], value: Mapping[str, Any], pointer: str) -> Iterator[Fault]:
    annotations = _annotations(cls)
    yield from (_unknown(name, annotations, pointer) for name in value if name not in annotations)
    for field in msgspec.structs.fields(cls):
        name = field.encode_name
        if name in value:
            yield from _value(annotations[name], value[name], join(pointer, name))
        elif field.required:
            yield Fault(join(pointer, name), "missing", "must be given")


@functools.cache
def _annotations(cls: type[Struct]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(cls)}


def _unknown(name: str, known: Mapping[str, object], pointer: str) -> Fault:
    if name in SERVICE_MEMBERS and not pointer:
        rule = "is added by the service: leave it out"
        return Fault(join(pointer, name), "service_member", rule)
    members = ", ".join(known) if known else "none"
    rule = f"is not a member here; members are: {members}"
    return Fault(join(pointer, name), "unknown_member", rule, nearest=nearest(name, known))


def _value(annotation: Any, value: object, pointer: str) -> Iterator[Fault]:  # noqa: ANN401 - a type expression
    if value is None:
        yield Fault(pointer, "null", "must not be null: leave the member out if it is not stated")
        return
    bare, limits = _bare(annotation)
    if bare is msgspec.Raw:  # any JSON: a correction's payload, judged by its target's type
        return
    if isinstance(bare, type) and issubclass(bare, Struct) and isinstance(value, dict):
        yield from _struct(bare, value, pointer)
    elif typing.get_origin(bare) is tuple and isinstance(value, list):
        yield from _items(typing.get_args(bare)[0], limits, value, pointer)
    else:
        yield from _leaf(annotation, value, pointer)


def _bare(annotation: Any) -> tuple[Any, tuple[msgspec.Meta, ...]]:  # noqa: ANN401 - a type expression
    """Return a type without its annotations and without "may be left out", and its limits."""
    if typing.get_origin(annotation) is Annotated:
        limits = tuple(m for m in annotation.__metadata__ if isinstance(m, msgspec.Meta))
        bare, inner = _bare(annotation.__origin__)
        return bare, (*limits, *inner)
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        stated = [arm for arm in typing.get_args(annotation) if arm is not UnsetType]
        return _bare(stated[0]) if len(stated) == 1 else (annotation, ())
    return annotation, ()


def _items(
    item: Any,  # noqa: ANN401 - a type expression
    limits: tuple[msgspec.Meta, ...],
    value: list[Any],
    pointer: str,
) -> Iterator[Fault]:
    most = min((m.max_length for m in limits if m.max_length is not None), default=MOST_ITEMS)
    least = max((m.min_length for m in limits if m.min_length is not None), default=0)
    if not least <= len(value) <= most:
        rule = f"must have {least} to {most} items, this has {len(value)}"
        yield Fault(pointer, "number_of_items", rule)
        return
    for index, member in enumerate(value):
        yield from _value(item, member, join(pointer, index))


def _leaf(annotation: Any, value: object, pointer: str) -> Iterator[Fault]:  # noqa: ANN401 - a type expression
    try:
        decoded = msgspec.convert(value, annotation)
    except msgspec.ValidationError as error:
        yield _refused(annotation, value, pointer, str(error))
        return
    handler = normal.handler_of(msgspec.inspect.type_info(annotation))
    try:
        if handler is not None:
            handler(decoded)
    except Unfit as error:
        yield Fault(pointer, error.code, error.rule, value=shown(value))


def _refused(annotation: Any, value: object, pointer: str, message: str) -> Fault:  # noqa: ANN401 - a type expression
    bare, _ = _bare(annotation)
    if typing.get_origin(bare) is Literal:
        allowed = tuple(str(choice) for choice in typing.get_args(bare))
        close = nearest(value, allowed) if isinstance(value, str) else None
        rule = "must be one of the allowed values"
        return Fault(pointer, "not_allowed", rule, shown(value), allowed=allowed, nearest=close)
    rule = message.split(" - at `", maxsplit=1)[0].replace("`", "")
    code = "wrong_type" if ", got" in rule else "out_of_limits"
    return Fault(pointer, code, f"must be as its schema says: {rule}", value=shown(value))


def _wrong(pointer: str, value: object, rule: str) -> Fault:
    return Fault(pointer, "wrong_type", rule, value=shown(value))


def broken_rules(event: Event, kind: EventType, latest: dt.date) -> list[Fault]:
    """Return the faults of an event whose members are each fit: rules that need two of them."""
    found: list[Fault] = []
    if event.precision != "day" and not dates.fits_precision(event.effective, event.precision):
        first = "the 1st of the month" if event.precision == "month" else "1 January"
        rule = f"must be {first}, as the precision is {event.precision}"
        found.append(Fault("/effective", "precision", rule, value=shown(event.effective)))
    if event.effective > latest:
        rule = f"must not be later than {latest}, {AHEAD.days} days from today"
        found.append(Fault("/effective", "too_far_ahead", rule, value=shown(event.effective)))
    if kind.recorder == "operator" and event.assurance not in OPERATOR_ASSURANCE:
        rule = f"must be public_record or third_party: only the operator records {kind.name}"
        found.append(Fault("/assurance", "recorder", rule, value=shown(event.assurance)))
    if kind.check is not None:
        found.extend(kind.check(event))
    return found


def corrected(event: Event, kind: EventType, pointer: str) -> tuple[Fault, ...]:
    """Return the broken rules of what a correction puts in the place of an event of `kind`."""
    assert isinstance(event.data, EventCorrected)  # noqa: S101 - the caller's condition
    data = normal.normal(msgspec.json.decode(event.data.data, type=kind.payload))
    members = {name: getattr(event, name) for name in Event.__struct_fields__} | {"data": data}
    found = kind.check(ENVELOPES[kind.name](**members)) if kind.check else ()
    return tuple(
        msgspec.structs.replace(fault, pointer=pointer + fault.pointer.removeprefix("/data"))
        for fault in found
    )
