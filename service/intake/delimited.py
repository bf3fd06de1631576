"""CSV and its kin, as spreadsheets write them: encoding and delimiter told, then row by row.

The file is looked through once before it is read, a piece at a time: whether a later byte fits the
encoding decides how the first is read. Nothing of it is kept but a piece and a row.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from msgspec import Struct

from service.domain.problems import Problem, Refused
from service.intake import tables
from service.intake.tables import Limits, Noted, Opened, Row, Sheet

DELIMITERS: Final = (",", ";", "\t", "|")
_NAMED: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PIECE: Final = 1 << 20
"""Bytes that are looked at together; so many without a line end are no line of a table."""
_SEPARATOR: Final = re.compile(r'"?sep=([^\w\s"]|[\t ])"?\r?\n?', re.IGNORECASE)
"""The line that Excel takes for an instruction and does not show."""


class _Form(Struct, frozen=True):
    """How the file is written. skipped: physical lines before the first row of the sheet."""

    encoding: str
    delimiter: str
    skipped: int


def opened(path: Path, limits: Limits, known: frozenset[str]) -> Opened | Problem:
    """Return the one sheet of a delimited file, or why it is none.

    Reads the whole file once in pieces, and its first row.
    """
    try:
        form = _form(path, _encoding(path), known)
        headings = next(_rows(path, form, limits), None)
    except Refused as refused:
        return refused.problem
    if headings is None:
        return Problem("unreadable_file", "the file holds no row: not even headings")
    noted = Noted(
        format="csv",
        encoding=form.encoding.removesuffix("-sig"),
        delimiter=form.delimiter,
        remarks=_remarks(form),
    )
    return Opened(noted, lambda: _sheets(path, form, limits))


def _remarks(form: _Form) -> tuple[str, ...]:
    found = []
    if form.encoding == "cp1252":
        found.append("The file is not UTF-8: it was read as Windows-1252, which Excel writes.")
    if form.delimiter != ",":
        found.append(f"The columns are parted by {_NAMED.get(form.delimiter, form.delimiter)}.")
    return tuple(found)


def _sheets(path: Path, form: _Form, limits: Limits) -> Iterator[Sheet]:
    rows = _rows(path, form, limits)
    yield Sheet("", next(rows), rows)


def _encoding(path: Path) -> str:
    """Return the first encoding that the whole file fits; raise Refused where none does."""
    with path.open("rb") as file:
        start = file.read(4)
    told = [encoding for bom, encoding in _BOMS if start.startswith(bom)]
    for encoding in told or ("utf-8", "cp1252"):
        if _fits(path, encoding):
            return encoding
    if told:
        detail = f"the file begins as {told[0].removesuffix('-sig')} and does not go on so"
        raise Refused(Problem("unreadable_file", detail))
    raise Refused(Problem("unsupported_file", "the file is no text in UTF-8 or Windows-1252"))


def _fits(path: Path, encoding: str) -> bool:
    """Tell whether all of the file is text in an encoding.

    Raises Refused for what no table holds, and where the file ends within a character.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line, plain = 1, True
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                text = decoder.decode(piece)
                _refuse_text(text, line, whole=len(piece) == _PIECE)
                line += text.count("\n")
                plain = plain and text.isascii()
    except UnicodeDecodeError:
        return False
    return _ends(decoder, line, plain=plain)


def _ends(decoder: codecs.IncrementalDecoder, line: int, *, plain: bool) -> bool:
    """Tell whether no character is left half; raise Refused where others show that one was cut.

    A half character alone may be a whole one of Windows-1252.
    """
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        if plain:
            return False
        detail = f"the file ends in the middle of a character, in line {line}: it was cut"
        raise Refused(Problem("unreadable_file", detail)) from None
    return True


def _refuse_text(text: str, line: int, *, whole: bool) -> None:
    """Raise Refused where a piece holds a NUL, or is a whole one without a line end."""
    if "\0" in text:
        at = line + text.count("\n", 0, text.index("\0"))
        detail = f"line {at} holds a NUL character: the file is damaged, or no text"
        raise Refused(Problem("unreadable_file", detail))
    if whole and "\n" not in text and "\r" not in text:
        detail = f"line {line} is longer than {len(text)} characters: no row of a table is"
        raise Refused(Problem("file_limit", detail))


def _form(path: Path, encoding: str, known: frozenset[str]) -> _Form:
    """Return the form; the delimiter is the one of a `sep=` line, or as `_score` finds."""
    with path.open(encoding=encoding, newline="") as file:
        told = _SEPARATOR.fullmatch(file.readline())
    if told:
        return _Form(encoding, told[1], 1)
    forms = [_Form(encoding, mark, 0) for mark in DELIMITERS]
    return max(forms, key=lambda form: _score(path, form, known))


def _score(path: Path, form: _Form, known: frozenset[str]) -> tuple[int, int]:
    """Return how many known names, and how many cells, the first row has in this form."""
    with path.open(encoding=form.encoding, newline="") as file:
        try:
            reader = csv.reader(_sheet(file, form), delimiter=form.delimiter, strict=True)
            first: list[str] = next(filter(None, reader), [])
        except csv.Error:
            return (-1, 0)
    return (sum(tables.folded(cell) in known for cell in first), len(first))


def _sheet(file: TextIO, form: _Form) -> TextIO:
    """Return the file, read on to the first line that a sheet shows."""
    for _ in range(form.skipped):
        file.readline()
    return file


def _rows(path: Path, form: _Form, limits: Limits) -> Iterator[Row]:
    """Give every row that is not blank; raise Refused at the first that is none."""
    number, cells, columns = 0, list[str](), 0
    try:
        with path.open(encoding=form.encoding, newline="") as file:
            reader = csv.reader(_sheet(file, form), delimiter=form.delimiter, strict=True)
            for number, cells in enumerate(reader, 1):
                if any(cells) and (cells[0].strip() or any(map(str.strip, cells))):
                    if len(cells) > limits.columns or max(map(len, cells)) > limits.cell_characters:
                        raise Refused(_too_large(number, cells, limits))
                    if number > limits.rows:
                        detail = f"the file has more than {limits.rows} rows"
                        raise Refused(Problem("file_limit", detail))
                    columns = columns or len(cells)
                    yield Row(number, tuple([cell or None for cell in cells]))
    except csv.Error as error:
        raise Refused(_broken(path, form, number, str(error))) from None
    if len(cells) < columns and not _ends_in_a_line(path, form):
        detail = f"row {number} has {len(cells)} of {columns} cells, and the file ends within it"
        raise Refused(Problem("unreadable_file", f"{detail}: it seems cut"))


def _too_large(number: int, cells: list[str], limits: Limits) -> Problem:
    if len(cells) > limits.columns:
        detail = f"row {number} has {len(cells)} cells; at most {limits.columns} columns are read"
        return Problem("file_limit", detail)
    lengths = [len(cell) for cell in cells]
    column = next(at for at, length in enumerate(lengths) if length > limits.cell_characters)
    return Problem(
        "file_limit",
        f"row {number}, column {tables.letters(column)} has {lengths[column]} characters;"
        f" a cell has at most {limits.cell_characters}",
    )


def _broken(path: Path, form: _Form, number: int, said: str) -> Problem:
    """Return what is wrong with the row behind row `number`, with the line where it begins."""
    with path.open(encoding=form.encoding, newline="") as file:
        reader = csv.reader(_sheet(file, form), delimiter=form.delimiter, strict=True)
        for _ in islice(reader, number):
            pass
        line = reader.line_num + 1 + form.skipped
    where = f"row {number + 1}, which begins in line {line} of the file,"
    if "unexpected end" in said or "field larger" in said:
        detail = f'{where} opens a quotation mark (") that is not closed'
        if "field larger" in said:
            detail = f"{where} has a cell of over {csv.field_size_limit()} characters"
            detail += ": is a closing quotation mark missing?"
        return Problem("unreadable_file", detail)
    detail = f'{where} has text behind a closing quotation mark: within a cell, " is written ""'
    return Problem("unreadable_file", detail)


def _ends_in_a_line(path: Path, form: _Form) -> bool:
    width = 2 if form.encoding == "utf-16" else 1
    with path.open("rb") as file:
        file.seek(-width, 2)
        return file.read().strip(b"\0") in {b"\n", b"\r"}
