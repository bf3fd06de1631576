"""The level of connection: how old its evidence is, and what its measures make by the model.

Source: MODEL.md §1 (connection) and §3 (freshness).
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator

from service.domain.model import DimensionRules
from service.projections import connection_measures, held, offers
from service.projections.connection_measures import NETWORKS, Affairs
from service.projections.context import Context, returned
from service.projections.levelled import settled
from service.projections.levels import Answer, Case, decide, freshness


def connection_level(given: Context, rules: DimensionRules) -> Answer:
    """Return the level of connection on a date."""
    return settled(_level, given, rules)


def _level(given: Context, rules: DimensionRules) -> Answer:
    found = connection_measures.affairs(given)
    lasting = tuple(_lasting(found))
    age = freshness(
        rules,
        itertools.chain(_seen(found, lasting), returned(given, "connection")),
        lambda day: any(start <= day < end for start, end in lasting),
        given.on,
    )
    return decide(Case(rules, connection_measures.measures(given)), age)


def _seen(found: Affairs, lasting: Iterable[tuple[dt.date, dt.date]]) -> Iterator[dt.date]:
    """Yield the days of connections that count or are the body's own, and of all else by it."""
    given = found.given
    for start, end in lasting:
        yield from (start, end - dt.timedelta(days=1))
    ties = (tie for tie in found.ties if tie.ours or tie.two_sided)
    yield from (fact.effective for tie in ties for fact in tie.facts(given.on))
    yield from (f.effective for item in held.pieces(given, NETWORKS) for f in item.facts)
    yield from (fact.effective for fact in offers.matches(given))
    yield from (fact.effective for fact in given.own(*offers.TYPES, "NetworkSurveyed"))


def _lasting(found: Affairs) -> Iterator[tuple[dt.date, dt.date]]:
    """Yield what is known to last until a day, as [start, end): closed later, or with its end."""
    given = found.given
    pairs = (pair for tie in found.ties if tie.ours or tie.two_sided for pair in tie.pairs)
    yield from ((pair.start, pair.end) for pair in pairs if pair.end is not None)
    for item in held.pieces(given, NETWORKS):
        if item.end is not None:
            yield item.interval.start, item.end
    for standing in (*offers.offers(given), *offers.requests(given)):
        yield standing.opened.effective, standing.end


__all__ = ["connection_level"]
