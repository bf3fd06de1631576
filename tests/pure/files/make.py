"""Write the files of this folder with LibreOffice: `python make.py FOLDER`, needs `soffice`.

The sources are flat OpenDocument without any cached value, so that every value, error and mark in
the files is LibreOffice's own. Those with a password are stored through its own interface (UNO).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

FORMATS = ("xlsx", "xls", "ods")
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"
 xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"
 office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:automatic-styles>
<number:date-style style:name="N1"><number:day number:style="long"/><number:text>/</number:text>
<number:month number:style="long"/><number:text>/</number:text><number:year number:style="long"/>
</number:date-style>
<style:style style:name="day" style:family="table-cell" style:data-style-name="N1"/>
<style:style style:name="unseen" style:family="table">
<style:table-properties table:display="false"/></style:style>
</office:automatic-styles><office:body><office:spreadsheet>"""
EARLY = (
    '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/>'
    "</table:calculation-settings>"
)
TAIL = "</office:spreadsheet></office:body></office:document>"


def text(value: str, more: str = "") -> str:
    """Return a cell with text."""
    inside = f"<text:p>{value}</text:p>"
    return f'<table:table-cell office:value-type="string"{more}>{inside}</table:table-cell>'


def number(value: float) -> str:
    """Return a cell with a number."""
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def day(value: str) -> str:
    """Return a cell with a date."""
    return (
        '<table:table-cell table:style-name="day" office:value-type="date"'
        f' office:date-value="{value}"/>'
    )


def formula(value: str) -> str:
    """Return a cell with a formula and no value."""
    return f'<table:table-cell table:formula="of:={value}"/>'


def row(*cells: str, seen: str = "visible") -> str:
    """Return a row."""
    return f'<table:table-row table:visibility="{seen}">{"".join(cells)}</table:table-row>'


def sheet(name: str, *rows: str, columns: str = "", style: str = "") -> str:
    """Return a sheet."""
    of = f' table:style-name="{style}"' if style else ""
    return f'<table:table table:name="{name}"{of}>{columns}{"".join(rows)}</table:table>'


BLANK = "<table:table-cell/>"
COVERED = "<table:covered-table-cell/>"
MERGED = ' table:number-columns-spanned="2" table:number-rows-spanned="2"'
HEADINGS = row(text("type"), text("organisation"), text("effective"), text("count"))
ONE = row(text("StaffTrained"), text("RTP"), day("2024-03-01"), number(12))
TWO = row(text("StaffTrained"), text("RTP"), day("2024-04-30T09:30:00"), number(0.25))
FILTERED = row(text("StaffTrained"), text("RXX"), day("2024-05-01"), number(3), seen="filter")
COLLAPSED = row(text("StaffTrained"), text("RXX"), day("2024-05-01"), number(3), seen="collapse")
COLUMNS = (
    '<table:table-column/><table:table-column table:visibility="collapse"/>'
    '<table:table-column table:number-columns-repeated="2"/>'
)
SOURCES = {
    "plain": sheet("Events", HEADINGS, ONE, row(BLANK), TWO, row(text("Ünïcode £5 – “x”"))),
    "shows": sheet(
        "Events",
        HEADINGS,
        row(text("merged", MERGED), COVERED, day("2024-03-01"), formula("6*7")),
        row(COVERED, COVERED, formula("NA()"), formula("1/0")),
    ),
    "hidden_sheet": sheet("Events", HEADINGS, ONE) + sheet("Old", HEADINGS, TWO, style="unseen"),
    "hidden_lists": sheet("Events", HEADINGS, ONE)
    + sheet("Lists", row(text("surgery")), style="unseen"),
    "hidden_row": sheet("Events", HEADINGS, ONE, COLLAPSED, TWO),
    "filtered_row": sheet("Events", HEADINGS, ONE, FILTERED, TWO),
    "hidden_column": sheet("Events", HEADINGS, ONE, columns=COLUMNS),
    "hidden_blank": sheet("Events", HEADINGS, ONE, row(BLANK, seen="collapse"), TWO),
    "early_1904": EARLY + sheet("Events", HEADINGS, ONE, TWO),
}
LOCK = """
import sys, uno
from com.sun.star.beans import PropertyValue
def of(name, value):
    found = PropertyValue(); found.Name, found.Value = name, value; return found
resolver = uno.getComponentContext().ServiceManager.createInstance(
    "com.sun.star.bridge.UnoUrlResolver")
context = resolver.resolve("uno:pipe,name=capmapfixtures;urp;StarOffice.ComponentContext")
desktop = context.ServiceManager.createInstance("com.sun.star.frame.Desktop")
book = desktop.loadComponentFromURL(sys.argv[1], "_blank", 0, (of("Hidden", True),))
for filter, ending in (("MS Excel 97", "xls"), ("calc8", "ods")):
    book.storeToURL(sys.argv[2] + ending, (of("FilterName", filter), of("Password", "secret")))
desktop.terminate()
"""


def main(folder: Path) -> None:
    """Write every file in every format."""
    with TemporaryDirectory() as place:
        for name, body in SOURCES.items():
            (Path(place) / f"{name}.fods").write_text(HEAD + body + TAIL, encoding="utf-8")
        sources = sorted(str(path) for path in Path(place).glob("*.fods"))
        for ending in FORMATS:
            _soffice("--convert-to", ending, "--outdir", str(folder), *sources)
        csv = "csv:Text - txt - csv (StarCalc):59,34,{},1,,0,false,true,false"
        for name, encoding in (("semicolons_utf8", 76), ("semicolons_cp1252", 1)):
            _soffice("--convert-to", csv.format(encoding), "--outdir", place, f"{place}/plain.fods")
            (Path(place) / "plain.csv").rename(folder / f"{name}.csv")
        _locked(Path(place) / "plain.fods", folder)


def _locked(source: Path, folder: Path) -> None:
    """Store one file with a password, through the interpreter that has LibreOffice's bindings."""
    accept = "--accept=pipe,name=capmapfixtures;urp;"
    with subprocess.Popen(["soffice", "--headless", "--norestore", accept]):
        for _ in range(60):
            names = [source.as_uri(), f"{folder.as_uri()}/locked."]
            command = ["/usr/bin/python3", "-c", LOCK, *names]
            if subprocess.run(command, check=False, capture_output=True).returncode == 0:
                return
            subprocess.run(["sleep", "1"], check=True)
    raise SystemExit("LibreOffice did not answer")


def _soffice(*words: str) -> None:
    subprocess.run(["soffice", "--headless", *words], check=True, capture_output=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
