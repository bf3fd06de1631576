"""The model: the rules that turn measures into levels, as data with a name and a version.

A dimension is a decision list: the first line that holds wins, the last one catches the rest.
Source: MODEL.md §1 and §3.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

Op = Literal["==", "<", "<=", ">", ">=", "in"]
Strength = Literal["A", "B", "C"]
Level = Annotated[int, Meta(ge=0, le=4)]
AGEING: Final = (2, 3)
"""A level is ageing from two thirds of its time on."""


class Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measure against a value, or against a cut of its own group and edition.

    unknown: what the condition is when the measure is not known: `false` where only what is known
    may lower, `true` where only what is known may bar, else unknown.
    """

    measure: str
    op: Op
    value: bool | int | float | str | tuple[str, ...] | None = None
    cut: str | None = None
    unknown: Literal["true", "false", "unknown"] = "unknown"


class Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a decision list: holds when all of `all`, and one of `any` if given, do."""

    level: Level
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    rule: str
    source: str
    strength: Strength


class Near(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which measures are the interval of a measure: a cut inside it makes the level `near_cut`."""

    measure: str
    low: str
    high: str


class DimensionRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of one dimension.

    fresh_months: how long evidence vouches. needs: measures without which the level is unknown.
    last_needs: while an earlier line hangs on one of these, the last one does not hold: counts of
    quarters that are not all covered make nobody look low (MODEL.md §3).
    cuts_by: the measures that choose a set of `cuts`, joined by a slash.
    """

    name: str
    fresh_months: int
    lines: Annotated[tuple[Line, ...], Meta(min_length=1)]
    needs: tuple[str, ...] = ()
    last_needs: tuple[str, ...] = ()
    cuts_by: tuple[str, ...] = ()
    cuts: dict[str, dict[str, float]] = {}
    near: Near | None = None

    def __post_init__(self) -> None:
        if self.lines[-1].all or self.lines[-1].any:
            raise ValueError(f"the last line of {self.name} must catch the rest: no conditions")
        offered = {name for cuts in self.cuts.values() for name in cuts}
        named = {c.cut for line in self.lines for c in (*line.all, *line.any)} - {None}
        if named - offered:
            raise ValueError(
                f"no group of {self.name} has the cuts {sorted(map(str, named - offered))}"
            )

    def measures(self) -> frozenset[str]:
        """Return the names of all measures that the rules read."""
        conditions = [c for line in self.lines for c in (*line.all, *line.any)]
        near = (self.near.measure, self.near.low, self.near.high) if self.near else ()
        return frozenset(
            {*(c.measure for c in conditions), *self.needs, *self.last_needs, *self.cuts_by, *near}
        )


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named, versioned set of rules."""

    name: str
    version: int
    dimensions: tuple[DimensionRules, ...]

    def rules(self, dimension: str) -> DimensionRules | None:
        """Return the rules of a dimension, or None when the model has none."""
        return next((rules for rules in self.dimensions if rules.name == dimension), None)

    @property
    def full_name(self) -> str:
        """Return name and version as answers say them: `readiness-v1`."""
        return f"{self.name}-v{self.version}"


def read(raw: bytes) -> Model:
    """Return a model from JSON; raises msgspec.ValidationError when it is none."""
    return msgspec.json.decode(raw, type=Model)


@functools.cache
def first_model() -> Model:
    """Return the model that the service comes with."""
    return read(resources.files("service.domain").joinpath("models/readiness-v1.json").read_bytes())


__all__ = ["Condition", "DimensionRules", "Line", "Model", "Near", "first_model", "read"]
