"""Which dimensions a return can say that their record is whole for, given what was answered.

Source: MODEL.md §3: a return covers a quarter for each dimension that it lists, as complete or as
with nothing to report; so a dimension is listed once all that is asked of it is answered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import get_args

from msgspec import Struct

from service.domain.fields import Dimension
from service.projections.returning import Asked, Return


class StillOpen(Struct, frozen=True):
    """A dimension that cannot be listed yet, and the questions of it without an answer."""

    dimension: Dimension
    questions: tuple[str, ...]


class Whole(Struct, frozen=True):
    """What a return lists: whole by events, whole with nothing to report; and what stays open."""

    dimensions: tuple[Dimension, ...]
    nothing_to_report: tuple[Dimension, ...]
    open: tuple[StillOpen, ...]


def whole(asked: Return, answered: Collection[str], told: Collection[str]) -> Whole:
    """Return what a return lists.

    answered: keys of the questions answered in whatever way. told: of those answered with events.
    """
    by_dimension = {
        name: [one for one in asked.questions if one.question.dimension == name]
        for name in get_args(Dimension)
    }
    listed: list[Dimension] = []
    nothing: list[Dimension] = []
    left: list[StillOpen] = []
    for name, questions in by_dimension.items():
        if not any(one.asked for one in questions):
            continue
        if missing := tuple(_missing(questions, answered)):
            left.append(StillOpen(name, missing))
        else:
            (nothing if _is_quiet(questions, told) else listed).append(name)
    return Whole(tuple(listed), tuple(nothing), tuple(left))


def _missing(questions: Iterable[Asked], answered: Collection[str]) -> Iterable[str]:
    """Yield the questions of a dimension that wait for an answer."""
    keys = (one.question.key for one in questions if one.asked)
    return (key for key in keys if key not in answered)


def _is_quiet(questions: Collection[Asked], told: Collection[str]) -> bool:
    """Tell whether nothing happened in a dimension that lives of what happens each quarter."""
    lives = any(one.question.always and one.question.happens for one in questions)
    return lives and not any(one.recorded or one.question.key in told for one in questions)


__all__ = ["StillOpen", "Whole", "whole"]
