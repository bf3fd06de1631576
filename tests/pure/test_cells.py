"""Cells as people write them, kind by kind: what is understood, what is refused with a way out."""

import datetime as dt
import json

import pytest

from service.intake import cells
from service.intake.columns import Column, columns
from service.intake.understood import Misread, as_shown

CHOICES = ("chief_executive", "medical_director", "none")


def read(kind, cell, required=True, **more):
    """Return the value that a cell of a column of this kind makes."""
    of = Column(more.pop("path", "data.x"), "X", kind, required, **more)
    made = cells.reading(of)(cell)
    return None if made.json is None else json.loads(made.json)


def refused(kind, cell, **more):
    """Return why a cell is refused."""
    with pytest.raises(Misread) as caught:
        read(kind, cell, **more)
    return caught.value


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2025-04-03", "2025-04-03"), ("03/04/2025", "2025-04-03"), ("3/4/2025", "2025-04-03"),
        ("3.4.2025", "2025-04-03"), ("03-04-2025", "2025-04-03"), (" 3 Apr 2025 ", "2025-04-03"),
        ("3rd April 2025", "2025-04-03"), ("3-Apr-2025", "2025-04-03"),
        ("April 3, 2025", "2025-04-03"), ("2025/04/03", "2025-04-03"),
        ("2025-04-03T00:00:00", "2025-04-03"), ("03/04/2025 00:00", "2025-04-03"),
        ("45750", "2025-04-03"), (45750, "2025-04-03"), (45750.0, "2025-04-03"),
        (dt.date(2025, 4, 3), "2025-04-03"), (dt.datetime(2025, 4, 3), "2025-04-03"),  # noqa: DTZ001 - a sheet's have no zone
        ("29/02/2024", "2024-02-29"),
    ],
)  # fmt: skip
def test_a_date_is_read_in_the_spellings_of_british_sheets(cell, day):
    """Days are day/month/year; serial numbers and midnights of workbooks are days."""
    assert read("date", cell) == day


@pytest.mark.parametrize(
    ("cell", "nearest"),
    [
        ("04/25/2025", "2025-04-25"), ("03/04/25", "03/04/2025"), ("29/02/2025", None),
        ("31/04/2025", None), (dt.datetime(2025, 4, 3, 9, 30), "2025-04-03"), (12.5, None),  # noqa: DTZ001 - a sheet's have no zone
        (True, None), ("next week", None), ("=TODAY()", None), ("March 2024", "2024-03-01"),
        ("2024", "2024-01-01"), (float("nan"), None), (10**400, None), ("3 Foo 2025", None),
    ],
)  # fmt: skip
def test_a_date_that_could_be_another_is_refused_with_what_may_be_meant(cell, nearest):
    """No month beyond 12, no year of two digits, no time of day, no month alone for a day."""
    assert refused("date", cell).nearest == nearest


@pytest.mark.parametrize(
    ("cell", "day", "precision"),
    [
        ("March 2024", "2024-03-01", "month"), ("Mar 2024", "2024-03-01", "month"),
        ("03/2024", "2024-03-01", "month"), ("2024-03", "2024-03-01", "month"),
        ("2024", "2024-01-01", "year"), (2024, "2024-01-01", "year"),
        ("1 Mar 2024", "2024-03-01", ""),
    ],
)  # fmt: skip
def test_an_effective_date_may_be_a_month_or_a_year(cell, day, precision):
    """A month alone is its first day, known to the month; a year 1 January, known to the year."""
    made = cells.reading(columns("TrustClosed")[2])(cell)
    assert (json.loads(made.json), made.precision) == (day, precision)


@pytest.mark.parametrize(
    ("cell", "pence"),
    [
        ("£1,250.00", 125_000), ("1,250", 125_000), (1250.5, 125_050), (0.1 + 0.2, 30),
        (1250, 125_000), ("£1.25m", 125_000_000), ("£12k", 1_200_000), ("£ 12 K", 1_200_000),
        ("1 250 000", 125_000_000), ("£0.07", 7), ("0.29", 29), ("GBP 5", 500),
        ("(£1,250)", -125_000),
        ("-£5", -500), ("£1bn", 10**11), ("£1,250.5", 125_050),
        ("12345678901234.56", 1234567890123456),
    ],
)  # fmt: skip
def test_money_is_pounds_and_becomes_pence_exactly(cell, pence):
    """Signs, separators, k and m are understood; nothing passes through a binary fraction."""
    assert read("money", cell) == pence


@pytest.mark.parametrize(
    "cell",
    ["$5", "5 €", "125p", "1250,50", "1,25,000", "12.345", "about 5", "£", "1e5", float("inf"),
     True,
     "9" * 400, "£" + " " * 50 + "x", dt.date(2025, 4, 3), "£1.2.3", "٣"],
)  # fmt: skip
def test_money_that_is_none_is_refused(cell):
    """Other currencies, pence, decimal commas, wrong groups and a third decimal are refused."""
    assert refused("money", cell).rule.startswith("must ")


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("count", "1,204", 1204), ("count", 12.0, 12), ("count", "12.0", 12), ("count", " 7 ", 7),
        ("count", "0012", 12), ("count", "-3", -3),
        ("number", "7.5", 7.5), ("number", "1,204.25", 1204.25), ("number", 3.2, 3.2),
        ("number", "12", 12), ("number", 0, 0),
        ("percent", "45%", 45), ("percent", "45", 45), ("percent", 45.5, 45.5),
        ("percent", "0.45%", 0.45), ("percent", 0, 0), ("percent", "1", 1),
        ("share", "0.45", 0.45), ("share", "45%", 0.45), ("share", 1, 1), ("share", 0.45, 0.45),
        ("quarter", "Q1", 1), ("quarter", "Quarter 3", 3), ("quarter", 2.0, 2),
        ("quarter", "qtr 4", 4),
        ("financial_year", "2025/26", "2025/26"), ("financial_year", "2025-26", "2025/26"),
        ("financial_year", "FY25/26", "2025/26"), ("financial_year", "2025–2026", "2025/26"),
        ("financial_year", "fy 2025/2026", "2025/26"), ("financial_year", "25/26", "2025/26"),
        ("yes_no", "Yes", True), ("yes_no", "y", True), ("yes_no", "x", True), ("yes_no", 1, True),
        ("yes_no", 1.0, True), ("yes_no", True, True), ("yes_no", "NO", False),
        ("yes_no", "0", False),
        ("yes_no", False, False), ("yes_no", "FALSE", False),
        ("code", "RTP ", "RTP"), ("code", "rtp", "RTP"), ("code", "\u00a0rtp", "RTP"),
        ("code", "RTP – Surrey and Sussex", "RTP"), ("code", "Surrey and Sussex (RTP)", "RTP"),
        ("code", "The trust", "The trust"), ("code", "The – trust", "The – trust"),
        ("codes", "rtp; RXC", ["RTP", "RXC"]), ("codes", "RTP, RXC,", ["RTP", "RXC"]),
        ("codes", "RTP\nRXC", ["RTP", "RXC"]), ("words", "med; surg", ["med", "surg"]),
        ("texts", "Ward 1, East; Ward 2", ["Ward 1, East", " Ward 2"]),
        ("word", " qi-2026 ", "qi-2026"), ("word", 12.0, "12"), ("text", 2024, "2024"),
        ("text", dt.date(2025, 4, 3), "2025-04-03"), ("text", "'=1+1", "=1+1"),
        ("text", "=1+1", "=1+1"),
        ("text", "'tis", "'tis"),
        ("id", "{8F0D2C1E-5A44-4A8E-9F6F-0B7A1D2C3E4F}", "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f"),
        ("json", ' {"a": 1} ', {"a": 1}),
    ],
)  # fmt: skip
def test_a_value_is_read_in_the_forms_that_people_use(kind, cell, value):
    """Case, blanks, separators, signs and a workbook's own types do not matter."""
    assert read(kind, cell) == value


@pytest.mark.parametrize(
    ("kind", "cell", "code", "nearest"),
    [
        ("count", "12.5", "not_whole", None), ("count", "<5", "not_a_number", None),
        ("count", "1,5", "not_a_number", "1.5"), ("count", "1e3", "not_a_number", None),
        ("count", True, "not_a_number", None), ("count", "\uff11\uff12", "not_a_number", None),
        ("number", "1e309", "not_a_number", None), ("number", "nan", "not_a_number", None),
        ("percent", 0.45, "percent_or_share", "45%"),
        ("percent", "0.45", "percent_or_share", "45%"),
        ("percent", 1, "percent_or_share", "100%"), ("share", 45, "percent_or_share", "45%"),
        ("quarter", "Q1 2025/26", "not_a_number", "Q1"), ("yes_no", "yess", "not_yes_or_no", "yes"),
        ("yes_no", "maybe", "not_yes_or_no", None), ("code", 12345, "number_for_code", None),
        ("financial_year", dt.date(2010, 11, 1), "not_a_year", "2010/11"),
        ("word", dt.date(2010, 11, 1), "date_for_reference", None),
        ("json", "{", "malformed_json", None), ("text", "#REF!", "error_cell", None),
        ("text", "\ud800", "control_character", None), ("count", "1" * 5000, "too_long", None),
    ],
)  # fmt: skip
def test_a_value_that_may_mean_two_things_is_refused_with_the_way_out(kind, cell, code, nearest):
    """A percent that may be a share, a decimal comma, a code that a workbook made a number of."""
    why = refused(kind, cell)
    assert (why.code, why.nearest) == (code, nearest)


def test_choices_are_given_by_code_or_by_their_words():
    """Case, blanks and hyphens do not matter; what is no choice goes on to the codec as written."""
    for cell in ("chief_executive", "Chief executive", " CHIEF-EXECUTIVE "):
        assert read("choice", cell, allowed=CHOICES) == "chief_executive"
    assert read("choice", "None", allowed=CHOICES) == "none"
    assert read("choice", "cheif exec", allowed=CHOICES) == "cheif exec"
    assert cells.said(CHOICES, "cheif exec") == "chief_executive"
    assert read("choices", "Medical director; none", allowed=CHOICES) == [
        "medical_director",
        "none",
    ]


def test_codes_of_a_list_that_grows_are_given_by_name_too():
    """A course's name is its code; one that the list does not hold goes on as written."""
    assert read("word", "QSIR Fundamentals", codes="courses") == "qsir_fundamentals"
    assert read("word", "our_own", codes="courses") == "our_own"


@pytest.mark.parametrize("cell", ["", "  ", "\u00a0", "\t"])
@pytest.mark.parametrize("required", [True, False])
def test_blanks_are_not_stated(cell, required):
    """Spaces of any kind are an empty cell."""
    assert read("count", cell, required=required) is None


@pytest.mark.parametrize("cell", ["-", "–", "n/a", "N/A"])
def test_a_placeholder_is_blank_only_where_a_value_is_optional(cell):
    """A dash or n/a in an optional column is told as blank, in a required one refused."""
    assert read("count", cell, required=False) is None
    assert refused("count", cell).code == "missing"


def test_what_a_cell_shows_is_short_and_always_text():
    """Long texts are cut, halves of pairs replaced, whole numbers past all limits named."""
    assert len(as_shown("x" * 40_000)) == 120
    assert as_shown("\ud800") == "?"
    assert as_shown(10**5000) == "a number past all limits"
    assert (as_shown(12.0), as_shown(True), as_shown(None)) == ("12", "TRUE", "")
