"""Cells that hold dates and financial years, in the spellings of British sheets.

A day is read as day/month/year, never the other way round. Years have four digits: of 03/04/25
nobody can be sure. A month or a year alone is a date with its precision, where one may be stated.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from service.domain import dates
from service.domain.faults import Unfit
from service.intake.tables import Cell
from service.intake.understood import Misread, Read, as_shown, text_of

SERIAL_ZERO: Final = dt.date(1899, 12, 30)
"""Day 0 of a workbook's serial numbers, as they count from 1 March 1900 on."""
_SERIALS: Final = range((dates.EARLIEST - SERIAL_ZERO).days, (dates.LATEST - SERIAL_ZERO).days + 1)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july",
         "aug august", "sep sept september", "oct october", "nov november", "dec december"), 1)
    for name in names.split()
}  # fmt: skip
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_BRITISH: Final = re.compile(r"([0-9]{1,2})\s*[/.-]\s*([0-9]{1,2})\s*[/.-]\s*([0-9]{4}|[0-9]{2})")
_SLASHED_ISO: Final = re.compile(r"([0-9]{4})[/.]([0-9]{1,2})[/.]([0-9]{1,2})")
_NAMED: Final = re.compile(
    r"([0-9]{1,2})(?:st|nd|rd|th)?[\s/.-]*(?:of\s+)?([a-z]+)\.?[\s,/.-]*([0-9]{4})", re.IGNORECASE
)
_NAMED_FIRST: Final = re.compile(
    r"([a-z]+)\.?\s*([0-9]{1,2})(?:st|nd|rd|th)?\s*,?\s+([0-9]{4})", re.IGNORECASE
)
_MONTH: Final = re.compile(r"([a-z]+)\.?[\s/,-]*([0-9]{4})", re.IGNORECASE)
_MONTH_NUMBER: Final = re.compile(r"([0-9]{1,2})\s*[/.-]\s*([0-9]{4})")
_MONTH_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})")
_YEAR: Final = re.compile(r"(19|20)[0-9]{2}")
_MIDNIGHT: Final = re.compile(r"(?<=[0-9])[T\s]+0?0:00(?::00(?:\.0+)?)?Z?$", re.IGNORECASE)
_WAYS: Final = "write it as 2025-04-03 or 03/04/2025"


def date(cell: Cell) -> Read:
    """Return a day, or a month or a year with its precision; raises Misread."""
    if isinstance(cell, dt.datetime):
        return _at_midnight(cell)
    if isinstance(cell, dt.date):
        return _day(cell)
    if isinstance(cell, str):
        return _written(cell)
    if isinstance(cell, float) and cell.is_integer():
        return _numbered(int(cell))
    if isinstance(cell, int) and not isinstance(cell, bool):
        return _numbered(cell)
    raise Misread("not_a_date", f"must be a date: {_WAYS}")


def _day(day: dt.date, how: str = "", precision: str = "") -> Read:
    return Read(f'"{day.isoformat()}"', how, precision)


def _at_midnight(cell: dt.datetime) -> Read:
    if cell.time() != dt.time():
        rule = "must be a day: it holds a time of day; format the column as a date"
        raise Misread("not_a_date", rule, cell.date().isoformat())
    return _day(cell.date(), "time of day at midnight left out")


def _numbered(number: int) -> Read:
    if dates.EARLIEST.year <= number <= dates.LATEST.year:
        return _day(dt.date(number, 1, 1), "a year, known to the year", "year")
    if number in _SERIALS:
        return _day(SERIAL_ZERO + dt.timedelta(days=number), "a workbook's number read as a date")
    raise Misread("not_a_date", f"must be a date: {_WAYS}")


def _written(cell: str) -> Read:
    text = cell.strip()
    if found := _ISO.fullmatch(text):
        return _day(_civil(*map(int, found.groups())))
    if found := _BRITISH.fullmatch(text):
        return _british(*found.groups())
    without = _MIDNIGHT.sub("", text)
    if without != text:
        return Read(_written(without).json, "time of day at midnight left out")
    if text.isascii() and text.isdigit() and len(text) in {4, 5}:
        return _numbered(int(text))
    return _in_words(text)


def _british(day: str, month: str, year: str) -> Read:
    if len(year) == 2:
        rule = "must have its year with four digits"
        raise Misread("not_a_date", rule, f"{int(day):02}/{int(month):02}/20{year}")
    if int(month) > 12 >= int(day):
        rule = "must be day/month/year, as in Britain; there is no such month"
        raise Misread("not_a_date", rule, f"{year}-{int(day):02}-{int(month):02}")
    return _day(_civil(int(year), int(month), int(day)), "dates read as day/month/year")


def _in_words(text: str) -> Read:
    if found := _SLASHED_ISO.fullmatch(text):
        return _day(_civil(*map(int, found.groups())), "dates read as year/month/day")
    if (found := _NAMED.fullmatch(text)) and (month := _MONTHS.get(found[2].lower())):
        return _day(_civil(int(found[3]), month, int(found[1])), "month's name read")
    if (found := _NAMED_FIRST.fullmatch(text)) and (month := _MONTHS.get(found[1].lower())):
        return _day(_civil(int(found[3]), month, int(found[2])), "month's name read")
    return _month(text)


def _month(text: str) -> Read:
    year, month = 0, None
    if found := _MONTH.fullmatch(text):
        year, month = int(found[2]), _MONTHS.get(found[1].lower())
    elif found := _MONTH_NUMBER.fullmatch(text):
        year, month = int(found[2]), int(found[1])
    elif found := _MONTH_ISO.fullmatch(text):
        year, month = int(found[1]), int(found[2])
    if not month:
        raise Misread("not_a_date", f"must be a date: {_WAYS}")
    return _day(_civil(year, month, 1), "a month, known to the month", "month")


def _civil(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise Misread("not_a_date", f"must be a day that there is: {_WAYS}") from None


def whole_day(cell: Cell) -> Read:
    """Return a day; raises Misread for a month or a year, which this column cannot say."""
    found = date(cell)
    if found.precision:
        rule = f"must be a whole day, this is a {found.precision} only: {_WAYS}"
        raise Misread("not_a_date", rule, (found.json or "").strip('"'))
    return found


def financial_year(cell: Cell) -> Read:
    """Return a financial year: 2025/26, 2025-26, FY25/26, 2025–2026.

    What is none is left to the codec; a date is what a workbook made of 2010-11.
    """
    if isinstance(cell, dt.date):
        rule = "must be a financial year: the workbook made a date of it; format it as text"
        raise Misread("not_a_year", rule, f"{cell.year}/{cell.month:02}")
    text = as_shown(cell).strip()
    plain = re.sub(r"^f\.?y\.?\s*", "", text, flags=re.IGNORECASE)
    plain = re.sub(r"\s*[–—_\u2011\u2212]\s*", "/", plain)
    try:
        year = dates.financial_year(plain)
    except Unfit:
        return Read(text_of(text))
    return Read(f'"{year}"', "" if year == text else "years written as 2025/26")


__all__ = ["date", "financial_year", "whole_day"]
