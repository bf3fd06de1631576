"""Free text and civil dates, by their rules."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import dates, text
from service.domain.faults import Unfit, join, nearest


@given(st.text(max_size=40))
def test_cleaning_text_twice_changes_nothing(value):
    """Accepted text is trimmed, in NFC, one line and within its limit, and stays so."""
    try:
        once = text.clean(value, 30)
    except Unfit:
        return
    assert once == once.strip() == unicodedata.normalize("NFC", once)
    assert 0 < len(once) <= 30
    assert "\n" not in once
    assert text.clean(once, 30) == once


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "empty_text"), ("   ", "empty_text"), ("a\nb", "control_character"),
        ("a\x00b", "control_character"), ("a\u2028b", "control_character"),
        ("a\u202eb", "invisible_character"), ("a\u200bb", "invisible_character"),
        ("a\u200db", "control_character"), ("ask ann@x.example", "email_address"),
        ("1234567890", "ten_digits"), ("no 943 476 5919 here", "ten_digits"),
        ("943-476-5919", "ten_digits"), ("x" * 31, "too_long"),
    ],
)  # fmt: skip
def test_text_that_is_refused(value, code):
    """Each by the code of its rule."""
    with pytest.raises(Unfit) as caught:
        text.clean(value, 30)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "value", ["Café", "👩‍⚕️ week", "£5 – 'six'", "123456789", "@ home", "1 2 3"]
)
def test_text_that_is_accepted(value):
    """Accents, emoji with their joiner, pounds, dashes and short numbers are words."""
    assert text.clean(f" {value} ", 30) == unicodedata.normalize("NFC", value)


def test_length_is_counted_after_nfc():
    """A letter with a combining accent counts once."""
    assert text.clean("e\u0301" * 30, 30) == "é" * 30


def test_today_is_londons():
    """In summer London is an hour ahead of UTC; a day ends there, not in UTC."""
    assert dates.today(dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC)) == dt.date(2026, 7, 1)
    assert dates.today(dt.datetime(2026, 1, 31, 23, 30, tzinfo=dt.UTC)) == dt.date(2026, 1, 31)
    end = dates.end_of_day(dt.date(2026, 6, 30))
    assert end == dt.datetime(2026, 6, 30, 23, tzinfo=dt.UTC)
    # The days the clocks change have 23 and 25 hours.
    spring = dates.end_of_day(dt.date(2026, 3, 29)) - dates.end_of_day(dt.date(2026, 3, 28))
    autumn = dates.end_of_day(dt.date(2026, 10, 25)) - dates.end_of_day(dt.date(2026, 10, 24))
    assert (spring, autumn) == (dt.timedelta(hours=23), dt.timedelta(hours=25))


DAYS = st.dates(dates.EARLIEST, dt.date(2090, 1, 1))


@given(DAYS, st.integers(0, 120))
def test_whole_months_counts_what_add_months_added(day, months):
    """Adding months and counting them agree, also at the end of February."""
    later = dates.add_months(day, months)
    assert dates.whole_months(day, later) == months
    assert dates.whole_months(day, later - dt.timedelta(days=1)) <= max(months - 1, 0)


@pytest.mark.parametrize("value", ["2025/26", "2025-26", "2025/2026", "25/26", " 2025 / 26 "])
def test_a_financial_year_in_all_its_spellings(value):
    """All become 2025/26, which runs from 1 April to 31 March."""
    assert dates.financial_year(value) == "2025/26"
    assert dates.year_start("2025/26") == dt.date(2025, 4, 1)
    assert dates.year_end("2025/26") == dt.date(2026, 4, 1)


@pytest.mark.parametrize("value", ["2025", "2025/27", "2025/25", "2025/1926", "x", "2025/26/27"])
def test_no_financial_year(value):
    """A second year that does not follow the first is refused."""
    with pytest.raises(Unfit):
        dates.financial_year(value)


def test_a_century_turns_in_a_financial_year():
    """1999/00 is a year, written with two digits after the stroke."""
    assert dates.financial_year("1999/2000") == "1999/00"
    assert dates.year_end("1999/00") == dt.date(2000, 4, 1)


def test_quarters():
    """Quarter 4 of 2025/26 is January to March 2026."""
    assert dates.quarter_start("2025/26", 4) == dt.date(2026, 1, 1)
    assert dates.quarter_end("2025/26", 4) == dt.date(2026, 4, 1)
    assert dates.quarter_start("2025/26", 1) == dt.date(2025, 4, 1)


def test_precision_and_range():
    """A month is its 1st, a year 1 January; nothing lies before the NHS began or after 2100."""
    assert dates.fits_precision(dt.date(2026, 5, 1), "month")
    assert not dates.fits_precision(dt.date(2026, 5, 2), "month")
    assert dates.fits_precision(dt.date(2026, 1, 1), "year")
    assert not dates.fits_precision(dt.date(2026, 2, 1), "year")
    assert dates.in_range(dates.EARLIEST) == dates.EARLIEST
    for day in (dt.date(1948, 7, 4), dt.date(2101, 1, 1)):
        with pytest.raises(Unfit):
            dates.in_range(day)


def test_pointers_are_escaped_and_the_nearest_word_is_named():
    """RFC 6901 escapes; the nearest word whatever its case; none if none is near."""
    assert join("/data", "a/b~c", 0) == "/data/a~1b~0c/0"
    assert nearest("ORGANISATON", ["organisation", "id"]) == "organisation"
    assert nearest("zzz", ["organisation", "id"]) is None
