"""An event as the cells of its columns: the example rows of templates and guides.

The other way round, from cells to an event, is what reading a row does.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from service.domain.register import BY_NAME
from service.domain.samples import sample
from service.intake.columns import REFERENCE, Column, columns
from service.intake.tables import Cell

_STEPS: Final = re.compile(r"[^.\[\]]+")


def cells(event: Mapping[str, object], of: tuple[Column, ...]) -> tuple[Cell, ...]:
    """Return the cells of an event's JSON, None where it states nothing."""
    return tuple(_cell(_found(event, one.path), one) for one in of)


@functools.cache
def example(type_name: str) -> tuple[Cell, ...]:
    """Return the cells of a type's sample, in the order of its columns."""
    event = sample(BY_NAME[type_name]) | {REFERENCE: "row-1"}
    del event["id"]
    return cells(event, columns(type_name))


def _found(event: object, path: str) -> object:
    for step in _STEPS.findall(path):
        if isinstance(event, Mapping):
            event = event.get(step)
        elif isinstance(event, (list, tuple)):
            event = event[int(step)] if int(step) < len(event) else None
    return event


def _cell(value: object, column: Column) -> Cell:
    if value is None:
        return None
    if column.kind == "json":
        return msgspec.json.encode(value).decode()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return "; ".join(map(str, value))
    if column.kind == "date":
        return dt.date.fromisoformat(str(value))
    if column.kind == "money" and isinstance(value, int):
        return value // 100 if value % 100 == 0 else value / 100
    return value if isinstance(value, (str, int, float)) else str(value)
