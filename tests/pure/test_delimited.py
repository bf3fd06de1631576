"""CSV as spreadsheets write it: what is understood, what is told, what is refused."""

from __future__ import annotations

import codecs
import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.domain.problems import Problem, Refused
from service.intake import formats
from service.intake.tables import DEFAULT, Limits, Row
from tests.effort import tried

KNOWN = frozenset({"type", "organisation", "effective", "count", "title"})
HEAD = "type,organisation,count\n"


def read(path, raw, limits=DEFAULT, name="rows.csv"):
    """Return the note and all rows, headings first, or the problem, wherever it shows."""
    path.write_bytes(raw)
    found = formats.opened(path, name, limits, KNOWN)
    if isinstance(found, Problem):
        return found
    try:
        with found:
            return found.noted, [
                row for sheet in found.sheets() for row in (sheet.headings, *sheet.rows)
            ]
    except Refused as refused:
        return refused.problem


@pytest.fixture
def path(tmp_path):
    """Give the place of the one file of a test."""
    return tmp_path / "rows"


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("title\n£5 – é\n".encode(), "utf-8"),
        (codecs.BOM_UTF8 + "title\n£5 – é\n".encode(), "utf-8"),
        ("title\n£5 – é\n".encode("cp1252"), "cp1252"),
        ("title\r\n£5 – é\r\n".encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + "title\n£5 – é\n".encode("utf-16-be"), "utf-16"),
        ("title\n£5 – é".encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_is_told(path, raw, encoding):
    """A mark at the beginning decides; else it is UTF-8 if all of it is, else Windows-1252."""
    noted, rows = read(path, raw)
    assert noted.encoding == encoding
    assert rows == [Row(1, ("title",)), Row(2, ("£5 – é",))]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_gives_most_known_headings(path, mark):
    """More cells by another mark do not count: `a,b,c,d,e` is one unknown heading here."""
    noted, rows = read(path, mark.join(["type", "count", '"a,b;c|d\te"']).encode())
    assert noted.delimiter == mark
    assert rows[0].cells == ("type", "count", "a,b;c|d\te")


def test_the_line_of_excel_that_names_the_delimiter_is_no_row(path):
    """`sep=;` is not shown by Excel, so the headings are row 1."""
    noted, rows = read(path, b'sep=;\r\ntype;count\r\n"a,b";3\r\n')
    assert noted.delimiter == ";"
    assert rows == [Row(1, ("type", "count")), Row(2, ("a,b", "3"))]


def test_rows_are_numbered_as_the_sheet_shows_them(path):
    """Blank rows count and are left out; a line end within a cell does not make a row."""
    raw = HEAD.encode() + b'\n , ,\nA,"one\ntwo",1\n,,\nB,,2\n'
    _, rows = read(path, raw)
    assert rows[1:] == [Row(4, ("A", "one\ntwo", "1")), Row(6, ("B", None, "2"))]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_end_a_row(path, end):
    """Old and new line ends give the same rows."""
    _, rows = read(path, end.join(["type,count", "A,1", "B,2"]).encode() + end.encode())
    assert [row.cells for row in rows] == [("type", "count"), ("A", "1"), ("B", "2")]


SMALL = Limits(rows=3, columns=3, cell_characters=10, file_bytes=4_000_000)


@pytest.mark.parametrize(
    ("raw", "code", "said"),
    [
        (b"", "unreadable_file", "empty"),
        (b"\n\n , \n", "unreadable_file", "no row"),
        (b"type\nA\n\0\n", "unreadable_file", "line 3 holds a NUL"),
        ("type\nÜA\nÜ".encode()[:-1], "unreadable_file", "in line 3: it was cut"),
        (codecs.BOM_UTF8 + b"type\n\xff\n", "unreadable_file", "begins as utf-8"),
        (b"type\n\x81\n", "unsupported_file", "no text in UTF-8 or Windows-1252"),
        (b'type\n"A\nB"\n"C\nD', "unreadable_file", "row 3, which begins in line 4"),
        (b'type\n"A"B\n', "unreadable_file", "row 2, which begins in line 2"),
        (b'type\n"' + b"x" * 140_000, "unreadable_file", "quotation mark missing"),
        (b"type,count\nA,1\nB", "unreadable_file", "row 3 has 1 of 2 cells"),
        (b"type,count\nA,12345678901\n", "file_limit", "row 2, column B has 11 characters"),
        (b"type\nA,B,C,D\n", "file_limit", "row 2 has 4 cells; at most 3 columns"),
        (b"type\n1\n2\n3\n", "file_limit", "more than 3 rows"),
        (b"type\n" + b"," * 3_500_000, "file_limit", "line 2 is longer than"),
        (b"type\n" * 1_000_000, "file_limit", "5000000 bytes; at most 4000000"),
        (b"<!DOCTYPE html><table>", "unsupported_file", "a web page"),
        (b'<?xml version="1.0"?><Workbook/>', "unsupported_file", "XML"),
        (b"%PDF-1.7", "unsupported_file", "a PDF"),
        (b'[{"type": 1}]', "unsupported_file", "JSON"),
    ],
)
def test_what_is_refused_says_where_and_why(path, raw, code, said):
    """Each refusal names its place as a person finds it, or the limit that was crossed."""
    found = read(path, raw, SMALL)
    assert isinstance(found, Problem)
    assert (found.code, said in found.detail) == (code, True), found.detail


def test_text_that_is_named_a_workbook_is_read_and_said(path):
    """The content decides, and the sender is told that the name says something else."""
    noted, rows = read(path, HEAD.encode() + b"A,RTP,1\n", name="Export.XLSX")
    assert noted.remarks[0] == "The file is named .xlsx and is text; it was read as CSV."
    assert len(rows) == 2


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)


@settings(max_examples=tried(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8),
    mark=st.sampled_from(",;|\t"),
)
def test_what_was_written_is_read(path, rows, mark):
    """Whatever cells a writer of CSV was given come back, blank ones as None."""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=mark, quoting=csv.QUOTE_ALL).writerows(
        [HEAD[:-1].split(","), *rows]
    )
    _, found = read(path, written.getvalue().encode())
    kept = [tuple(cell or None for cell in row) for row in rows if any(map(str.strip, row))]
    assert [row.cells for row in found[1:]] == kept


GOOD = (HEAD + '"Ünï ""x""",RTP,12\nB,"R\nP",3\n' * 20).encode()


@settings(max_examples=tried(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cut=st.integers(0, len(GOOD)),
    flips=st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=4),
)
def test_a_damaged_file_gives_rows_or_a_problem(path, cut, flips):
    """Cut anywhere and changed anywhere, a file never ends in anything else."""
    raw = bytearray(GOOD)
    for at, value in flips:
        raw[at] = value
    found = read(path, bytes(raw[:cut]))
    assert isinstance(found, Problem) or all(isinstance(row, Row) for row in found[1])
