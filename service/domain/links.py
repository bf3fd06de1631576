"""Mergers and memberships of systems: which are in force when, and whether they make a circle.

A circle is made of links that hold on one day: A in B until 2021 and B in A from 2022 on is none.
A merger holds from its day on, a membership until the system left; closures are left out of it,
since an end at a closure never lets in a link that makes sense. Source: CONVENTIONS.md 20,
DOMAIN.md §2 (corrections). Pure.
"""

from __future__ import annotations

import bisect
import datetime as dt
import functools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from service.domain import codec, corrections
from service.domain.catalogue.record.event_corrected import EventCorrected
from service.domain.envelope import Event, Payload, type_name
from service.domain.faults import Unfit
from service.domain.register import BY_NAME

_LINKS: Final = {"TrustMerged": "into", "SystemJoinedSystem": "system"}
_MEMBERS: Final = _LINKS | {"SystemLeftSystem": "system"}
ORIGINALS: Final = frozenset(_MEMBERS)
"""Types that make or end a link; the index `events_links` lists the same."""
CHANGES: Final = frozenset({"EventCorrected", "EventRetracted"})
"""Types that change how an earlier event is read."""


class Row(Struct, frozen=True, gc=False):
    """A stored event as the log hands it out: its body is not looked into."""

    position: int
    id: uuid.UUID
    organisation: str
    type: str
    type_version: int
    effective: dt.date
    about: uuid.UUID | None
    body: bytes


class Told(Struct, frozen=True, gc=False):
    """What one event says of its organisation's links.

    about: the event that it corrects or retracts. other: the code that it names; None where it
    names none, or nobody can read which.
    """

    position: int
    id: uuid.UUID
    type: str
    effective: dt.date
    about: uuid.UUID | None
    other: str | None


class Link(Struct, frozen=True, gc=False):
    """One organisation leads to another from `start` on, until the day before `end`."""

    other: str
    start: dt.date
    end: dt.date | None

    def holds(self, day: dt.date) -> bool:
        """Tell whether it holds on a day."""
        return self.start <= day and (self.end is None or day < self.end)


def told(event: Event, position: int, about: uuid.UUID | None, target_type: str | None) -> Told:
    """Return what an event says of links; target_type: of the event that it is about."""
    kind = type_name(event)
    payload: Payload | None = event.data
    if isinstance(event.data, EventCorrected):
        payload = _corrected(event.data, target_type)
    member = _MEMBERS.get(target_type or kind)
    other = getattr(payload, member, None) if member else None
    return Told(position, event.id, kind, event.effective, about, other)


def _corrected(data: EventCorrected, target_type: str | None) -> Payload | None:
    kind = BY_NAME.get(target_type or "")
    try:
        return corrections.payload(data, kind) if kind else None
    except (msgspec.MsgspecError, Unfit, UnicodeDecodeError, RecursionError):
        return None


def read(rows: Iterable[Row]) -> dict[str, list[Told]]:
    """Return what stored events say of links, by organisation, in order.

    A body that cannot be read says nothing: no link, no correction, no retraction (invariant 7).
    """
    kinds: dict[uuid.UUID, str] = {}
    found: dict[str, list[Told]] = {}
    for row in sorted(rows, key=lambda row: row.position):
        kinds[row.id] = row.type
        event = codec.read(row.body, row.type, row.type_version, row.organisation)
        if not isinstance(event, codec.Unread):
            target = kinds.get(row.about) if row.about else None
            one = told(event, row.position, row.about, target)
        elif row.type in ORIGINALS:  # what corrects it may still be read
            one = Told(row.position, row.id, row.type, row.effective, None, None)
        else:
            continue
        found.setdefault(row.organisation, []).append(one)
    return found


def in_force(said: Sequence[Told]) -> list[Link]:
    """Return the links of one organisation, from all that was told of them, in order."""
    moves = list(_moves(said))
    leavings: dict[str | None, list[tuple[dt.date, int]]] = {}
    for move, origin in moves:
        if origin.type not in _LINKS:
            leavings.setdefault(move.other, []).append((move.effective, origin.position))
    for ends in leavings.values():
        ends.sort()
    found = []
    for move, origin in moves:
        if origin.type in _LINKS and move.other is not None:
            ends = leavings.get(move.other, [])
            at = bisect.bisect_right(ends, (move.effective, origin.position))
            found.append(Link(move.other, move.effective, ends[at][0] if at < len(ends) else None))
    return [link for link in found if link.end is None or link.end > link.start]


def _moves(said: Sequence[Told]) -> Iterator[tuple[Told, Told]]:
    """Yield each original in force, after what counts of it: its newest correction, or itself."""
    gone = _retracted(said)
    corrections = {
        one.about: one for one in said if one.type == "EventCorrected" and one.id not in gone
    }
    for one in said:
        if one.type in ORIGINALS and one.id not in gone:
            yield corrections.get(one.id, one), one


def _retracted(said: Sequence[Told]) -> set[uuid.UUID]:
    """Return what is no longer in force: one pass backward, as only later ones retract."""
    gone: set[uuid.UUID] = set()
    for one in reversed(said):
        if one.type == "EventRetracted" and one.about is not None and one.id not in gone:
            gone.add(one.about)
    return gone


Leads = Callable[[str], Sequence[Link]]


def circle(
    organisation: str, said: Callable[[str], Sequence[Told]], new: Told
) -> tuple[str, ...] | None:
    """Return the codes along a circle that one more event of an organisation makes, or None.

    said: what was told of an organisation so far, in order. A circle that was there before is none
    that this event makes: what takes it apart must be let in. Costs as much as can be reached.
    """
    if _makes_none(said, new):
        return None
    now = in_force([*said(organisation), new])

    @functools.cache
    def before(code: str) -> Sequence[Link]:
        """Return an organisation's links without the event."""
        return in_force(said(code))

    def after(code: str) -> Sequence[Link]:
        """Return an organisation's links with the event."""
        return now if code == organisation else before(code)

    if _way(organisation, after, None) is None:
        return None
    for day in _days(organisation, (before, after)):
        way = _way(organisation, after, day)
        if way is not None and _way(organisation, before, day) is None:
            return way
    return None


def _makes_none(said: Callable[[str], Sequence[Told]], new: Told) -> bool:
    """Tell at a glance that an event makes no circle: it leaves, or joins what leads nowhere."""
    if new.type in _LINKS:
        return new.other is None or not said(new.other)
    return new.type in ORIGINALS


def _way(organisation: str, leads: Leads, day: dt.date | None) -> tuple[str, ...] | None:
    """Return a way from an organisation back to itself on a day, or whatever the days."""
    came_from: dict[str, str] = {}
    waiting = [organisation]
    while waiting:
        code = waiting.pop()
        for link in leads(code):
            if day is not None and not link.holds(day):
                continue
            if link.other == organisation:
                return _walked(code, came_from, organisation)
            if link.other not in came_from:
                came_from[link.other] = code
                waiting.append(link.other)
    return None


def _walked(last: str, came_from: Mapping[str, str], organisation: str) -> tuple[str, ...]:
    way = [organisation]
    while last != organisation:
        way.append(last)
        last = came_from[last]
    return (organisation, *reversed(way))


def _days(organisation: str, all_leads: Sequence[Leads]) -> list[dt.date]:
    """Return the days on which something changes along the ways from an organisation."""
    found: set[dt.date] = set()
    for leads in all_leads:
        waiting, reached = [organisation], {organisation}
        while waiting:
            for link in leads(waiting.pop()):
                found.update({link.start, link.end or link.start})
                if link.other not in reached:
                    reached.add(link.other)
                    waiting.append(link.other)
    return sorted(found)


__all__ = ["CHANGES", "ORIGINALS", "Link", "Row", "Told", "circle", "in_force", "read", "told"]
