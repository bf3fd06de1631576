"""What a trust offers to others and asks of them, and what tells whether two suit each other."""

from __future__ import annotations

import datetime as dt
from typing import Final

from msgspec import Struct

from service.domain import dates
from service.projections import offers
from service.projections.context import Context, UnreadableAt
from service.projections.measure import Measure
from service.projections.member_sections import Sections
from service.projections.offers import Match, Offer, Request

_YEAR: Final = 12


class Offering(Struct, frozen=True, gc=False):
    """An offer that stands. position: of its event, by which matches name it."""

    position: int
    offer: Offer


class Asking(Struct, frozen=True, gc=False):
    """A request that stands. position: of its event, by which matches name it."""

    position: int
    request: Request


class Help(Struct, frozen=True, gc=False):
    """Live offers and requests of one trust, matches of 12 months, and what it is like.

    methods: of live strategies and programmes; None where none of them names one.
    """

    offers: tuple[Offering, ...]
    requests: tuple[Asking, ...]
    matches: tuple[Match, ...]
    headcount: Measure
    methods: frozenset[str] | None


def given_help(given: Context, said: Sections, headcount: Measure) -> Help:
    """Return a trust's offers and requests on a date; none of a connection that is unreadable."""
    methods = _methods(said)
    if isinstance(said.connection, UnreadableAt):
        return Help((), (), (), headcount, methods)
    on = given.on
    standing = [item for item in offers.offers(given) if item.live(on)]
    asked = [item for item in offers.requests(given) if item.live(on)]
    return Help(
        tuple(Offering(one.opened.position, offers.shown_offer(one, on)) for one in standing),
        tuple(Asking(one.opened.position, offers.shown_request(one, on)) for one in asked),
        tuple(item for item in said.connection.matches if _recent(item, on)),
        headcount,
        methods,
    )


def _recent(item: Match, on: dt.date) -> bool:
    return item.agreed.date > dates.add_months(on, -_YEAR)


def _methods(said: Sections) -> frozenset[str] | None:
    if isinstance(said.strategy, UnreadableAt):
        return None
    found = {item.method for item in said.strategy.live if item.method is not None}
    return frozenset(found) or None


__all__ = ["Asking", "Help", "Offering", "given_help"]
