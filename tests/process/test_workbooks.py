"""Workbooks that LibreOffice wrote: values, what is shown and has none, what is hidden."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from service.domain.problems import Problem
from service.intake import formats
from service.intake.tables import DEFAULT, LeftOut, Limits, Row

FILES = Path(__file__).parents[1] / "pure" / "files"
KNOWN = frozenset({"type", "organisation", "effective", "count"})
FORMATS = ("xlsx", "xls", "ods")
HEADINGS = Row(1, ("type", "organisation", "effective", "count"))
NOON = dt.datetime(2024, 4, 30, 9, 30)  # noqa: DTZ001 - a sheet knows no zones


def read(name, limits=DEFAULT):
    """Return the note and, by sheet, all rows with the headings first; or the problem."""
    found = formats.opened(FILES / name, name, limits, KNOWN)
    if isinstance(found, Problem):
        return found
    with found:
        return found.noted, {sheet.name: [sheet.headings, *sheet.rows] for sheet in found.sheets()}


@pytest.mark.parametrize("ending", FORMATS)
def test_values_come_as_the_sheet_holds_them(ending):
    """Whole numbers are int, a day is a date, blank rows are left out and counted."""
    noted, sheets = read(f"plain.{ending}")
    assert (noted.format, noted.sheets, noted.remarks) == (ending, ("Events",), ())
    assert sheets["Events"] == [
        HEADINGS,
        Row(2, ("StaffTrained", "RTP", dt.date(2024, 3, 1), 12)),
        Row(4, ("StaffTrained", "RTP", NOON, 0.25)),
        Row(5, ("Ünïcode £5 – “x”", None, None, None)),
    ]
    assert isinstance(sheets["Events"][1].cells[3], int)


@pytest.mark.parametrize("ending", FORMATS)
def test_days_counted_from_1904_are_the_same_days(ending):
    """Which day a workbook counts from does not move a date."""
    _, sheets = read(f"early_1904.{ending}")
    assert [row.cells[2] for row in sheets["Events"][1:]] == [dt.date(2024, 3, 1), NOON]


@pytest.mark.parametrize("ending", FORMATS)
def test_an_error_is_not_blank(ending):
    """`#N/A` is told with its column; a formula gives its value; merged cells are told."""
    noted, sheets = read(f"shows.{ending}")
    two, three = sheets["Events"][1:]
    assert two.cells == ("merged", None, dt.date(2024, 3, 1), 42)
    assert [(cell.column, cell.shown) for cell in three.unread] == [(2, "#N/A"), (3, "#DIV/0!")]
    assert three.number == 3
    assert "(A2:B3)" in noted.remarks[0]


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hidden_sheet", "sheet “Old” is hidden"),
        ("hidden_row", "hidden rows with data, perhaps by a filter: 3"),
        ("filtered_row", "hidden rows with data, perhaps by a filter: 3"),
        ("hidden_column", "hidden columns with data: B"),
    ],
)
def test_what_is_hidden_and_holds_data_is_refused(name, said, ending):
    """Nobody who looks at the file sees what would be recorded, so nothing is."""
    found = read(f"{name}.{ending}")
    assert isinstance(found, Problem)
    assert (found.code, said in found.detail) == ("hidden_data", True), found.detail


@pytest.mark.parametrize("ending", FORMATS)
def test_what_is_hidden_and_holds_nothing_is_no_matter(ending):
    """A hidden blank row is blank; a hidden sheet without a known heading is left out and told."""
    _, sheets = read(f"hidden_blank.{ending}")
    assert [row.number for row in sheets["Events"]] == [1, 2, 4]
    noted, sheets = read(f"hidden_lists.{ending}")
    assert list(sheets) == ["Events"]
    assert noted.left_out == (LeftOut("Lists", "it is hidden, and none of its headings is known"),)


@pytest.mark.parametrize("ending", ["xls", "ods"])
def test_a_password_is_named(ending):
    """A locked workbook is refused by what it is."""
    found = read(f"locked.{ending}")
    assert found == Problem("unreadable_file", "the workbook is protected by a password")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(rows=4), "more than 4 rows"),
        (Limits(columns=3), "a value in column D; at most 3 columns"),
        (Limits(sheets=0), "1 sheets; at most 0"),
        (Limits(cell_characters=8), "has 12 characters; a cell has at most 8"),
    ],
)
def test_a_limit_that_is_crossed_is_named(limits, said):
    """The refusal says which limit, and what was seen."""
    found = read("plain.xlsx", limits)
    assert isinstance(found, Problem)
    assert said in found.detail


def test_a_reader_may_stop_at_any_row():
    """Closing ends the process; what was not read of a sheet is passed over."""
    found = formats.opened(FILES / "plain.xlsx", "plain.xlsx")
    with found:
        sheets = found.sheets()
        assert next(next(sheets).rows).number == 2
        assert next(sheets, None) is None
    with formats.opened(FILES / "plain.xlsx", "plain.xlsx") as found:
        assert next(next(found.sheets()).rows).number == 2
    assert list(found.sheets()) == []
