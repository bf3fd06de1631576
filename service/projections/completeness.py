"""How complete the record of a trust is: by dimension and by division, and what to send next.

It says what is there, how old and how well assured, and which gaps keep levels unknown. It gives no
mark for it and sets no trust beside another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from msgspec import Struct

from service.domain.model import Model
from service.domain.register import BY_NAME
from service.projections import register
from service.projections.completeness_dimensions import DimensionRecord, Gap, records
from service.projections.completeness_divisions import DivisionRecord, divisions
from service.projections.completeness_next import ToSend, to_send
from service.projections.completeness_seen import (
    AssuranceShare,
    LastEvent,
    assurance,
    last_event,
)
from service.projections.completeness_wanted import DIVISIONS, HEADCOUNT, Wanted
from service.projections.context import Context
from service.projections.dimensions import levels
from service.projections.history import Fact
from service.projections.senses.check import OpenWarning
from service.projections.senses.register import Warned, listed
from service.projections.size import size


class Completeness(Struct, frozen=True, gc=False):
    """How complete the record of a trust is on a date.

    note: what a reader must know first ("closed, see RYR"). last_event: of its own stream, the
    register apart; assurance: of all such events by the date. gaps: of the trust as a whole.
    warnings: open ones of the whole history as known, on no date. next: what to send, in order.
    """

    code: str
    on: dt.date
    note: str | None
    last_event: LastEvent | None
    assurance: tuple[AssuranceShare, ...]
    gaps: tuple[Gap, ...]
    dimensions: tuple[DimensionRecord, ...]
    divisions: tuple[DivisionRecord, ...]
    warnings: Warned
    next: tuple[ToSend, ...]


def completeness(given: Context, model: Model, warnings: Sequence[OpenWarning]) -> Completeness:
    """Return how complete a trust's record is on the context's date."""
    own = _own(given)
    by_dimension = records(given, levels(given, model), warnings)
    whole = () if given.ended() else tuple(_gaps(given))
    by_division = divisions(given)
    return Completeness(
        code=given.code,
        on=given.on,
        note=register.note(register.registration(given.code, given.history, given.on)),
        last_event=last_event(own),
        assurance=assurance(own),
        gaps=whole,
        dimensions=by_dimension,
        divisions=by_division,
        warnings=listed(warnings),
        next=() if given.ended() else to_send(whole, by_dimension, by_division),
    )


def _own(given: Context) -> tuple[Fact, ...]:
    groups = (g for kind, g in given.own_by_type.items() if BY_NAME[kind].part != "register")
    return tuple(fact for group in groups for fact in group if fact.effective <= given.on)


def _gaps(given: Context) -> Iterator[Gap]:
    found = size(given)
    if found.headcount.value is None:
        yield _not_known("no_headcount", HEADCOUNT)
    if not found.divisions:
        yield _not_known("no_divisions", DIVISIONS)


def _not_known(code: str, wanted: Wanted) -> Gap:
    return Gap(code, f"not known: {wanted.words}", send=wanted.type)


__all__ = ["Completeness", "completeness"]
