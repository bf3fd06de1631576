"""Projects: from their start to what became of them, over mergers.

Source: DOMAIN.md §2 (mergers: projects go on, keyed by organisation and reference).
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import UNSET, Struct

from service.projections.context import Context, carried, lasting, once
from service.projections.history import Fact
from service.projections.ledger import newest

_STARTED: Final = "ProjectStarted"
TYPES: Final = (_STARTED, "ProjectCompleted")
_PLAIN: Final = ([_STARTED], list(TYPES))
_MEASURED: Final = frozenset({"spc_special_cause", "before_after"})


class Project(Struct, frozen=True, gc=False):
    """One project. started: as last said of its start; completed: all said of its end, in order.

    origin: the absorbed trust whose it was.
    """

    project: str
    origin: str | None
    started: Fact | None
    completed: tuple[Fact, ...]
    facts: tuple[Fact, ...]

    @property
    def active(self) -> bool:
        """Tell whether it runs."""
        return not self.completed

    @property
    def end(self) -> dt.date | None:
        """Return the first day on which it is over."""
        return self.completed[0].effective if self.completed else None

    @property
    def last(self) -> Fact | None:
        """Return what counts of all said of its end: the newest, then the best assured."""
        return newest(self.completed)

    @property
    def outcome(self) -> str | None:
        """Return what became of it, as last said."""
        return str(self.last.data.outcome) if self.last else None

    @property
    def measured(self) -> bool:
        """Tell whether its result was measured."""
        if self.last is None:
            return False
        return self.outcome != "not_measured" and self.last.data.evidence in _MEASURED

    @property
    def days(self) -> int | None:
        """Return the days from its start to its end, if both are known."""
        if self.started is None or self.end is None:
            return None
        return (self.end - self.started.effective).days

    @property
    def saving(self) -> int | None:
        """Return what it saves in a year, as last said, in pence."""
        said = newest(fact for fact in self.completed if fact.data.saving_pence is not UNSET)
        return int(said.data.saving_pence) if said else None


class _Told(Struct, frozen=True, gc=False):
    """All that was ever said of one reference, and the projects that it makes in the end."""

    name: str
    origin: str | None
    facts: tuple[Fact, ...]
    projects: tuple[Project, ...]


@once
def projects(given: Context) -> list[Project]:
    """Return every project known by the date, in order of its first day.

    A successor completes what an absorbed trust began, unless it had begun one of that name itself.
    """
    found: list[Project] = []
    for told in _told(given):
        if told.facts[-1].effective <= given.on:
            found += told.projects
        else:
            said = tuple(fact for fact in told.facts if fact.effective <= given.on)
            found += _projects(told.name, told.origin, said)
    if given.absorbed:
        ended = {fact.position for p in found for fact in p.completed if _by_a_successor(fact, p)}
        found = [project for project in found if not _lent(project, ended)]
    return sorted(found, key=_first)


@lasting
def _told(given: Context) -> tuple[_Told, ...]:
    found: list[_Told] = []
    begun = _begun(given) if given.absorbed else {}
    for origin, facts in carried(given, *TYPES):
        keyed: dict[str, list[Fact]] = {}
        for fact in facts:
            if origin is None or _belongs(fact, origin, begun):
                keyed.setdefault(fact.data.project, []).append(fact)
        for name, items in keyed.items():
            said = tuple(items)
            found.append(_Told(name, origin, said, _projects(name, origin, said)))
    return tuple(found)


def _begun(given: Context) -> dict[tuple[str, str], tuple[dt.date, int]]:
    """Return when each body first began a project of each name."""
    found: dict[tuple[str, str], tuple[dt.date, int]] = {}
    started = itertools.chain(given.own(_STARTED), *(gone.own(_STARTED) for gone in given.absorbed))
    for fact in started:
        key = (fact.organisation, fact.data.project)
        found.setdefault(key, (fact.effective, fact.position))
    return found


@lasting
def ended(given: Context) -> tuple[tuple[dt.date, dt.date], ...]:
    """Return from when to when each project ran that was started and completed."""
    projects_ = (project for told in _told(given) for project in told.projects)
    return tuple((p.started.effective, p.end) for p in projects_ if p.started and p.end)


def _projects(name: str, origin: str | None, said: tuple[Fact, ...]) -> tuple[Project, ...]:
    """Return the projects that were said under one reference, none where only its end was."""
    if origin is not None and all(fact.organisation != origin for fact in said):
        return ()
    kinds = [fact.type for fact in said]
    if kinds in _PLAIN:  # nearly every project: there is nothing to choose from
        return (Project(name, origin, said[0], said[1:], said),)
    return tuple(_project(name, origin, part) for part in _parts(said)) if said else ()


def _belongs(fact: Fact, origin: str, begun: Mapping[tuple[str, str], tuple[dt.date, int]]) -> bool:
    """Tell whether a fact is of an origin's project: its own, or a successor's end of it.

    A successor that begins one of that name later takes nothing back: each day stays as it was.
    """
    if fact.organisation == origin:
        return True
    first = begun.get((fact.organisation, fact.data.project))
    return first is None or first > (fact.effective, fact.position)


def _by_a_successor(fact: Fact, project: Project) -> bool:
    return project.origin is not None and fact.organisation != project.origin


def _lent(project: Project, ended: set[int]) -> bool:
    """Tell whether all that is known of a project is the end of one absorbed before."""
    return all(
        fact.position in ended and not _by_a_successor(fact, project) for fact in project.facts
    )


def _first(project: Project) -> tuple[dt.date, int]:
    return project.facts[0].effective, project.facts[0].position


def _parts(said: Sequence[Fact]) -> Iterator[list[Fact]]:
    """Yield what was said of one reference, a new start after an end beginning a new project."""
    part: list[Fact] = []
    over = False
    for fact in said:
        starts = fact.type == _STARTED
        if starts and over:
            yield part
            part = []
        over = not starts
        part.append(fact)
    yield part


def _project(name: str, origin: str | None, part: Sequence[Fact]) -> Project:
    started = newest(fact for fact in part if fact.type == _STARTED)
    ends = tuple(fact for fact in part if fact.type != _STARTED)
    return Project(name, origin, started, ends, tuple(part))


__all__ = ["TYPES", "Project", "ended", "projects"]
