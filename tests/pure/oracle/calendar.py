"""Months, quarters and days, counted one by one (MODEL.md §1, DOMAIN.md §6)."""

import datetime as dt
import functools

ONE = dt.timedelta(days=1)


def shifted(day, months):
    """Return the same day some months later or earlier, clamped to the month's end."""
    year, month = day.year, day.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month == 13:
            year, month = year + 1, 1
        if month == 0:
            year, month = year - 1, 12
    for number in (day.day, 30, 29, 28):
        if number <= day.day:
            try:
                return dt.date(year, month, number)
            except ValueError:
                continue
    raise AssertionError


def whole_months(start, end):
    """Return how many whole months lie between two days."""
    count = 0
    while shifted(start, count + 1) <= end:
        count += 1
    return count


def days(first, last):
    """Yield every day from the first to the last."""
    while first <= last:
        yield first
        first += ONE


def within(day, months, on):
    """Tell whether a day lies in the window of some months up to a date: (on - m, on]."""
    return shifted(on, -months) < day <= on


def year_of(day):
    """Return the financial year of a day, from 1 April: 2025/26."""
    first = day.year if day.month >= 4 else day.year - 1
    return f"{first}/{(first + 1) % 100:02d}"


def quarter_of(day):
    """Return the financial year and quarter of a day; April to June is the first."""
    return year_of(day), {4: 1, 5: 1, 6: 1, 7: 2, 8: 2, 9: 2, 10: 3, 11: 3, 12: 3}.get(day.month, 4)


def ended_quarters(on, count):
    """Return the newest quarters of which every day lies on or before a date, newest first."""
    found = []
    day = on
    while len(found) < count:
        if quarter_of(day) != quarter_of(day + ONE):
            found.append(quarter_of(day))
        day -= ONE
    return found


@functools.cache
def year_days(year):
    """Return every day of a financial year."""
    first = int(year[:4])
    return list(days(dt.date(first, 4, 1), dt.date(first + 1, 3, 31)))
