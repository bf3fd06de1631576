"""What the log refused, told of the row that it is about."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from service.domain.faults import Fault
from service.domain.problems import Problem
from service.intake.rows import Item, Wrong

Locate = Callable[[Item, Fault], Wrong]
"""Finds the column that a fault is about; the fault's pointer begins at the event."""


def anywhere(item: Item, fault: Fault) -> Wrong:
    """Return a fault of a row that has no columns."""
    return Wrong(item.sheet, item.row, None, None, fault)


def wrongs(item: Item, problem: Problem, locate: Locate) -> tuple[Wrong, ...]:
    """Return a problem of one event as faults of its row."""
    return tuple([locate(item, fault) for fault in faults(problem)])


def faults(problem: Problem) -> tuple[Fault, ...]:
    """Return a problem of one event of a batch as faults, pointers from the event on."""
    if not problem.errors:
        return (Fault("", problem.code, problem.detail),)
    return tuple([_from_event(fault) for fault in problem.errors])


def culprit(problem: Problem) -> int | None:
    """Return which event of a batch a problem is about, from 0, where it says so."""
    parts = problem.errors[0].pointer.split("/", 3) if problem.errors else []
    return int(parts[2]) if len(parts) > 2 and parts[1] == "events" else None


def _from_event(fault: Fault) -> Fault:
    _, _, _, *rest = fault.pointer.split("/", 3)
    return msgspec.structs.replace(fault, pointer="".join(f"/{part}" for part in rest))


__all__ = ["Locate", "anywhere", "culprit", "faults", "wrongs"]
