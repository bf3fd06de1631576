"""What organisations say of their own record: quarterly returns, and who may see more of it."""

from __future__ import annotations

from typing import Final

from service.domain import dates
from service.domain.catalogue.record.return_made import ReturnMade
from service.domain.catalogue.record.share_granted import ShareGranted
from service.domain.catalogue.record.share_withdrawn import ShareWithdrawn
from service.domain.fields import Dimension, Shared
from service.generator.bodies import DECLARED, Body, Life, Trust, another, tell
from service.generator.months import Month, financial_year

_USUAL: Final[tuple[Dimension, ...]] = (
    "leadership", "skills", "funding", "board", "strategy", "connection", "practice",
)  # fmt: skip
_WHAT: Final[tuple[Shared, ...]] = (
    "self_assessment",
    "exact_counts",
    "name_in_national_lists",
)


def returned(body: Body, month: Month) -> Life:
    """Make a return in the month after most quarters."""
    chance = body.chance
    month = yield (1 - month.first.month - 1) % 3 + 1
    while True:
        if chance.likely(0.93):
            tell(body, chance.day(month), _return(body, month), DECLARED)
        month = yield 3


def _return(body: Body, month: Month) -> ReturnMade:
    ended = dates.add_months(month.first, -3)
    start = ended.year if ended.month > 3 else ended.year - 1
    nothing = tuple(name for name in _USUAL if body.chance.likely(0.12))
    return ReturnMade(
        financial_year=financial_year(start),
        quarter=(ended.month - 4) % 12 // 3 + 1,
        dimensions=tuple(name for name in _USUAL if name not in nothing),
        nothing_to_report=nothing,
    )


def shared(trust: Trust, month: Month) -> Life:
    """Let another trust, or the host system, see more for some years."""
    chance = trust.chance
    while True:
        month = yield chance.wait(30)
        other, what = another(trust), chance.one_of(_WHAT)
        seen_by = trust.home if trust.home and chance.likely(0.6) else other
        if seen_by is not None:
            granted = ShareGranted(with_=seen_by.code, what=what)
            tell(trust, chance.day(month), granted, DECLARED)
            month = yield chance.wait(30)
            withdrawn = ShareWithdrawn(with_=seen_by.code, what=what)
            tell(trust, chance.day(month), withdrawn, DECLARED)


__all__ = ["returned", "shared"]
