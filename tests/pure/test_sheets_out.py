"""A file handed back: as it was sent, with what is wrong, and harmless."""

import csv
import datetime as dt
import io
import json

import openpyxl
from hypothesis import given
from hypothesis import strategies as st

from service.intake import cells, sheets_out
from service.intake.sheets_out import Message
from service.intake.tables import Row, Sheet

MESSAGES = {
    ("", 3): (
        Message(1, "“ten” is no whole number"),
        Message(None, "the row was sent before"),
    )
}
ROWS = (
    Row(2, ("RTP", 10, dt.date(2026, 4, 1))),
    Row(3, ("=HYPERLINK(1)", "ten")),
    Row(6, ("-5", None, "@x")),
)


def sheet(name="", headings=("organisation", "completions", "effective"), rows=ROWS):
    """Return a sheet whose headings stand in its first row."""
    return Sheet(name, Row(1, headings), iter(rows))


def csv_rows(of, messages=MESSAGES):
    """Return the cells of a CSV as a reader of it sees them."""
    data = io.BytesIO()
    sheets_out.csv(of, messages, data)
    return list(csv.reader(io.StringIO(data.getvalue().decode("utf-8-sig"), newline="")))


def book(sheets, messages=MESSAGES):
    """Return a workbook as a reader of it sees it."""
    data = io.BytesIO()
    sheets_out.workbook(sheets, messages, data)
    return openpyxl.load_workbook(data)


def test_a_csv_comes_back_with_its_messages_behind_its_columns() -> None:
    """Every row is there; the wrong one says all that is wrong; nothing runs as a formula."""
    assert csv_rows(sheet()) == [
        ["organisation", "completions", "effective", "# Messages"],
        ["RTP", "10", "2026-04-01", ""],
        ["'=HYPERLINK(1)", "ten", "", "“ten” is no whole number; the row was sent before"],
        ["'-5", "", "'@x", ""],
    ]


def test_a_workbook_comes_back_with_its_rows_where_they_were() -> None:
    """Rows keep their numbers, values their types; a wrong cell is coloured and has a note."""
    (found,) = book([sheet()]).worksheets
    assert [cell.value for cell in found[1]] == [
        "organisation",
        "completions",
        "effective",
        "# Messages",
    ]
    assert found["B2"].value == 10
    assert found["C2"].value.date() == dt.date(2026, 4, 1)
    assert (found["A3"].value, found["A3"].data_type) == ("=HYPERLINK(1)", "s")
    assert found["A3"].quotePrefix
    assert found["D3"].value == "“ten” is no whole number; the row was sent before"
    assert found["B3"].comment.text == "“ten” is no whole number"
    assert found["B3"].fill.fgColor.rgb != found["A3"].fill.fgColor.rgb
    assert [found[f"A{row}"].value for row in (4, 5, 6)] == [None, None, "-5"]


def test_a_file_that_is_sent_back_again_has_one_column_of_messages() -> None:
    """Messages take the place of those of an earlier answer, wherever the column went."""
    headings = ("organisation", "# messages", "completions")
    rows = (Row(2, ("RTP", "old", 1)), Row(3, ("RTP", "old", "ten")))
    found = csv_rows(sheet(headings=headings, rows=rows), {("", 3): (Message(2, "new"),)})
    assert [row[1] for row in found] == ["# Messages", "", "new"]
    (written,) = book([sheet(headings=headings, rows=rows)], {("", 3): (Message(2, "new"),)})
    assert [written.cell(row, 2).value for row in (1, 2, 3)] == ["# Messages", None, "new"]
    assert written["C3"].comment.text == "new"


def test_a_missing_cell_is_marked_where_it_should_be() -> None:
    """A cell that is wrong because nothing is in it is coloured though it stays blank."""
    (found,) = book([sheet(rows=(Row(2, ("RTP",)),))], {("", 2): (Message(2, "is needed"),)})
    assert found["C2"].value is None
    assert found["C2"].comment.text == "is needed"


def test_sheets_of_other_formats_get_names_that_a_workbook_takes() -> None:
    """A name too long, with a bracket, or taken in another case is made to fit."""
    names = ["a" * 40, "A" * 40, "b[1]", "'c'", ""]
    assert book(map(sheet, names), {}).sheetnames == [
        "a" * 31,
        "A" * 24 + " (2)",
        "b_1_",
        "_c_",
        "Sheet5",
    ]


def test_notes_are_bounded_and_messages_are_not() -> None:
    """Of very many wrong cells each row has its message, the first have notes."""
    rows = tuple(Row(number, ("x",)) for number in range(2, sheets_out.MOST_NOTES + 4))
    wrong = {("", row.number): (Message(0, "no code"),) for row in rows}
    (found,) = book([sheet(headings=("organisation",), rows=rows)], wrong)
    cells = [found.cell(row.number, 1) for row in rows]
    assert sum(cell.comment is not None for cell in cells) == sheets_out.MOST_NOTES
    assert all(found.cell(row.number, 2).value == "no code" for row in rows)


@given(st.text(alphabet="'=+-@\t\rab ", max_size=6))
def test_nothing_handed_back_runs_and_all_of_it_is_read_as_it_was(text) -> None:
    """No text begins as a formula, blanks or not; who reads it again finds what was there."""
    away = sheets_out.escaped(text)
    assert away.strip()[:1] not in {"=", "+", "-", "@"}
    there, here = (json.loads(cells.text(one).json).strip() for one in (away, text))
    assert there == here
