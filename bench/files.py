"""`python -m bench.files [ROWS]`: how fast files of rows are read, and in how much memory.

Each format is read in a process of its own, so that a peak is that file's; the workbook's process
is its child, whose peak the system tells apart.
"""

from __future__ import annotations

import csv
import datetime as dt
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import xlsxwriter

from service.intake import formats
from service.intake.tables import Cell, Opened

HEADINGS = (
    "type", "organisation", "effective", "precision", "certain", "programme", "level", "count",
    "division", "reference",
)  # fmt: skip
COLUMN_OF_DATE = 2


def main() -> None:
    """Write a file in each format, read it, and print a line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="bench-files-") as folder:
        as_csv, as_xlsx = Path(folder) / "rows.csv", Path(folder) / "rows.xlsx"
        _write_csv(as_csv, count)
        _write_xlsx(as_xlsx, count)
        print(f"{count} rows of {len(HEADINGS)} columns, best of 3")
        for name, read, path in (
            ("csv, the standard library", _plain, as_csv),
            ("csv", _opened, as_csv),
            ("xlsx", _opened, as_xlsx),
        ):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                seconds, parent, child = pool.apply(_measured, (read, path, count))
            line = f"{name:<28}{count / seconds:>12,.0f} rows/s   peak {parent:>4} MB"
            print(line + (f", child {child:>4} MB" if path == as_xlsx else ""))


def _rows(count: int) -> list[list[Cell]]:
    chance = random.Random(1)
    return [
        ["StaffTrained", "RTP", dt.date(2024, 3, chance.randint(1, 28)), "day", None,
         "qsir_college", "practitioner", chance.randint(1, 400), "surgery", f"ref-{number}"]
        for number in range(count)
    ]  # fmt: skip


def _write_csv(path: Path, count: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(_rows(count))


def _write_xlsx(path: Path, count: int) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Events")
        sheet.write_row(0, 0, HEADINGS)
        sheet.set_column(COLUMN_OF_DATE, COLUMN_OF_DATE, 12)
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for number, row in enumerate(_rows(count), 1):
            for column, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    sheet.write_datetime(number, column, cell, day)
                elif cell is not None:
                    sheet.write(number, column, cell)


def _measured(read: object, path: Path, count: int) -> tuple[float, int, int]:
    """Return the best seconds of three, and the peak megabytes of this process and its child."""
    assert callable(read)  # noqa: S101 - for the reader: it came through a pickle
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        assert read(path) == count  # noqa: S101 - a figure for half the rows would be none
        best = min(best, time.perf_counter() - start)
    peaks = [resource.getrusage(who).ru_maxrss for who in (0, resource.RUSAGE_CHILDREN)]
    return best, peaks[0] >> 10, peaks[1] >> 10


def _plain(path: Path) -> int:
    with path.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file, strict=True)) - 1


def _opened(path: Path) -> int:
    found = formats.opened(path, path.name)
    assert isinstance(found, Opened)  # noqa: S101 - the file is good
    with found:
        return sum(1 for sheet in found.sheets() for _ in sheet.rows)


if __name__ == "__main__":
    main()
