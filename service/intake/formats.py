"""Which format a file has, told by what is in it: its name alone proves nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from service.domain.problems import Problem
from service.intake import delimited, tables, workbook
from service.intake.tables import Limits, Opened

_BEGINNING: Final = 512
_WORKBOOKS: Final = (b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_OTHERS: Final = (
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"7z\xbc\xaf\x27\x1c", "a compressed file (7z)"),
    (b"Rar!", "a compressed file (rar)"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"PAR1", "a Parquet file"),
    (b"{\\rtf", "a rich text file"),
    (b"ID;P", "a SYLK file"),
)
_MARKUP: Final = (b"<!doctype html", b"<html", b"<table", b"<meta", b"<head", b"<body", b"<div")
_TEXTS: Final = frozenset({"csv", "tsv", "tab", "txt", ""})
_TAKEN: Final = "CSV, .xlsx, .xlsm, .xls and .ods are taken"


def opened(
    path: Path,
    name: str,
    limits: Limits = tables.DEFAULT,
    known: frozenset[str] = frozenset(),
) -> Opened | Problem:
    """Return the sheets of a file, or a problem that says why it cannot be read.

    name: as the sender called the file, for messages; known: the headings that mean something,
    each as `tables.folded` gives it. They tell the delimiter of a CSV and which sheets are read;
    where none is given, the delimiter is the one that gives most columns, and all sheets are read.
    """
    size = path.stat().st_size
    if size == 0:
        return Problem("unreadable_file", "the file is empty")
    if size > limits.file_bytes:
        detail = f"the file has {size} bytes; at most {limits.file_bytes} are taken"
        return Problem("file_limit", detail)
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING)
    if beginning.startswith(_WORKBOOKS):
        return workbook.opened(path, limits, known)
    if what := _other(beginning):
        return Problem("unsupported_file", f"the file is {what}; {_TAKEN}")
    return _named(delimited.opened(path, limits, known), name)


def _other(beginning: bytes) -> str | None:
    """Return what a file is by its first bytes, if it is neither a workbook nor plain text."""
    for start, what in _OTHERS:
        if beginning.startswith(start):
            return what
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_MARKUP):
        return "a web page: open it in a spreadsheet and save it as .xlsx"
    if text.startswith(b"<?xml"):
        return "XML: open it in a spreadsheet and save it as .xlsx"
    if text.startswith((b'{"', b"{\n", b"{\r", b"[{", b"[\n", b"[\r")):
        return "JSON: send it to /api/v1/events"
    return None


def _named(found: Opened | Problem, name: str) -> Opened | Problem:
    """Return a delimited file with a remark where its name says that it is something else."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if isinstance(found, Problem) or ending in _TEXTS:
        return found
    remark = f"The file is named .{ending} and is text; it was read as CSV."
    noted = msgspec.structs.replace(found.noted, remarks=(remark, *found.noted.remarks))
    return msgspec.structs.replace(found, noted=noted)
