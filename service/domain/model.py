"""The model: the rules that turn measures into levels, as data with a name and a version.

A dimension is a decision list: the first line that holds wins, the last one catches the rest.
The examples that its maintainers agreed on stand in it, and it is not used while one fails
(`projections.acceptance`). Source: MODEL.md §1 and §3.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from importlib import resources
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

Op = Literal["==", "<", "<=", ">", ">=", "in"]
Strength = Literal["A", "B", "C"]
Level = Annotated[int, Meta(ge=0, le=4)]
_FOLDER: Final = resources.files("service.domain").joinpath("models")


class Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measure against a value, or against a cut of its own group and edition.

    unknown: what the condition is when the measure is not known: `false` where only what is known
    may lower, `true` where only what is known may bar, else unknown.
    source, strength: of this threshold, where they are not those of the whole line.
    """

    measure: str
    op: Op
    value: bool | int | float | str | tuple[str, ...] | None = None
    cut: str | None = None
    unknown: Literal["true", "false", "unknown"] = "unknown"
    source: str | None = None
    strength: Strength | None = None


class Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a decision list: holds when all of `all`, and one of `any` if given, do.

    strength: no stronger than that of any threshold in it.
    """

    level: Level
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    rule: str
    source: str
    strength: Strength

    def __post_init__(self) -> None:
        parts = [found.strength for found in self.conditions() if found.strength]
        if max([self.strength, *parts]) != self.strength:
            raise ValueError(f"a line is no stronger than its weakest threshold: {self.rule}")

    def conditions(self) -> tuple[Condition, ...]:
        """Return all conditions, those that must all hold first."""
        return (*self.all, *self.any)


class Near(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which measures are the interval of a measure: a cut inside it makes the level `near_cut`.

    A dimension without one has figures without an interval: `near_cut` is null there.
    """

    measure: str
    low: str
    high: str


class Scale(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which way a measure is better: yes is higher than no; codes from the worst to the best.

    better: `none` of what only chooses the cuts or bounds another measure.
    values: of a measure that is a code, those that it may have. least: the smallest that it can be.
    """

    better: Literal["higher", "lower", "later_listed", "none"]
    values: tuple[str, ...] = ()
    least: int = 0


class DimensionRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of one dimension.

    fresh_months: how long evidence vouches; ageing_months: from when on it is ageing; both with
    their source and strength. needs: measures without which the level is unknown.
    last_needs: while an earlier line hangs on one of these, the last one does not hold: counts of
    quarters that are not all covered make nobody look low (MODEL.md §3).
    cuts_by: the measures that choose a set of `cuts`, joined by a slash.
    scales: of each measure that is read, which way it is better.
    """

    name: str
    fresh_months: int
    ageing_months: int
    fresh_source: str
    fresh_strength: Strength
    lines: Annotated[tuple[Line, ...], Meta(min_length=1)]
    needs: tuple[str, ...] = ()
    last_needs: tuple[str, ...] = ()
    cuts_by: tuple[str, ...] = ()
    cuts: dict[str, dict[str, float]] = {}
    near: Near | None = None
    scales: dict[str, Scale] = {}

    def __post_init__(self) -> None:
        if self.lines[-1].all or self.lines[-1].any:
            raise ValueError(f"the last line of {self.name} must catch the rest: no conditions")
        offered = {name for cuts in self.cuts.values() for name in cuts}
        named = {c.cut for line in self.lines for c in line.conditions()} - {None}
        if named - offered:
            raise ValueError(
                f"no group of {self.name} has the cuts {sorted(map(str, named - offered))}"
            )
        if unscaled := self.measures() - set(self.scales):
            raise ValueError(f"{self.name} does not say which way {sorted(unscaled)} are better")

    def measures(self) -> frozenset[str]:
        """Return the names of all measures that the rules read."""
        conditions = [c for line in self.lines for c in line.conditions()]
        near = (self.near.measure, self.near.low, self.near.high) if self.near else ()
        return frozenset(
            {*(c.measure for c in conditions), *self.needs, *self.last_needs, *self.cuts_by, *near}
        )


class ExampleEvent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event of an example: what the envelope cannot do without, the rest as the public's word.

    organisation: the examples' trust, if absent.
    """

    type: str
    effective: dt.date
    organisation: str | None = None
    data: Annotated[msgspec.Raw, Meta(extra_json_schema={"type": "object"})]


class Example(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What levels a trust with these events has on a date; null is unknown.

    known_at: how many of its events are known; all of them, if absent.
    levels: by dimension, those of the picture that the example is about.
    """

    name: str
    events: tuple[ExampleEvent, ...]
    on: dt.date
    known_at: Annotated[int, Meta(ge=0)] | None = None
    levels: Annotated[dict[str, Level | None], Meta(min_length=1)]


class Examples(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The examples of a model: of one trust, after events that all of them begin with."""

    trust: str
    given: tuple[ExampleEvent, ...]
    cases: tuple[Example, ...]


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named, versioned set of rules, with the examples that it must agree with."""

    name: str
    version: int
    dimensions: tuple[DimensionRules, ...]
    examples: Examples | None = None

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
def models() -> Mapping[str, Model]:
    """Return the models that the service comes with, by name and version."""
    files = sorted(_FOLDER.iterdir(), key=lambda file: file.name)
    found = [read(file.read_bytes()) for file in files if file.name.endswith(".json")]
    return {model.full_name: model for model in found}


def first_model() -> Model:
    """Return the model that answers when none is asked for."""
    return models()["readiness-v1"]


__all__ = [
    "Condition", "DimensionRules", "Example", "ExampleEvent", "Examples", "Line", "Model", "Near",
    "Scale", "first_model", "models", "read",
]  # fmt: skip
