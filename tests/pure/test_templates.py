"""Templates as other programs read them."""

import csv
import datetime as dt
import io
import shutil
import subprocess

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from service.domain.lists import LISTS
from service.domain.register import BY_NAME
from service.intake import columns, examples, guide, templates

NAMES = sorted(BY_NAME)
OFFICE = shutil.which("soffice")


@pytest.fixture(scope="module")
def whole():
    """The workbook of all types as openpyxl reads it, with its notes and checks."""
    return openpyxl.load_workbook(io.BytesIO(templates.whole()))


def labels(name, *, typed):
    """Return the labels that a template's headings must be."""
    return [templates.REMARKS, *(one.label for one in templates.headed(name, typed=typed))]


def checks(sheet):
    """Return the checks of a sheet's columns by the number of the column, from 1."""
    found = {}
    for one in sheet.data_validations.dataValidation:
        (area,) = one.sqref.ranges
        assert (area.min_row, area.max_row) == (4, 1_048_576)
        found[area.min_col] = one
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_workbook_is_read_by_another_library(name) -> None:
    """The headings are the labels; all beneath them are remarks; the example is the sample."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(templates.workbook(name)))
    assert book.sheet_names == [name, columns.GUIDE_SHEET, columns.LISTS_SHEET]
    rows = book.get_sheet_by_name(name).to_python()
    assert rows[0] == labels(name, typed=False)
    assert all(row[0].startswith(columns.REMARK) for row in rows)
    shown = dict(zip(columns.columns(name), examples.example(name), strict=True))
    stated = [shown[one] for one in templates.headed(name, typed=False)]
    assert rows[2][1:] == ["" if one is None else one for one in stated]
    title = book.get_sheet_by_name(columns.GUIDE_SHEET).to_python()[0][0]
    assert title == f"How to fill in {name}"


@pytest.mark.parametrize("name", NAMES)
def test_a_csv_has_the_same_columns_and_says_the_type(name) -> None:
    """A CSV begins with its mark; it has the type in a column, and what each cell may hold."""
    text = templates.csv(name)
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    assert rows[0] == labels(name, typed=True)
    assert [row[0] for row in rows[1:]] == [templates.HOLDS, templates.NEEDED, templates.EXAMPLE]
    assert rows[3][rows[0].index("Event type")] == name


@pytest.mark.parametrize("name", NAMES)
def test_checks_are_what_a_column_may_hold(whole, name) -> None:
    """A closed list stops what is not on it, one that grows warns; a number has its limits."""
    found = checks(whole[name])
    for place, one in enumerate(templates.headed(name, typed=False), start=2):
        check = found.get(place)
        if one.kind in {"choice", "yes_no"}:
            assert check.errorStyle in {None, "stop"}
            assert listed(whole, check) == list(one.allowed or ("yes", "no"))
        elif one.codes and one.kind in {"word", "text"}:
            assert check.errorStyle == "warning"
            assert listed(whole, check) == [code.code for code in LISTS[one.codes]]
        elif one.kind in {"count", "quarter"}:
            assert (check.type, float(check.formula1), float(check.formula2)) == (
                "whole",
                one.least,
                one.most,
            )
        elif one.kind == "date":
            assert check.type == "date"
        heading = whole[name].cell(1, place)
        assert heading.comment.text == guide.note(name, one)


def listed(book, check):
    """Return what a drop-down offers: the cells that its defined name stands for."""
    assert check.type == "list"
    ((sheet, area),) = book.defined_names[check.formula1].destinations
    assert book[sheet].sheet_state == "veryHidden"
    return [row[0].value for row in book[sheet][area]]


def test_codes_stay_text_and_money_is_shown_in_pounds(whole) -> None:
    """A code such as 1E5 or 2025/26 must not become a number or a date as it is typed."""
    sheet, of = whole["FundingCommitted"], templates.headed("FundingCommitted", typed=False)
    formats = {
        one.path: sheet.column_dimensions[openpyxl.utils.get_column_letter(place)].number_format
        for place, one in enumerate(of, start=2)
    }
    assert formats["organisation"] == formats["data.by_year[0].financial_year"] == "@"
    assert formats["data.pence"] == "#,##0.00"
    assert formats["effective"] == "yyyy-mm-dd"


def test_the_contents_lead_to_every_type_by_its_part(whole) -> None:
    """The first sheet links to the sheet of each type, beneath the name of its part."""
    sheet = whole[columns.INDEX_SHEET]
    assert whole.sheetnames[0] == columns.INDEX_SHEET
    links = [cell.hyperlink.location for (cell,) in sheet.iter_rows(max_col=1) if cell.hyperlink]
    assert sorted(links) == sorted(f"'{name}'!A1" for name in NAMES)
    shown = [cell.value for (cell,) in sheet.iter_rows(max_col=1)]
    assert set(guide.PART_NAMES.values()) <= set(shown)
    assert set(guide.PART_NAMES) == {kind.part for kind in BY_NAME.values()}


def test_an_example_says_money_in_pounds_and_days_as_dates() -> None:
    """The cells of a sample are what a person would write."""
    stated = dict(
        zip(
            (one.path for one in columns.columns("FundingCommitted")),
            examples.example("FundingCommitted"),
            strict=True,
        )
    )
    assert stated["data.pence"] == 500_000
    assert stated["effective"] == dt.date(2026, 4, 1)
    assert stated["data.ring_fenced"] == "yes"
    assert stated["data.beneficiaries[1].pence"] is None


def test_a_file_made_again_is_the_same_to_the_byte() -> None:
    """Nothing in a file tells when it was made, so its tag stays as long as the release."""
    first = (templates.workbook("StaffTrained"), templates.whole())
    templates.workbook.cache_clear()
    templates.whole.cache_clear()
    assert (templates.workbook("StaffTrained"), templates.whole()) == first


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed here")
@pytest.mark.parametrize("form", ["ods"])
def test_libreoffice_keeps_headings_and_remarks(tmp_path, form) -> None:
    """A template that LibreOffice opened and saved still has the headings, in each format."""
    source = tmp_path / "in" / "StaffTrained.xlsx"
    source.parent.mkdir()
    source.write_bytes(templates.workbook("StaffTrained"))
    subprocess.run(
        [
            OFFICE,
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            form,
            "--outdir",
            str(tmp_path),
            str(source),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    saved = tmp_path / f"StaffTrained.{form}"
    if form == "csv":
        rows = list(csv.reader(saved.read_text(encoding="utf-8-sig").splitlines()))
    else:
        rows = CalamineWorkbook.from_path(saved).get_sheet_by_name("StaffTrained").to_python()
    assert rows[0] == labels("StaffTrained", typed=False)
    assert [row[0] for row in rows[1:3]] == [templates.NEEDED, templates.EXAMPLE]
