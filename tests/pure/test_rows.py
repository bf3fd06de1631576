"""Rows of a sheet into events: examples as data, headings, names of rows, what was understood."""

import datetime as dt
import json
from pathlib import Path

import msgspec
import pytest

from service.intake import rows
from service.intake.headings import letter
from service.intake.identity import Occurrences
from service.intake.tables import Row, Sheet, Unread
from tests.strategies import LATEST

EXAMPLES = sorted(Path(__file__).parent.joinpath("sheets").glob("*.json"))
CLOSED = ("Organisation code", "Effective date", "Assurance", "Your reference", "Event id")


def sheet(heads, *lines, name="", first=1):
    """Return a sheet of these headings and rows, the headings in row `first`."""
    made = [
        Row(number, tuple(line) if isinstance(line, (list, tuple)) else line)
        for number, line in enumerate(lines, first + 1)
    ]
    return Sheet(name, Row(first, tuple(heads)), iter(made))


def reader(of, seen=None, **asked):
    """Return a reader of a sheet, or what is wrong with its headings."""
    return rows.reader(of, rows.Asked(latest=LATEST, **asked), seen)


def read(of, seen=None, **asked):
    """Return what each row of a sheet makes."""
    return list(rows.events(reader(of, seen, **asked), of))


def told(made):
    """Return faults as the data files have them."""
    return [
        [one.column, one.heading, one.fault.code, one.fault.value, one.fault.nearest]
        for one in made
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_each_row_makes_its_event_or_its_faults(path):
    """The data files' rows, one reader for all of a file, give what stands beside them."""
    case = json.loads(path.read_text(encoding="utf-8"))
    of = sheet(case["headings"], *(row["cells"] for row in case["rows"]))
    for row, made in zip(case["rows"], read(of, **case["asked"]), strict=True):
        if "event" in row:
            assert isinstance(made, rows.Item), (row["says"], made)
            event = json.loads(made.submitted.body)
            assert event.pop("id")
            assert event == row["event"], row["says"]
        else:
            assert not isinstance(made, rows.Item), row["says"]
            assert told(made) == row["faults"], row["says"]


@pytest.mark.parametrize(
    ("heads", "asked", "name", "faults"),
    [
        (["Organisation", "Effectve date"], {"type": "TrustClosed"}, "",
         [["B", "Effectve date", "unknown_heading", '"Effectve date"', "Effective date"],
          [None, "Effective date", "missing_column", None, None]]),
        (["Organisation", "organisation_code", "Effective"], {"type": "TrustClosed"}, "",
         [["B", "organisation_code", "repeated_heading", '"organisation_code"', None]]),
        (["Organisation", "Effective"], {}, "", [[None, None, "missing", None, None]]),
        (["Organisation", "Effective"], {}, "Sheet1", [[None, None, "missing", None, None]]),
        (["Organisation", "Effective"], {"type": "TrustClsed"}, "",
         [[None, None, "unknown_type", '"TrustClsed"', "TrustClosed"]]),
        (["Organisation", "Effective"], {"type": "TrustClosed"}, "Staff trained",
         [[None, None, "not_allowed", '"Staff trained"', None]]),
        (["Effective", "Organisation", "Financial year", "Income (£000)"],
         {"type": "IncomeReported"}, "",
         [["D", "Income (£000)", "unknown_heading", '"Income (£000)"', "Income (£)"],
          [None, "Income (£)", "missing_column", None, None]]),
    ],
)  # fmt: skip
def test_headings_that_cannot_be_understood_are_told_once(heads, asked, name, faults):
    """Unknown ones with the nearest, doubled ones, missing ones, and a sheet of no known type."""
    found = reader(sheet(heads, name=name), **asked)
    assert isinstance(found, tuple)
    assert told(found) == faults
    assert {one.row for one in found} == {1}


@pytest.mark.parametrize(
    ("heading", "cell", "pence"),
    [
        ("Income (£)", "1250", 125_000), ("Income", "1250", 125_000), ("income (GBP)", 12.5, 1250),
        ("pence", "1250", 1250), ("data.pence", 1250, 1250), ("Income (pence)", "1,250", 1250),
        ("data.pence", "£1,250.50", 125_050), ("data.pence", "1250.50", None),
    ],
)  # fmt: skip
def test_a_heading_says_whether_bare_numbers_are_pounds_or_pence(heading, cell, pence):
    """A label means pounds; a path or "(pence)" means pence, where a £ sign still means pounds."""
    heads = ("Effective", "Financial year", heading)
    (made,) = read(
        sheet(heads, ("2025-04-01", "2024/25", cell)), type="IncomeReported", organisation="RTP"
    )
    if pence is None:
        assert told(made) == [["C", heading, "not_whole", '"1250.50"', "£1250.50"]]
    else:
        assert made.submitted.event.data.pence == pence


def closed(*lines, seen=None):
    """Return what rows make that close trusts."""
    return read(sheet(CLOSED, *lines), seen, type="TrustClosed")


def ids(made):
    """Return the ids of events as text."""
    return [str(one.submitted.event.id) for one in made]


PLAIN = ("RTP", "2026-04-01", "public_record")


def test_a_row_without_a_name_is_the_same_row_wherever_and_however_it_is_written():
    """Formats, rows above and other sheets' rows change no id; its n-th occurrence has its own."""
    first = ids(closed(PLAIN, PLAIN))
    again = ids(closed(("RXC", *PLAIN[1:]), ("rtp ", "01/04/2026", "Public record"), PLAIN))
    assert first == again[1:]
    assert first[0] != first[1]


def test_one_file_counts_its_rows_over_all_its_sheets():
    """The same row on two sheets of a file is two events."""
    seen = Occurrences()
    assert ids(closed(PLAIN, seen=seen)) != ids(closed(PLAIN, seen=seen))


def test_a_row_that_its_submitter_named_keeps_its_id_when_it_is_changed():
    """The id follows from organisation, type and reference: the log tells a change by it."""
    before = closed((*PLAIN, "row-1"))
    after = closed(("RTP", dt.date(2026, 5, 1), "public_record", " row-1 "))
    other = closed(("RXC", "2026-04-01", "public_record", "row-1"))
    assert ids(before) == ids(after) != ids(other)
    assert before[0].submitted.body != after[0].submitted.body


def test_one_name_for_two_rows_with_other_content_is_refused_in_the_file():
    """The same row twice under a name is one event; a different one is told at its column."""
    same, again, changed = closed(
        (*PLAIN, "a"), (*PLAIN, "a"), ("RTP", "2026-05-01", "public_record", "a")
    )
    assert ids([same]) == ids([again])
    assert told(changed) == [["D", "Your reference", "id_conflict", '"a"', None]]


def test_an_id_of_the_submitters_own_is_taken_and_a_broken_one_told():
    """The column of ids decides; what is no id is a fault of its cell."""
    key = "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f"
    good, bad = closed((*PLAIN, None, key.upper()), (*PLAIN, "a", "12"))
    assert ids([good]) == [key]
    assert told(bad) == [["E", "Event id", "out_of_limits", '"12"', None]]


@pytest.mark.parametrize("name", ["a\u202eb", "x" * 301, "a@b.example"])
def test_a_name_of_a_row_keeps_the_rules_of_texts(name):
    """A reference that no text may be is refused at its column."""
    (made,) = closed((*PLAIN, name))
    assert [one.heading for one in made] == ["Your reference"]


def test_remarks_are_left_out_and_cells_that_show_errors_are_told():
    """A row that begins with # is none; an error of the sheet stands where its column is."""
    lines = [
        Row(2, ("# an example", "x")),
        Row(3, (None, None, "public_record"), (Unread(1, "#N/A", "must be a value: mend it"),)),
        Row(4, ("#REF!", "2026-04-01", "public_record")),
    ]
    of = Sheet("", Row(1, CLOSED), iter(lines))
    first, second = read(of, type="TrustClosed", organisation="RTP")
    assert told(first) == [["B", "Effective date", "error_cell", '"#N/A"', None]]
    assert told(second) == [["A", "Organisation code", "error_cell", '"#REF!"', None]]


def test_a_precision_that_the_date_cannot_have_is_told_at_the_date():
    """A month is no day, whatever the precision's column says; a year's January is both."""
    heads = ("Effective", "How exact the date is")
    lines = [("March 2024", "day"), ("2024", "month"), ("March 2024", "month"), ("2024-01", "Year")]
    asked = {"type": "TrustClosed", "organisation": "RTP", "assurance": "public_record"}
    day, year, month, january = read(sheet(heads, *lines), **asked)
    assert told(day)[0][:3] == ["A", "Effective", "precision"]
    assert told(year)[0][:3] == ["A", "Effective", "precision"]
    assert month.submitted.event.precision == "month"
    assert january.submitted.event.precision == "year"


def test_what_was_understood_is_told_by_column_with_its_first_cell_and_their_number():
    """Each way in which cells were taken otherwise than written is told once a column."""
    heads = ("Effective", "Organisation", "Financial year", "Income (£)", "Certain?")
    lines = [
        ("03/04/2025", "rtp", "FY24/25", "£5", "n/a"),
        ("04/04/2025", "RTP", "2023/24", "6", "n/a"),
        ("2025-04-05", "rtp", "2022/23", "7", "-"),
    ]
    of = sheet(heads, *lines)
    reading = reader(of, type="IncomeReported")
    assert all(isinstance(made, rows.Item) for made in rows.events(reading, of))
    found = [msgspec.structs.astuple(one)[1:] for one in reading.understood()]
    assert found == [
        ("A", "Effective", "dates read as day/month/year", "03/04/2025", "2025-04-03", 2),
        ("B", "Organisation", "codes trimmed and in upper case", "rtp", "RTP", 2),
        ("C", "Financial year", "years written as 2025/26", "FY24/25", "2024/25", 1),
        ("D", "Income (£)", "pounds → pence", "£5", "500", 3),
        ("E", "Certain?", "read as blank", "n/a", "", 3),
    ]


def test_rows_count_as_the_sheet_shows_them():
    """A fault names the row of the sheet, whatever stands above the headings."""
    (made,) = read(sheet(CLOSED, ("RTP", "x", "public_record"), first=7), type="TrustClosed")
    assert [(one.row, one.column) for one in made] == [(8, "B")]


def test_columns_have_the_letters_of_a_sheet():
    """A to Z, then AA."""
    assert [letter(at) for at in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip
