"""Workbooks that no spreadsheet wrote: bombs, halves, formulae without values, damage at random."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.domain.problems import Problem, Refused
from service.intake import formats
from service.intake.tables import DEFAULT, Limits, Row
from tests.effort import tried

FILES = Path(__file__).parents[1] / "pure" / "files"
SHEET = "xl/worksheets/sheet1.xml"


def read(path, limits=DEFAULT):
    """Return the note and all rows, headings first, or the problem, wherever it shows."""
    found = formats.opened(path, path.name, limits)
    if isinstance(found, Problem):
        return found
    try:
        with found:
            return found.noted, [
                row for sheet in found.sheets() for row in (sheet.headings, *sheet.rows)
            ]
    except Refused as refused:
        return refused.problem


def written(path, fill):
    """Write a workbook of one sheet by xlsxwriter, which calculates nothing."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Events")
        sheet.write(0, 0, "type")
        fill(sheet)
    return path


def patched(path, part, change):
    """Rewrite one part of a workbook, or add it."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[part] = change(parts.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, body in parts.items():
            new.writestr(name, body)
    return path


def nothing(_):
    """Leave a sheet as it is."""


def test_a_cell_far_away_ends_only_the_process_that_reads(tmp_path):
    """Six kilobytes claim 2^34 cells; the sender is told of the memory, and of the likely cause."""
    path = written(tmp_path / "sparse.xlsx", lambda sheet: sheet.write(1_048_575, 16_383, 1))
    found = read(path)
    assert found.code == "file_limit"
    assert "more than 768 MB of memory; often a stray cell" in found.detail


def test_a_limit_of_memory_is_named(tmp_path):
    """The book is larger than what the process that reads it may happen to have at hand already."""
    rows = [["type", f"text {row}", row] for row in range(20_000)]
    path = written(tmp_path / "large.xlsx", lambda sheet: [
        sheet.write_row(number, 0, row) for number, row in enumerate(rows)
    ])  # fmt: skip
    found = read(path, Limits(workbook_memory_bytes=1 << 24))
    assert found.code == "file_limit"
    assert "more than 16 MB of memory" in found.detail


def test_reading_ends_with_its_time(tmp_path):
    """A sheet that takes longer than it may is given up, and the limit is named."""
    path = written(tmp_path / "tall.xlsx", lambda sheet: sheet.write(1_048_575, 11, 1))
    found = read(path, Limits(workbook_seconds=1, rows=2_000_000))
    assert found.code == "file_limit"
    assert "takes more than 1 s of the processor" in found.detail


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", SHEET])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, part):
    """A part of a thousand times its packed size is refused by the ratio."""
    path = written(tmp_path / "bomb.xlsx", nothing)
    found = read(patched(path, part, lambda body: body + b" " * 40_000_000))
    assert found.code == "file_limit"
    assert "times its size; at most 200 times" in found.detail


def test_one_row_without_end_is_refused(tmp_path):
    """Where the ratio is allowed, a row still has an end."""
    path = written(tmp_path / "row.xlsx", nothing)
    patched(path, SHEET, lambda body: body.replace(b"</row>", b" " * 40_000_000 + b"</row>"))
    found = read(path, Limits(expansion=10_000))
    assert found.code == "file_limit"
    assert "has a row of over" in found.detail


def test_a_formula_that_was_never_calculated_is_not_nought(tmp_path):
    """Xlsxwriter stores 0 and asks for calculation; others store no value at all."""
    path = written(tmp_path / "formulae.xlsx", lambda sheet: sheet.write_formula(1, 2, "=6*7"))
    _, rows = read(path)
    assert [(cell.column, cell.shown) for cell in rows[1].unread] == [(2, "=6*7")]
    patched(path, SHEET, lambda body: body.replace(b"</f><v>0</v>", b"</f><v></v>"))
    assert read(path)[1][1].unread == rows[1].unread
    patched(path, SHEET, lambda body: body.replace(b"<v></v>", b"<v>42</v>"))
    assert read(path)[1][1] == Row(2, (None, None, 42))


@pytest.mark.parametrize("shown", ["#SPILL!", "#CALC!", "#GETTING_DATA", "#NAME?"])
def test_an_error_of_any_age_is_told_with_its_place(tmp_path, shown):
    """Those that the reader of values knows are told by row; of newer ones the file is refused."""
    path = written(tmp_path / "spill.xlsx", lambda sheet: sheet.write(1, 2, 7))
    cell = f'<c r="C2" t="e"><f>B1#</f><v>{shown}</v></c>'.encode()
    found = read(patched(path, SHEET, lambda b: b.replace(b'<c r="C2"><v>7</v></c>', cell)))
    if isinstance(found, Problem):
        assert f"“Events” has errors that hide its values: C2 ({shown})" in found.detail
    else:
        assert [one.shown for one in found[1][1].unread] == [shown]


def test_a_sheet_of_nothing_but_errors_is_refused_whole(tmp_path):
    """A thousand such cells are told one by one, more are not."""

    def fill(sheet):
        """Write more formulae than are told."""
        for row in range(1, 1_010):
            sheet.write_formula(row, 0, "=NA()")

    found = read(written(tmp_path / "errors.xlsx", fill))
    assert found.code == "unreadable_file"
    assert "more than 1000 cells without a value; row 1002" in found.detail


def test_marks_are_found_whatever_prefix_the_writer_sets(tmp_path):
    """Some writers put `x:` before every name of the sheet, and leave out references."""
    path = written(tmp_path / "prefix.xlsx", lambda sheet: sheet.write(1, 0, 5))
    sheet = (
        b'<?xml version="1.0"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/'
        b'spreadsheetml/2006/main"><x:sheetData><x:row><x:c t="str"><x:v>type</x:v></x:c></x:row>'
        b"<x:row><x:c><x:v>1</x:v></x:c><x:c t='e'><x:v>#REF!</x:v></x:c></x:row>"
        b"</x:sheetData></x:worksheet>"
    )
    _, rows = read(patched(path, SHEET, lambda _: sheet))
    assert [(row.number, cell.column) for row in rows for cell in row.unread] == [(2, 1)]


def test_a_chart_is_left_out_and_shifts_no_marks(tmp_path):
    """A sheet that is a chart has no cells; the errors behind it stay where they are."""
    path = tmp_path / "chart.xlsx"
    with xlsxwriter.Workbook(path) as book:
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Events!$A$1:$A$2"})
        book.add_chartsheet("Chart").set_chart(chart)
        sheet = book.add_worksheet("Events")
        sheet.write(0, 0, "type")
        sheet.write_formula(1, 0, "=NA()")
    noted, rows = read(path)
    assert [left.sheet for left in noted.left_out] == ["Chart"]
    assert [cell.shown for cell in rows[1].unread] == ["=NA()"]


def test_macros_are_not_run_and_said(tmp_path):
    """A workbook with macros is read as data."""
    path = written(tmp_path / "macros.xlsm", nothing)
    noted, _ = read(patched(path, "xl/vbaProject.bin", lambda _: b"Sub Auto_Open()"))
    assert noted.format == "xlsm"
    assert "macros of the workbook were not run" in noted.remarks[0]


def archive(*names):
    """Return an archive of empty parts."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as new:
        for name in names:
            new.writestr(name, b"")
    return held.getvalue()


def box(stream):
    """Return the beginning of an OLE2 file, with a stream's name as its directory spells it."""
    name = stream.encode("utf-16-le")
    entry = name.ljust(64, b"\0") + struct.pack("<H", len(name) + 2)
    return bytes.fromhex("d0cf11e0a1b11ae1").ljust(512, b"\0") + entry.ljust(512, b"\0")


@pytest.mark.parametrize(
    ("raw", "code", "said"),
    [
        (archive("word/document.xml"), "unsupported_file", "a Word document"),
        (archive("xl/workbook.bin"), "unsupported_file", "a binary workbook (.xlsb)"),
        (archive("a.csv"), "unsupported_file", "an archive of other files"),
        (archive("xl/workbook.xml"), "unreadable_file", "cut or damaged"),
        (box("WordDocument"), "unsupported_file", "a Word document"),
        (box("EncryptedPackage"), "unreadable_file", "protected by a password"),
        (box("Workbook"), "unreadable_file", "cut or damaged"),
        (b"PK\x03\x04", "unreadable_file", "cut or damaged"),
    ],
)
def test_what_is_no_workbook_is_named(tmp_path, raw, code, said):
    """The refusal says what the file is, as far as it can be told."""
    path = tmp_path / "book.xlsx"
    path.write_bytes(raw)
    found = read(path)
    assert (found.code, said in found.detail) == (code, True), found.detail


@pytest.mark.parametrize("name", ["plain.xlsx", "plain.xls", "plain.ods"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 1])
def test_a_cut_workbook_is_refused(tmp_path, name, share):
    """Wherever a file was cut, down to its last byte, what is left is not read as a whole."""
    raw = (FILES / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(raw[: min(int(len(raw) * share), len(raw) - 1)])
    assert isinstance(read(path), Problem)


@settings(
    max_examples=tried(50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=st.sampled_from(["shows.xlsx", "hidden_row.xls", "shows.ods"]),
    cut=st.none() | st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
)
def test_a_damaged_workbook_gives_rows_or_a_problem(tmp_path, name, cut, flips):
    """Cut anywhere and changed anywhere, a file never ends in anything else."""
    raw = bytearray((FILES / name).read_bytes())
    for share, value in flips:
        raw[int(share * len(raw))] = value
    path = tmp_path / name
    path.write_bytes(raw if cut is None else raw[: int(cut * len(raw))])
    found = read(path, Limits(workbook_seconds=5))
    assert isinstance(found, Problem) or all(isinstance(row, Row) for row in found[1])
