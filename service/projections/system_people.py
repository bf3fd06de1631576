"""Moves of people between the trusts of a system in 12 months: question 9 of a lead.

A move is a departure and the same person's appointment in another trust within 12 months; one that
is said to be within the NHS and turns up nowhere here is shown without its goal. Persons are opaque
references, and some turnover is healthy (DOMAIN.md §5).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from service.domain import dates
from service.projections.contribution import Seated
from service.projections.measure import Evidence, Moment, together
from service.projections.member_people import WITHIN, Came, Left, Lent

_WITHIN_THE_NHS = "moved_within_nhs"


class PersonMove(Struct, frozen=True, gc=False):
    """A leader who left one trust, and where the person is in post next.

    to, to_post, began: None where no appointment in a trust of the system is known.
    with_partner: one of the two trusts is not hosted.
    """

    person: str
    from_: str = field(name="from")
    from_post: str
    left: Moment
    reason: str
    to: str | None
    to_post: str | None
    began: Moment | None
    with_partner: bool
    events: Evidence


class MovesOfPeople(Struct, frozen=True, gc=False):
    """Moves by the day of leaving, and secondments that are live or began in the 12 months."""

    moves: tuple[PersonMove, ...]
    secondments: tuple[Lent, ...]


_Arrivals = Mapping[str, Sequence[tuple[Seated, Came]]]


def people(members: Sequence[Seated], on: dt.date) -> MovesOfPeople:
    """Return the moves of people among members, given in order of their codes."""
    arrivals: dict[str, list[tuple[Seated, Came]]] = {}
    for one in members:
        for came in one.trust.people.came:
            arrivals.setdefault(came.person, []).append((one, came))
    found = [move for one in members for move in _of(one, arrivals, on)]
    found.sort(key=lambda move: (move.left.date, move.from_, move.from_post, move.person))
    return MovesOfPeople(tuple(found), _secondments(members))


def _secondments(members: Sequence[Seated]) -> tuple[Lent, ...]:
    """Return the secondments of members, each once, as the borrower's history tells it."""
    found: dict[tuple[int, ...], Lent] = {}
    for one in members:
        for item in one.trust.people.lent:
            if item.events.first not in found or item.borrower == one.code:
                found[item.events.first] = item
    order = sorted(found.values(), key=lambda i: (i.on.date, i.lender, i.borrower, i.post))
    return tuple(order)


def _of(one: Seated, arrivals: _Arrivals, on: dt.date) -> Iterator[PersonMove]:
    """Yield the moves from one trust whose newest day lies in the last 12 months."""
    after = dates.add_months(on, -WITHIN)
    for left in one.trust.people.left:
        found = _next(one, left, arrivals.get(left.person, ()))
        if found is not None and found[1].on.date > after:
            yield _move(one, left, found)
        elif found is None and left.reason == _WITHIN_THE_NHS and left.on.date > after:
            yield _move(one, left, None)


def _next(
    one: Seated, left: Left, arrivals: Sequence[tuple[Seated, Came]]
) -> tuple[Seated, Came] | None:
    """Return the first appointment elsewhere on the day of leaving or within 12 months after."""
    until = dates.add_months(left.on.date, WITHIN)
    later = [
        (trust, came)
        for trust, came in arrivals
        if trust.code != one.code and left.on.date <= came.on.date <= until
    ]
    return min(later, key=lambda pair: (pair[1].on.date, pair[0].code), default=None)


def _move(one: Seated, left: Left, found: tuple[Seated, Came] | None) -> PersonMove:
    trust, came = found or (None, None)
    roles = {one.role, trust.role if trust else "host"}
    return PersonMove(
        person=left.person,
        from_=one.code,
        from_post=left.post,
        left=left.on,
        reason=left.reason,
        to=trust.code if trust else None,
        to_post=came.post if came else None,
        began=came.on if came else None,
        with_partner=roles != {"host"},
        events=together((left.events, *([came.events] if came else []))),
    )


__all__ = ["MovesOfPeople", "PersonMove", "people"]
