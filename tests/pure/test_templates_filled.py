"""A template that a person filled in is read as the events that they meant."""

import csv
import datetime as dt
import io

import msgspec
import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from service.domain import codec
from service.domain.register import BY_NAME
from service.domain.samples import sample
from service.intake import examples, formats, guide, rows, templates
from service.intake.columns import GUIDE_SHEET, INDEX_SHEET, LISTS_SHEET, columns
from service.intake.tables import Row, Sheet, folded

NAMES = sorted(BY_NAME)
KNOWN = frozenset(
    folded(said) for name in NAMES for one in columns(name) for said in (one.path, one.label)
)
ASKED = rows.Asked(latest=dt.date(2027, 1, 1))


def filled(name, *, typed):
    """Return a row's cells as a person fills them in from the example, the remark left blank."""
    shown = dict(zip(columns(name), examples.example(name), strict=True))
    return [None, *(shown[one] for one in templates.headed(name, typed=typed))]


@pytest.fixture(scope="module")
def filled_in(tmp_path_factory):
    """The workbook of all types, the example of each filled in below the remarks, saved anew."""
    found = openpyxl.load_workbook(io.BytesIO(templates.whole()))
    for name in NAMES:
        for place, cell in enumerate(filled(name, typed=False), start=1):
            found[name].cell(4, place).value = cell
    saved = tmp_path_factory.mktemp("filled") / "all.xlsx"
    found.save(saved)
    return saved


@pytest.fixture(scope="module")
def book(filled_in):
    """The same workbook as another library reads it."""
    return CalamineWorkbook.from_path(filled_in)


def test_a_template_comes_in_as_any_file_does(filled_in) -> None:
    """The lists that are hidden, the guide and the contents are left out; no sheet is refused."""
    with formats.opened(filled_in, "all.xlsx", known=KNOWN) as found:
        read = {sheet.name: events(sheet) for sheet in found.sheets()}
    assert read == {name: [meant(name)] for name in NAMES}
    assert {one.sheet for one in found.noted.left_out} == {GUIDE_SHEET, INDEX_SHEET, LISTS_SHEET}


def test_a_blank_source_and_assurance_mean_what_the_guide_says() -> None:
    """Where the guide says that blank means something, the reader takes it so."""
    assert {"assurance": ASKED.assurance, "source.kind": ASKED.source_kind} == guide.DEFAULTS


def as_sheet(name, lines):
    """Return lines as a sheet whose headings stand first."""
    cells = [tuple(None if cell == "" else cell for cell in line) for line in lines]
    made = [Row(number, line) for number, line in enumerate(cells, start=1) if any(line)]
    return Sheet(name, made[0], iter(made[1:]))


def events(sheet):
    """Return the events of a sheet without their ids, which the rows' references make."""
    reader = rows.reader(sheet, ASKED)
    assert isinstance(reader, rows.Reader), reader
    read = [done for row in sheet.rows if (done := reader.read(row)) is not None]
    assert all(isinstance(done, rows.Item) for done in read), read
    return [without_id(done.submitted.body) for done in read]


def without_id(body):
    """Return what an event says, but its id."""
    said = msgspec.json.decode(body)
    del said["id"]
    return said


def meant(name):
    """Return what the sample says in its canonical form."""
    raw = msgspec.json.encode(sample(BY_NAME[name]))
    return without_id(codec.decode(raw, ASKED.latest).body)


@pytest.mark.parametrize("name", NAMES)
def test_a_workbook_filled_in_with_the_example_is_the_sample(book, name) -> None:
    """The type is the sheet's name; remarks are no rows; every cell means what the sample says."""
    sheet = as_sheet(name, book.get_sheet_by_name(name).to_python())
    assert events(sheet) == [meant(name)]


@pytest.mark.parametrize("name", NAMES)
def test_a_csv_filled_in_with_the_example_is_the_sample(name) -> None:
    """A CSV says the type in a column; its example becomes data when its remark is taken out."""
    text = templates.csv(name).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    lines.append(["", *lines[-1][1:]])
    assert events(as_sheet("", lines)) == [meant(name)]
