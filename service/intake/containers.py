"""What kind of workbook a container holds, told by its parts, and the marks of its sheets.

Runs in the process that may die of the file: even a list of parts can be made to do harm.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from msgspec import Struct

from service.domain.problems import Problem, Refused
from service.intake import marks_ods, marks_xls, marks_xlsx
from service.intake.marks import Marks
from service.intake.tables import Format, Limits

_SMALL: Final = 16 << 20
"""Bytes that a workbook may unpack to whatever the ratio is."""
_SECTOR: Final = 512
"""Every OLE2 file has a multiple of so many bytes."""
_OTHERS: Final = {
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint file",
    "xl/workbook.bin": "a binary workbook (.xlsb)",
}


class Contained(Struct, frozen=True):
    """A workbook that is taken: its format, the marks of each sheet in order, what to tell."""

    format: Format
    marks: list[Marks]
    remarks: tuple[str, ...] = ()


def contained(path: Path, limits: Limits) -> Contained:
    """Return what the file is; raise Refused for what is not taken, and what the parts raise."""
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            return _old(path)
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        _refuse_expansion(archive, limits)
        if "xl/workbook.xml" in names:
            return _office(archive, names)
        if "content.xml" in names and b"spreadsheet" in archive.read("mimetype"):
            return _open_document(archive, names)
    what = [text for part, text in _OTHERS.items() if part in names]
    detail = f"the file is {what[0] if what else 'an archive of other files'}, no workbook"
    raise Refused(Problem("unsupported_file", detail))


def _refuse_expansion(archive: zipfile.ZipFile, limits: Limits) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    ratio = unpacked // max(1, sum(part.compress_size for part in parts))
    if unpacked > _SMALL and ratio > limits.expansion:
        detail = f"the workbook unpacks to {ratio} times its size; at most {limits.expansion}"
        raise Refused(Problem("file_limit", f"{detail} times is read"))


def _office(archive: zipfile.ZipFile, names: set[str]) -> Contained:
    macros = "xl/vbaProject.bin" in names
    remarks = ("The macros of the workbook were not run; its data are read.",) if macros else ()
    return Contained("xlsm" if macros else "xlsx", list(marks_xlsx.marks(archive)), remarks)


def _open_document(archive: zipfile.ZipFile, names: set[str]) -> Contained:
    manifest = "META-INF/manifest.xml"
    if manifest in names and b"encryption-data" in archive.read(manifest):
        raise Refused(Problem("unreadable_file", "the workbook is protected by a password"))
    return Contained("ods", marks_ods.marks(archive))


def _old(path: Path) -> Contained:
    """Return what an OLE2 file is: an old workbook, a new one in a locked box, or neither."""
    data = path.read_bytes()
    if _names("EncryptedPackage", data):
        raise Refused(Problem("unreadable_file", "the workbook is protected by a password"))
    if len(data) % _SECTOR:
        detail = "the workbook is cut or damaged: it ends within one of its sectors"
        raise Refused(Problem("unreadable_file", detail))
    if _names("Workbook", data) or _names("Book", data):
        return Contained("xls", list(marks_xls.marks(data)))
    what = "a Word document" if _names("WordDocument", data) else "no workbook that is known"
    raise Refused(Problem("unsupported_file", f"the file is {what}"))


def _names(stream: str, data: bytes) -> bool:
    """Tell whether the container has a stream of this name, as its directory spells it."""
    return stream.encode("utf-16-le").ljust(64, b"\0")[: len(stream) * 2 + 2] in data
