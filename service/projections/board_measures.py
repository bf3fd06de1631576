"""The measures of the board that the model's lines name: commitments, reviews, development.

Source: MODEL.md §1 (board) and §3. A commitment that is not recorded is none; a review or a
session that is not recorded is unknown while its quarter is not covered. All of the body's own
board: that of an absorbed trust was another board.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from service.domain import dates
from service.projections import board_commitments, skilled
from service.projections.context import Context, once
from service.projections.coverage import Coverage, Quarter, bodies, counted, coverage
from service.projections.history import Fact
from service.projections.ledger import newest
from service.projections.measure import Measure, measure, ratio, unknown

DIMENSION: Final = "board"
REVIEW: Final = "BoardReviewedProgress"
DEVELOPMENT: Final = "BoardDevelopmentHeld"
_TWO_YEARS: Final = 8
_HALF_A_YEAR: Final = 2
_YEAR: Final = 4


class Reviewed(Struct, frozen=True, gc=False):
    """One full quarter. covered: whether no review recorded means none held."""

    quarter: Quarter
    covered: bool
    reviews: tuple[Fact, ...]

    @property
    def with_spc(self) -> bool:
        """Tell whether the board looked at charts of variation."""
        return any(fact.data.data_form == "spc" for fact in self.reviews)


@once
def measures(given: Context) -> dict[str, Measure]:
    """Return the measures of the model by name."""
    return {
        "sponsor_live": board_commitments.live(given, "executive_sponsor"),
        "sponsor_dropped": _dropped(given),
        "method_live": board_commitments.live(given, "agreed_method"),
        "spc_quarters_in_a_row": _in_a_row(given),
        "board_reviews_6m": _reviews(given),
        "board_development_12m": _developed(given),
        "board_trained_percent": _trained(given),
    }


def quarters(given: Context) -> tuple[Reviewed, ...]:
    """Return the last eight full quarters, newest first, with their reviews."""
    found = _covered(given, REVIEW, _TWO_YEARS)
    return tuple(_reviewed(given, quarter, found) for quarter in found.quarters)


def held(given: Context, kind: str, months: int) -> list[Fact]:
    """Return the body's own facts of a type in the months up to the date."""
    after = dates.add_months(given.on, -months)
    return [fact for fact in given.own(kind) if after < fact.effective <= given.on]


def _covered(given: Context, kind: str, count: int) -> Coverage:
    own = bodies(given, lambda _fact: True, kind)[:1]
    return coverage(DIMENSION, own, given.on, count)


def _reviewed(given: Context, quarter: Quarter, found: Coverage) -> Reviewed:
    inside = [f for f in given.own(REVIEW) if quarter.start <= f.effective < quarter.end]
    return Reviewed(quarter, quarter in found.covered, tuple(inside))


def _dropped(given: Context) -> Measure:
    """Return whether a sponsor's commitment ended and none is live."""
    live = board_commitments.live(given, "executive_sponsor")
    ended = [
        fact
        for fact in given.own("BoardCommitmentEnded")
        if fact.data.commitment == "executive_sponsor" and fact.effective <= given.on
    ]
    return measure(bool(ended) and not live.value, "yes_no", ended)


def _in_a_row(given: Context) -> Measure:
    """Return how many of the newest full quarters, without a gap, saw charts of variation.

    Known when a covered quarter without ends the row, or at eight; else at least.
    """
    found = quarters(given)
    row = next((i for i, item in enumerate(found) if not item.with_spc), len(found))
    ends = found[row] if row < len(found) else None
    if not row and ends is not None and not ends.covered:
        return unknown("quarters", "no_quarter_covered")
    exact = ends is None or ends.covered
    behind = _covered(given, REVIEW, min(row + 1, len(found))).facts
    return measure(row, "quarters", behind, "known" if exact else "at_least")


def _reviews(given: Context) -> Measure:
    found = held(given, REVIEW, 6)
    return counted(len(found), "reviews", found, _covered(given, REVIEW, _HALF_A_YEAR))


def _developed(given: Context) -> Measure:
    found = held(given, DEVELOPMENT, 12)
    if found:
        return measure(value=True, unit="yes_no", facts=found)
    behind = _covered(given, DEVELOPMENT, _YEAR)
    if not behind.complete:
        return unknown("yes_no", "not_every_quarter_is_covered", behind.facts)
    return measure(value=False, unit="yes_no", facts=behind.facts)


def _trained(given: Context) -> Measure:
    """Return the trained over the voting members, of the newest count of each."""
    counted_ = skilled.newest_census(given, "board")
    composed = newest(f for f in given.own("BoardComposed") if f.effective <= given.on)
    if counted_ is None or composed is None:
        return unknown("percent", "no_census" if counted_ is None else "no_board_composition")
    people = measure(counted_.data.people, "people", [counted_])
    members = measure(composed.data.voting_members, "people", [composed])
    return ratio(people, members, "percent", 100)


__all__ = ["DEVELOPMENT", "DIMENSION", "REVIEW", "Reviewed", "held", "measures", "quarters"]
