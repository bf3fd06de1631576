"""The generated history as lines of NDJSON: month by month, in the order of recording.

Each month the lives go on, small events fill it up to its share of the whole, some are put on the
shelf, the rest are recorded; what was recorded may be answered or put right in later months. So
the memory holds a month, the shelf and the lives, however long the history is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from service.domain import codec
from service.domain.envelope import Event
from service.generator import lives, months, register, world
from service.generator.answers import Desk, answers
from service.generator.bodies import Body, Life, Told
from service.generator.chance import Chance
from service.generator.mistakes import mistake
from service.generator.months import Month
from service.generator.plan import Plan, detail, length
from service.generator.shelf import Shelf

_DOUBLED_EVERY: Final = 24
_DOUBLED_IN: Final = 7
"""Every two years part of a month's lines is sent again, as when a file is sent twice."""


def lines(plan: Plan) -> Iterator[bytes]:
    """Return the history as lines, each with its end of line; exactly as many as were asked for."""
    return itertools.islice(_History(plan).lines(), plan.events)


class _Agenda:
    """Which life goes on in which month."""

    def __init__(self, count: int) -> None:
        self._waiting: list[list[tuple[Body | None, Life]]] = [[] for _ in range(count)]

    def begin(self, body: Body | None, life: Life, at: int) -> None:
        """Begin a life of an organisation, or of none, in a month."""
        self._put(body, life, at + next(life, len(self._waiting)))

    def go_on(self, month: Month) -> None:
        """Let each life that waited for a month go on, unless its organisation is closed."""
        for body, life in self._waiting[month.index]:
            if body is None or not body.closed:
                self._step(body, life, month)
        self._waiting[month.index] = []

    def _step(self, body: Body | None, life: Life, month: Month) -> None:
        try:
            wait = life.send(month)
        except StopIteration:
            return
        self._put(body, life, month.index + wait)

    def _put(self, body: Body | None, life: Life, at: int) -> None:
        if at < len(self._waiting):
            self._waiting[at].append((body, life))


class _History:
    """A plan being carried out."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._months = months.months(length(plan))
        self._world = world.found(plan, self._months[0])
        self._agenda = _Agenda(len(self._months))
        self._desk = Desk(self._world.bodies(), Chance(f"{plan.seed}/desk"))
        self._shelf = Shelf(plan.late, Chance(f"{plan.seed}/shelf"))
        self._count = 0

    def lines(self) -> Iterator[bytes]:
        """Yield all lines; a few more than were asked for where much was bound to happen."""
        first = self._months[0]
        self._begin(first)
        yield from self._recorded(self._founding(), first)
        for month in self._months:
            self._agenda.go_on(month)
            self._fill(month)
            done = self._recorded(self._shelf.passed(self._taken(), month), month)
            yield from done
            yield from self._doubled(done, month)
        yield from self._recorded(self._shelf.rest(), self._months[-1])

    def _founding(self) -> list[Told]:
        """Return what happened before the history begins: prompt, registrations first."""
        return sorted(self._taken(), key=lambda entry: entry[0])

    def _begin(self, month: Month) -> None:
        share = detail(self._plan)
        for trust in self._world.trusts:
            register.registered(trust, month)
        world.joined(self._world, self._plan, month)
        for life in world.reorganised(self._world, len(self._months)):
            self._agenda.begin(None, life, month.index)
        for trust in self._world.trusts:
            for life in lives.of_trust(trust, month, share):
                self._agenda.begin(trust, life, month.index)
        for system in self._world.systems:
            for life in lives.of_system(system, month, share):
                self._agenda.begin(system, life, month.index)
        wait = len(self._months) * 2 // 3 + 1
        for system in self._world.ahead:
            for life in lives.of_later_system(system, wait):
                self._agenda.begin(system, life, month.index)

    def _taken(self) -> list[Told]:
        """Return what was told since, and count it."""
        told = self._world.told
        taken, told[:] = list(told), []
        self._count += len(taken)
        return taken

    def _fill(self, month: Month) -> None:
        """Have small events happen until the month has its share, spread evenly over the trusts."""
        due = self._plan.events * (month.index + 1) // len(self._months)
        short = due - self._count - len(self._world.told)
        there = [trust for trust in self._world.trusts if not trust.closed]
        if short <= 0 or not there:
            return
        each, rest = divmod(short, len(there))
        for at, trust in enumerate(there):
            count = each + ((at - month.index * rest) % len(there) < rest)
            lives.small(trust, month, count)

    def _recorded(self, told: list[Told], month: Month) -> list[bytes]:
        """Return the lines of events, and begin what each of them sets going."""
        for _, event in told:
            self._look_at(event, month)
        return [codec.encode(event) + b"\n" for _, event in told]

    def _look_at(self, event: Event, month: Month) -> None:
        for life in answers(self._desk, event):
            self._agenda.begin(None, life, month.index)
        if (wrong := mistake(self._desk, event)) is not None:
            self._agenda.begin(None, wrong, month.index)

    def _doubled(self, done: list[bytes], month: Month) -> list[bytes]:
        """Return a run of a month's lines once more, every two years."""
        when = min(_DOUBLED_IN, len(self._months) - 1)
        if month.index % _DOUBLED_EVERY != when:
            return []
        run = done[len(done) // 4 : len(done) // 2]
        self._count += len(run)
        return run


__all__ = ["lines"]
