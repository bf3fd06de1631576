"""Cells that hold numbers: counts, figures with decimals, money, percents, shares, quarters.

Everything is exact by decimal: a workbook's number is taken with the 15 digits that it shows, so
that 0.1 + 0.2 is 0.3. What a number may be at most or at least is the codec's to say.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from service.intake.tables import Cell
from service.intake.understood import Misread, Read, as_shown

MOST_DIGITS: Final = 30
"""A longer number means nothing here; it is refused before anything is computed with it."""
_PLAIN: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?|[+-]?\.[0-9]+")
_GROUPED: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[, \u00a0\u202f][0-9]{3})+(?:\.[0-9]+)?")
_COMMA_FOR_POINT: Final = re.compile(r"[+-]?[0-9]+,[0-9]{1,2}")
_SEPARATORS: Final = str.maketrans("", "", ", \u00a0\u202f")
_TIMES: Final = {"": 1, "k": 10**3, "m": 10**6, "mn": 10**6, "bn": 10**9}
_MONEY: Final = re.compile(
    r"(?P<bracket>\()? ?(?P<sign>[-\u2212+])? ?(?P<pounds>£|gbp)? ?(?P<minus>[-\u2212])?"
    r"(?P<number>[0-9., ]+?) ?(?P<times>k|mn?|bn)? ?(?(bracket)\))",
    re.IGNORECASE,
)
_USUAL: Final = re.compile(r"£?([0-9]{1,3}(?:,[0-9]{3}){0,5}|[0-9]{1,18})(?:\.([0-9]{2}))?")
"""Nearly every amount is written so: read without the decimals' arithmetic, as exact."""
_POUNDS: Final = "pounds → pence"
_QUARTER: Final = re.compile(r"(?:q|qtr|quarter)?\s*\.?\s*([0-9])", re.IGNORECASE)


def decimal(cell: Cell, what: str) -> Decimal:
    """Return a cell's number; `what` names it in the refusal. Raises Misread."""
    if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
        raise Misread("not_a_number", f"must be {what}; this is {_other(cell)}")
    text = (cell if isinstance(cell, str) else _digits(cell)).strip().replace("\u2212", "-")
    if len(text) > MOST_DIGITS:
        raise Misread("not_a_number", f"must be {what}; this is longer than any that is taken")
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    if _GROUPED.fullmatch(text):
        return Decimal(text.translate(_SEPARATORS))
    meant = text.replace(",", ".") if _COMMA_FOR_POINT.fullmatch(text) else None
    raise Misread("not_a_number", f"must be {what}, in digits such as 1,204 or 12.5", meant)


def _digits(number: float) -> str:
    """Return a workbook's number as it shows it: 15 digits, no exponent where it can be without."""
    if isinstance(number, int):
        return str(number) if abs(number) < 10**MOST_DIGITS else "9" * (MOST_DIGITS + 1)
    text = format(number, ".15g")
    return format(Decimal(text), "f") if "e" in text and abs(number) < 10**MOST_DIGITS else text


def _other(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "TRUE or FALSE"
    return "a date: format the column as a number, or as text"


def count(cell: Cell) -> Read:
    """Return a whole number; `1,204` and 12.0 are whole, 12.5 is refused."""
    if isinstance(cell, str) and cell.isascii() and cell.isdigit() and len(cell) < 10:
        return Read(str(int(cell)))
    found = decimal(cell, "a whole number")
    whole = int(found)
    if whole != found:
        raise Misread("not_whole", "must be a whole number: leave the decimals out, or round it")
    how = "thousands read as digits" if isinstance(cell, str) and "," in cell else ""
    return Read(str(whole), how)


def number(cell: Cell) -> Read:
    """Return a figure with decimals."""
    return Read(_json(decimal(cell, "a number")))


def _json(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"


def money(cell: Cell) -> Read:
    """Return pounds as pence: £1,250.00, 1250.5, £12k, £1.25m; exact, at most two decimals."""
    if not isinstance(cell, str):
        return _pence(decimal(cell, "an amount in pounds"), 1, _POUNDS)
    text = cell.strip()
    if found := _USUAL.fullmatch(text):
        return Read(str(int(found[1].replace(",", "") + (found[2] or "00"))), _POUNDS)
    found = _MONEY.fullmatch(" ".join(text.split()))
    if found is None or not re.search("[0-9]", found["number"]):
        raise Misread("not_an_amount", _amount_rule(text))
    amount = decimal(found["number"], "an amount in pounds")
    negative = found["bracket"] or found["sign"] in {"-", "\u2212"} or found["minus"]
    times = _TIMES[(found["times"] or "").lower()]
    how = _POUNDS if times == 1 else "thousands or millions of pounds → pence"
    return _pence(-amount if negative else amount, times, how)


def _amount_rule(text: str) -> str:
    if re.search(r"[$€]|usd|eur", text, re.IGNORECASE):
        return "must be in pounds: only sterling is recorded"
    if re.search(r"[0-9]\s*p$", text, re.IGNORECASE):
        return "must be in pounds, such as £1,250.00; this looks like pence"
    return "must be an amount in pounds, such as £1,250.00, 1250.50, £12k or £1.25m"


def _pence(pounds: Decimal, times: int, how: str) -> Read:
    pence = pounds * times * 100
    if pence != int(pence):
        raise Misread("decimals", "must be pounds and whole pence: at most two decimals")
    return Read(str(int(pence)), how)


def pence(cell: Cell) -> Read:
    """Return pence, for a column whose heading says pence; a value with its £ sign is in pounds."""
    if isinstance(cell, str) and "£" in cell:
        return money(cell)
    found = decimal(cell.strip().removesuffix("p") if isinstance(cell, str) else cell, "pence")
    if found != int(found):
        rule = "must be whole pence, as the heading says; for pounds write the £ sign"
        raise Misread("not_whole", rule, f"£{found}")
    return Read(str(int(found)), "bare numbers taken as pence, as the heading says")


def percent(cell: Cell) -> Read:
    """Return a percent from 0 to 100: `45%` and 45.

    A bare number between 0 and 1 is refused: a workbook's 45 % comes as 0.45, a small percent
    looks the same, and nobody can tell which was meant. So is a workbook's bare 1.
    """
    if isinstance(cell, str) and cell.rstrip().endswith("%"):
        return Read(_json(decimal(cell.rstrip()[:-1], "a percent")), "percent sign left out")
    found = decimal(cell, "a percent from 0 to 100")
    if 0 < found < 1 or (found == 1 and not isinstance(cell, str)):
        rule = "must say which percent it is: write it with its sign, as text"
        raise Misread("percent_or_share", rule, f"{_json(found * 100)}%")
    return Read(_json(found))


def share(cell: Cell) -> Read:
    """Return a share from 0 to 1: 0.45, or 45%."""
    if isinstance(cell, str) and cell.rstrip().endswith("%"):
        found = decimal(cell.rstrip()[:-1], "a percent") / 100
        return Read(_json(found), "percent → share from 0 to 1")
    found = decimal(cell, "a share from 0 to 1")
    if 1 < found <= 100:
        rule = "must be a share from 0 to 1, or a percent with its sign"
        raise Misread("percent_or_share", rule, f"{_json(found)}%")
    return Read(_json(found))


def quarter(cell: Cell) -> Read:
    """Return a quarter of a financial year: 1, Q1, Quarter 1."""
    if isinstance(cell, str) and (found := _QUARTER.fullmatch(cell.strip())):
        how = "" if cell.strip().isdigit() else "Q1 read as 1"
        return Read(found[1], how)
    try:
        return count(cell)
    except Misread as misread:
        rule = "must be a quarter, 1 to 4 or Q1 to Q4; Q1 is April to June"
        raise Misread(misread.code, rule, _quarter_in(as_shown(cell))) from None


def _quarter_in(text: str) -> str | None:
    found = re.search(r"\bq([1-4])\b", text, re.IGNORECASE)
    return f"Q{found[1]}" if found else None
