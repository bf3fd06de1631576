"""From measures to a level: the model's decision list, three-valued, with freshness.

Source: MODEL.md §1 (decision lists, cannot_tell, distance) and §3 (unknown and freshness).
"""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from service.domain import dates
from service.domain.model import Condition, DimensionRules, Line
from service.projections.measure import Measure, Value

Truth = bool | None
"""None is unknown."""
_OPS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "in": lambda value, among: value in among,
}  # fmt: skip
_NEGATED: Final = {
    "==": "!=", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "in": "not in",
}  # fmt: skip
_SIDES: Final = {
    "at_least": (">", (">", ">="), ("<", "<=")),
    "at_most": ("<", ("<", "<="), (">", ">=")),
}
"""Of a bound: what lies beyond it for sure, the operators that it can prove, and can refute."""
_UNTOLD: Final = frozenset({"unknown", "withheld"})
_WHEN_UNKNOWN: Final[Mapping[str, Truth]] = {"true": True, "false": False, "unknown": None}


class Freshness(Struct, frozen=True, gc=False):
    """How old the evidence is. date: of the evidence; None when there is none."""

    date: dt.date | None
    days: int | None
    state: Literal["fresh", "ageing", "stale", "none"]
    stale_from: dt.date | None


class Distance(Struct, frozen=True, gc=False):
    """What the next level up needs first."""

    measure: str
    value: Value
    needs: str


class Answer(Struct, frozen=True, gc=False):
    """A level and how it came about; level None is "unknown", which is not 0.

    cannot_tell: levels of lines tried before that hang on an unknown. missing: what they miss.
    settled: the level three months earlier was the same. near_cut: a cut lies within the interval
    of the figure; None where that cannot be judged, and near_cut_reason says why.
    disputed: positions of open disputes of what its measures rest on.
    """

    level: int | None
    cannot_tell: tuple[int, ...]
    missing: tuple[str, ...]
    near_cut: bool | None
    settled: bool
    evidence_age: Freshness
    distance: Distance | None
    rule: str | None
    source: str | None
    strength: str | None
    unknown_since: dt.date | None = None
    reason: str | None = None
    near_cut_reason: str | None = None
    disputed: tuple[int, ...] = ()


class Case(Struct, frozen=True, gc=False):
    """What one dimension's level is decided from."""

    rules: DimensionRules
    measures: Mapping[str, Measure]

    def cuts(self) -> Mapping[str, float] | None:
        """Return the cuts of the edition and group at hand; None when the model has none."""
        names = [str(self.measures[name].value) for name in self.rules.cuts_by]
        return self.rules.cuts.get("/".join(names))


def freshness(
    rules: DimensionRules, seen: Iterable[dt.date], vouched: Callable[[dt.date], bool], on: dt.date
) -> Freshness:
    """Return the age of evidence on a day.

    seen: dates of evidence. vouched: tells whether something known holds on a day by itself.
    """
    newest = on if vouched(on) else max((day for day in seen if day <= on), default=None)
    if newest is None:
        return Freshness(None, None, "none", None)
    stale_from = _stale_from(newest, rules.fresh_months)
    if newest < dates.add_months(on, -rules.fresh_months):
        state: Literal["fresh", "ageing", "stale"] = "stale"
    elif newest < dates.add_months(on, -rules.ageing_months):
        state = "ageing"
    else:
        state = "fresh"
    return Freshness(newest, (on - newest).days, state, stale_from)


def _stale_from(newest: dt.date, months: int) -> dt.date:
    """Return the first day of which evidence lies before the window, clamped months and all."""
    day = dates.add_months(newest, months) + dt.timedelta(days=1)
    while dates.add_months(day, -months) <= newest:
        day += dt.timedelta(days=1)
    return day


def decide(case: Case, age: Freshness) -> Answer:
    """Return the level, not yet compared with three months earlier, with its open disputes."""
    found = {position for one in case.measures.values() for position in one.disputed}
    answer = _decided(case, age)
    return msgspec.structs.replace(answer, disputed=tuple(sorted(found))) if found else answer


def _decided(case: Case, age: Freshness) -> Answer:
    reason = _why_unknown(case, age)
    if reason is not None:
        return nothing(reason, age, _unknown_of(case, case.rules.needs))
    lines = case.rules.lines
    truths = [_line(case, line) for line in lines]
    index = truths.index(True)
    tried = [line for line, truth in zip(lines[:index], truths, strict=False) if truth is None]
    held = lines[index]
    near, why_not = _near(case)
    lowers = any(line.level < held.level for line in tried)
    missing = _missing(case, tried)
    hangs = not set(case.rules.last_needs).isdisjoint(missing)
    if index == len(lines) - 1 and (lowers or hangs):
        reason = (
            "a_lower_level_cannot_be_ruled_out" if lowers else "a_higher_level_cannot_be_ruled_out"
        )
        answer = nothing(reason, age, missing)
        return msgspec.structs.replace(answer, cannot_tell=_levels_of(tried))
    return Answer(
        level=held.level,
        cannot_tell=_levels_of(tried),
        missing=missing,
        near_cut=near,
        settled=False,
        evidence_age=age,
        distance=_distance(case, index),
        rule=held.rule,
        source=held.source,
        strength=held.strength,
        near_cut_reason=why_not,
    )


def nothing(reason: str, age: Freshness, missing: Sequence[str] = ()) -> Answer:
    """Return that a level is unknown, and why."""
    since = age.stale_from if reason == "evidence_too_old" else None
    return Answer(
        level=None,
        cannot_tell=(),
        missing=tuple(missing),
        near_cut=None,
        settled=False,
        evidence_age=age,
        distance=None,
        rule=None,
        source=None,
        strength=None,
        unknown_since=since,
        reason=reason,
        near_cut_reason="level_unknown",
    )


def _levels_of(lines: Iterable[Line]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(line.level for line in lines))


def _why_unknown(case: Case, age: Freshness) -> str | None:
    if _unknown_of(case, case.rules.needs):
        return "no_evidence"
    if age.state in {"stale", "none"}:
        return "evidence_too_old" if age.state == "stale" else "no_evidence"
    if case.rules.cuts_by and case.cuts() is None:
        return "no_cuts_for_this_edition_and_group"
    return None


def _unknown_of(case: Case, names: Iterable[str]) -> list[str]:
    return [name for name in names if case.measures[name].status in _UNTOLD]


def _line(case: Case, line: Line) -> Truth:
    every = _all([_condition(case, condition) for condition in line.all])
    some = _any([_condition(case, condition) for condition in line.any]) if line.any else True
    return _all([every, some])


def _all(truths: Sequence[Truth]) -> Truth:
    if False in truths:
        return False
    return None if None in truths else True


def _any(truths: Sequence[Truth]) -> Truth:
    if True in truths:
        return True
    return None if None in truths else False


def _condition(case: Case, condition: Condition) -> Truth:
    bound = _bound(case, condition)
    if condition.cut is not None and bound is None:
        return False
    truth = _compare(case.measures[condition.measure], condition.op, bound)
    return _WHEN_UNKNOWN[condition.unknown] if truth is None else truth


def _bound(case: Case, condition: Condition) -> object:
    if condition.cut is None:
        return condition.value
    return (case.cuts() or {}).get(condition.cut)


def _compare(measure: Measure, op: str, bound: object) -> Truth:
    """Compare; a bound figure proves only what no greater (or smaller) value could undo."""
    if measure.status in _UNTOLD:
        return None
    truth = _OPS[op](measure.value, bound)
    if measure.status not in _SIDES:
        return truth
    beyond, proves, refutes = _SIDES[measure.status]
    if op in proves:
        return truth or None
    if op in refutes:
        return None if truth else False
    return False if op == "==" and _OPS[beyond](measure.value, bound) else None


def _missing(case: Case, lines: Iterable[Line]) -> tuple[str, ...]:
    """Return the measures that keep lines from being told."""
    conditions = [c for line in lines for c in (*line.all, *line.any)]
    found = [c.measure for c in conditions if _condition(case, c) is None]
    return tuple(dict.fromkeys(found))


def _near(case: Case) -> tuple[bool | None, str | None]:
    """Return whether a cut lies within the figure's interval; else None, and why nobody can say.

    Only a figure with an interval can be near a cut by chance: a share of those who were asked. A
    count is on one side of a threshold or on the other, and an estimate (a total spread by day, a
    stock without a census) states no interval that a cut could be held against. Rounded counts have
    one: their band.
    """
    near, cuts = case.rules.near, case.cuts()
    if near is None or cuts is None:
        banded = any(measure.band for measure in case.measures.values())
        return (_in_band(case), None) if banded else (None, "figure_without_interval")
    low, high = case.measures[near.low], case.measures[near.high]
    if not isinstance(low.value, int | float) or not isinstance(high.value, int | float):
        return None, str(low.reason or "figure_without_interval")
    used = {c.cut for line in case.rules.lines for c in (*line.all, *line.any)}
    held = [cut for name, cut in cuts.items() if name in used]
    return any(low.value <= cut <= high.value for cut in held), None


def _in_band(case: Case) -> bool:
    """Return whether the exact figure may lie on the other side of a threshold (MODEL.md §5.4)."""
    conditions = (c for line in case.rules.lines for c in (*line.all, *line.any))
    return any(_straddles(case.measures[c.measure], _bound(case, c)) for c in conditions)


def _straddles(measure: Measure, bound: object) -> bool:
    if not measure.band or isinstance(bound, bool) or not isinstance(bound, int | float):
        return False
    return abs(float(measure.value or 0) - bound) <= measure.band


def _distance(case: Case, index: int) -> Distance | None:
    """Return what keeps the level from rising: the line that holds it down, or what is short."""
    lines = case.rules.lines
    held = lines[index]
    if any(line.level > held.level for line in lines[index + 1 :]):
        holds = [c for c in (*held.all, *held.any) if _condition(case, c)]
        return _told(case, holds[0], _NEGATED[holds[0].op])
    above = sorted((line for line in lines if line.level > held.level), key=lambda x: x.level)
    for line in above:
        conditions = [c for c in (*line.all, *line.any) if c.cut is None or _bound(case, c)]
        failing = [c for c in conditions if not _condition(case, c)]
        if failing:
            return _told(case, failing[0], failing[0].op)
    return None


def _told(case: Case, condition: Condition, op: str) -> Distance:
    bound = msgspec.json.encode(_bound(case, condition)).decode()
    return Distance(condition.measure, case.measures[condition.measure].value, f"{op} {bound}")


__all__ = ["Answer", "Case", "Distance", "Freshness", "decide", "freshness", "nothing"]
