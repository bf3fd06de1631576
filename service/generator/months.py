"""The calendar of a generated history: its months, each with its days, year and quarter.

The history ends on a day that is fixed: were it today's, no two days would give the same bytes.
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Final

from msgspec import Struct

from service.domain import dates

LAST: Final = dt.date(2026, 11, 20)
"""The last day on which anything happens."""
MOST: Final = 192
"""Months of the longest history: sixteen years."""


class Month(Struct, frozen=True):
    """One month. index: from 0. days: those on which things happen. year: the financial year."""

    index: int
    first: dt.date
    days: tuple[dt.date, ...]
    year: str
    quarter: int


def months(count: int) -> tuple[Month, ...]:
    """Return the last months of the calendar, the last being that of `LAST`."""
    first = LAST.replace(day=1)
    return tuple(_month(at, dates.add_months(first, at + 1 - count)) for at in range(count))


def _month(index: int, first: dt.date) -> Month:
    length = calendar.monthrange(first.year, first.month)[1]
    days = [first + dt.timedelta(days=at) for at in range(length)]
    start = first.year if first.month > 3 else first.year - 1
    return Month(
        index,
        first,
        tuple(day for day in days if day <= LAST),
        financial_year(start),
        (first.month - 4) % 12 // 3 + 1,
    )


def financial_year(start: int) -> str:
    """Return the financial year that begins in a calendar year: 2025 gives `2025/26`."""
    return f"{start}/{(start + 1) % 100:02d}"


def before(month: Month, count: int) -> dt.date:
    """Return the first day of a month so many months earlier."""
    return dates.add_months(month.first, -count)


def year_end_after(day: dt.date, years: int) -> dt.date:
    """Return 31 March, so many financial years on."""
    return dt.date(day.year + years + (day.month > 3), 3, 31)


__all__ = ["LAST", "MOST", "Month", "before", "financial_year", "months", "year_end_after"]
