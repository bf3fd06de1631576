"""Civil dates: London's today, months, windows, financial years and quarters, precision.

Sources: CONVENTIONS.md 2 to 5 and 18, MODEL.md §1 (windows), DOMAIN.md §6 (financial year).
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import re
from typing import Final, Literal
from zoneinfo import ZoneInfo

from service.domain.faults import Unfit

LONDON: Final = ZoneInfo("Europe/London")
EARLIEST: Final = dt.date(1948, 7, 5)
"""The day the NHS began: no date lies before it."""
LATEST: Final = dt.date(2100, 12, 31)

Precision = Literal["day", "month", "year"]


def today(instant: dt.datetime) -> dt.date:
    """Return the civil day in London at an instant (which has an offset)."""
    return instant.astimezone(LONDON).date()


def end_of_day(day: dt.date) -> dt.datetime:
    """Return the instant at which a civil day in London ends, in UTC (exclusive)."""
    following = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), LONDON)
    return following.astimezone(dt.UTC)


# A picture asks for the edges of the same few windows again and again.
@functools.lru_cache(maxsize=4096)
def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later (or earlier), clamped to the month's end."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def whole_months(start: dt.date, end: dt.date) -> int:
    """Return how many whole months lie between two days; 0 if the end is not after the start."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and add_months(start, months) > end:
        months -= 1
    return max(months, 0)


def in_range(day: dt.date) -> dt.date:
    """Return the day; raise Unfit outside of 1948-07-05 to 2100-12-31."""
    if EARLIEST <= day <= LATEST:
        return day
    raise Unfit("date_out_of_range", f"must lie between {EARLIEST} and {LATEST}")


def fits_precision(day: dt.date, precision: Precision) -> bool:
    """Tell whether a day is as its precision asks: a month on its 1st, a year on 1 January."""
    if precision == "month":
        return day.day == 1
    return precision == "day" or (day.month == 1 and day.day == 1)


def financial_year(value: str) -> str:
    """Return a financial year as `2025/26`; takes 2025-26, 2025/2026, 25/26 too.

    Raises Unfit when it is no financial year, or its second year does not follow its first.
    """
    found = re.fullmatch(r"\s*(\d{4}|\d{2})\s*[/-]\s*(\d{4}|\d{2})\s*", value)
    if found:
        first, second = (int(part) for part in found.groups())
        start = first if first > 99 else 2000 + first
        if second % 100 == (start + 1) % 100 and second in {start + 1, (start + 1) % 100}:
            return f"{start}/{(start + 1) % 100:02d}"
    raise Unfit("financial_year", "must be a financial year such as 2025/26, 1 April to 31 March")


def year_start(year: str) -> dt.date:
    """Return 1 April of a financial year written `2025/26`."""
    return dt.date(int(year[:4]), 4, 1)


def year_end(year: str) -> dt.date:
    """Return the day after a financial year ends, 1 April of the next."""
    return dt.date(int(year[:4]) + 1, 4, 1)


def quarter_start(year: str, quarter: int) -> dt.date:
    """Return the first day of a quarter of a financial year; quarter 1 begins on 1 April."""
    return add_months(year_start(year), 3 * (quarter - 1))


def quarter_end(year: str, quarter: int) -> dt.date:
    """Return the day after a quarter of a financial year ends."""
    return add_months(year_start(year), 3 * quarter)
