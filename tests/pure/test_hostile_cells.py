"""Two hundred cells that mean harm, in a column of each kind: an event or faults, no crash."""

import datetime as dt
import json

import pytest

from service.domain.register import BY_NAME
from service.intake import rows
from service.intake.columns import columns
from service.intake.examples import example
from service.intake.tables import Row, Sheet
from tests.strategies import LATEST

FORMULAS = [
    f"{sign}{text}"
    for sign in ("=", "+", "-", "@", "\t=", "'=")
    for text in ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x.example","y")', "SUM(A1:A9)",
                 'IMPORTXML("http://x.example","//a")', "A1")
]  # fmt: skip
NUMBERS = [
    "1e309", "-1e309", "1e-309", "nan", "NaN", "inf", "-inf", "Infinity", "0x10", "0b1", "1_000",
    "1" * 400, "0." + "1" * 400, "٣٤", "½", "Ⅻ", "1,2,3", ",", ".", "-", "--1", "+-1", "£", "££5",
    "(5", "5)", "%", "%%", "5%%", "-0", "0" * 50, "1e", "9" * 5000, "¹²",
    float("nan"), float("inf"), -float("inf"), 1e308, 5e-324, -0.0, 10**400, -(10**400), 2**63,
    True, False, 2**53 + 1, 0.1 + 0.2,
]  # fmt: skip
TEXTS = [
    "\x00", "a\x00b", "\x1b[31m", "\u202eabc", "\u2066abc", "\u200b", "\ufeff", "\u00ad", "\u180e",
    "\ud800", "\udfff", "a\ud800b", "\U0001f600", "\U0001f468\u200d\U0001f469", "e\u0301" * 50,
    "\u0301", "\n", "a\nb", "a\r\nb", "\u2028", "\u2029", "\x85", "\ufffe", "\U0010ffff",
    "'; DROP TABLE events; --", '"', "\\", '\\"', '","data":{"x":1},"y":"', '"}}', "}{", "[]", "{}",
    "null", "true", "None", "undefined", "<script>alert(1)</script>", "${7*7}", "{{7*7}}", "%s%s",
    "../../etc/passwd", "file:///etc/passwd", "javascript:alert(1)", "http://u:p@x.example/",
    "http://[::1", "a@b.example", "1234567890", "123 456 7890", "x" * 32_767, " " * 32_767,
    "(" * 32_767, "1 " * 16_000, ", " * 16_000, ";" * 32_767, "£" + " " * 30_000 + "1",
    "1" + "\t" * 30_000, "RTP" + " " * 30_000 + "(", "–" * 30_000, "q" + " " * 30_000 + "1",
    "[" * 30_000, '{"a":' * 5_000, "İ", "ﬀ", "ß", "ǆ", "\u1e9e", "K\u0307", "A" * 300, "#REF!",
    "#DIV/0!", "#SPILL!", "#N/A", "n/a", "N/A ", "–", "—", "_", "*", "?", "#", "# x", "#x",
]  # fmt: skip
DATES = [
    "31/02/2025", "00/00/0000", "99/99/9999", "1/1/1", "0001-01-01", "9999-12-31", "2025-13-01",
    "2025-W01-1", "2025-001", "13/13/2025", "29/02/2100", "1 Foo 2025", "1st", "May", "32 May 2025",
    "24:00", "2025-04-03T25:00", "2025-04-03 10:00", "2025-04-03T00:00:00+14:00", "60", "-1",
    "99999999", dt.date.min, dt.date.max, dt.datetime(9999, 12, 31),  # noqa: DTZ001 - a sheet's have no zone
    dt.datetime(2025, 1, 1, 0, 0, 0, 1),  # noqa: DTZ001 - a sheet's have no zone
    dt.date(1948, 7, 4), dt.date(2101, 1, 1), "04/03/25", "2025/13", "13/2025", "0/2025",
    "2025-02-29", "29-02-2025", "0/0/2025", "2025--01",
]  # fmt: skip
CELLS = [*FORMULAS, *NUMBERS, *TEXTS, *DATES]
KINDS = {
    one.kind: (name, one.path) for name in BY_NAME for one in columns(name) if "[" not in one.path
}  # fmt: skip
"""A column of each kind, in the last type that has one."""


def test_there_are_two_hundred_of_them():
    """As many as the issue asks for."""
    assert len(CELLS) >= 200


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_hostile_cell_makes_an_event_or_is_told(kind):
    """Each cell in a column of each kind of an otherwise valid row: the row is read, or refused."""
    name, path = KINDS[kind]
    of, line = columns(name), example(name)
    at = [one.path for one in of].index(path)
    heads = Row(1, tuple(one.label for one in of))
    asked = rows.Asked(latest=LATEST, type=name)
    reading = rows.reader(Sheet("", heads, iter(())), asked)
    for number, cell in enumerate(CELLS, 2):
        made = reading.read(Row(number, (*line[:at], cell, *line[at + 1 :])))
        if isinstance(made, rows.Item):
            assert json.loads(made.submitted.body)["type"] == name
        elif made is None:
            assert str(cell).startswith("#"), cell
        else:
            assert made, cell
            assert all(one.fault.rule and len(one.fault.value or "") < 800 for one in made)


def test_what_a_cell_injects_stays_inside_its_member():
    """Quotes, braces and backslashes of a cell are text, and can state no other member."""
    heads = ("Organisation", "Effective", "Strategy", "Title", "Scope")
    for text in ('","scope":"improvement', '"}},"id":"x', "\\", '\\"', "{}", "[1]"):
        line = ("RTP", "2026-04-01", "s-1", f"a{text}b", "organisation")
        reading = rows.reader(
            Sheet("", Row(1, heads), iter(())), rows.Asked(latest=LATEST, type="StrategyAdopted")
        )
        made = reading.read(Row(2, line))
        assert isinstance(made, rows.Item), made
        assert made.submitted.event.data.title == f"a{text}b"
        assert made.submitted.event.data.scope == "organisation"


@pytest.mark.parametrize("cell", CELLS, ids=range(len(CELLS)))
def test_a_hostile_heading_is_refused_or_left_out(cell):
    """A heading that is no column's is told; none of them stops the reading."""
    found = rows.reader(
        Sheet("", Row(1, ("Organisation", "Effective", cell)), iter(())),
        rows.Asked(latest=LATEST, type="TrustClosed"),
    )
    assert isinstance(found, rows.Reader) or [one.column for one in found] == ["C"]
