"""The marks of a sheet of .xlsx, found in its XML without parsing what has none.

Whole rows are searched for the few spellings that a mark has; only a row with one is looked at cell
by cell. Text cannot pass for a mark: its `<` is always escaped.
"""

from __future__ import annotations

import functools
import html
import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Final
from xml.parsers import expat
from zipfile import ZipFile

from msgspec import Struct

from service.domain.problems import Problem, Refused
from service.intake.marks import AN_ERROR, NOT_CALCULATED, Marks

_PIECE: Final = 1 << 20
_PART: Final = 8 << 20
"""Bytes that the list of sheets, or of their parts, may have."""
_ROW_BYTES: Final = 32 << 20
"""Bytes that one row of a sheet may have, as XML."""
_ROOT: Final = re.compile(rb"<(\w+:)?worksheet\b")
_OTHER_ENCODING: Final = re.compile(rb"""(?i)<\?xml[^>]*encoding\s*=\s*["'](?!utf-8|us-ascii)""")
_ATTRIBUTE: Final = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_HIDDEN: Final = (b'hidden="1"', b'hidden="true"', b"hidden='1'", b"hidden='true'")
_ERRORS: Final = (b't="e"', b"t='e'")


class _Tags(Struct, frozen=True):
    """The patterns of one sheet: its writer may set a prefix before every name."""

    row: re.Pattern[bytes]
    row_end: bytes
    column: re.Pattern[bytes]
    cell: re.Pattern[bytes]
    formula: re.Pattern[bytes]
    value: re.Pattern[bytes]
    doubtful: re.Pattern[bytes]


@functools.cache
def _tags(prefix: bytes) -> _Tags:
    def tag(name: bytes, rest: bytes) -> re.Pattern[bytes]:
        """Return the pattern of an element by its name and what follows it."""
        return re.compile(rb"<" + prefix + name + rb"\b" + rest, re.DOTALL)

    p = prefix
    empty = rb"\s*(?:<%bv\s*/>|<%bv\s*>0?</|</%bc\s*>)" % (p, p, p)
    return _Tags(
        row=tag(b"row", rb"([^>]*)>"),
        row_end=b"</" + p + b"row>",
        column=tag(b"col", rb"([^>]*)>"),
        cell=tag(b"c", rb"([^>]*?)(?:/>|>(.*?)</%bc\s*>)" % p),
        formula=tag(b"f", rb"[^>]*?(?:/>|>([^<]*)<)"),
        value=tag(b"v", rb"[^>]*>([^<]*)<"),
        doubtful=re.compile(rb"(?:</%bf\s*>|<%bf\b[^>]*/>)%b" % (p, p, empty)),
    )


def marks(archive: ZipFile) -> Iterator[Marks]:
    """Give the marks of each sheet, in the workbook's order.

    Raises Refused for what is past a limit; KeyError where a part is missing, ExpatError where one
    is no XML, BadZipFile and zlib.error where one is damaged.
    """
    sheets, recalculated = _sheets(archive)
    parts = _parts(archive)
    for name, relation in sheets:
        found = Marks(name, recalculated=recalculated)
        if "worksheets/" in parts[relation]:
            _look(archive, parts[relation], found)
        yield found


def _sheets(archive: ZipFile) -> tuple[list[tuple[str, str]], bool]:
    """Return each sheet's name and relation, and whether the values of formulae are in doubt."""
    sheets: list[tuple[str, str]] = []
    recalculated: list[bool] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        """Note a sheet, or how the workbook is calculated."""
        tag = tag.rpartition(":")[2]
        if tag == "sheet":
            relation = [v for k, v in attributes.items() if k.rpartition(":")[2] == "id"]
            sheets.append((attributes["name"], relation[0]))
        if tag == "calcPr":
            recalculated.append(attributes.get("fullCalcOnLoad") in {"1", "true"})

    _parse(archive, "xl/workbook.xml", begin)
    return sheets, any(recalculated)


def _parts(archive: ZipFile) -> dict[str, str]:
    """Return for each relation the part of the archive that it names."""
    parts: dict[str, str] = {}

    def begin(tag: str, attributes: dict[str, str]) -> None:
        """Note a relation; its target is relative to the folder xl unless it begins with /."""
        if tag.rpartition(":")[2] == "Relationship":
            target = posixpath.normpath(posixpath.join("/xl", attributes["Target"]))
            parts[attributes["Id"]] = target.lstrip("/")

    _parse(archive, "xl/_rels/workbook.xml.rels", begin)
    return parts


def _parse(archive: ZipFile, part: str, begin: Callable[[str, dict[str, str]], None]) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    with archive.open(part) as file:
        parser.Parse(file.read(_PART), True)  # noqa: FBT003 - expat's own: this is all of it


def _look(archive: ZipFile, part: str, found: Marks) -> None:
    """Gather the marks of one sheet, some whole rows at a time."""
    seen = 0
    for tags, rows in _whole_rows(archive, part):
        if any(mark in rows for mark in _HIDDEN):
            _hidden(tags, rows, seen, found)
        for start in _doubtful(tags, rows):
            before = seen + len(tags.row.findall(rows, 0, start.start()))
            _row(tags, rows, start, before, found)
        seen += rows.count(tags.row_end)


def _whole_rows(archive: ZipFile, part: str) -> Iterator[tuple[_Tags, bytes]]:
    """Give the part in pieces that end where a row ends."""
    with archive.open(part) as file:
        held = file.read(_PIECE)
        root = _ROOT.search(held)
        if root is None or _OTHER_ENCODING.match(held):
            detail = f"{part} in the workbook is no sheet in UTF-8"
            raise Refused(Problem("unreadable_file", detail))
        tags = _tags(root[1] or b"")
        while piece := file.read(_PIECE):
            whole, end, rest = held.rpartition(tags.row_end)
            if end:
                yield tags, whole + end
            held = rest + piece
            if len(held) > _ROW_BYTES:
                detail = f"{part} in the workbook has a row of over {_ROW_BYTES} bytes"
                raise Refused(Problem("file_limit", detail))
    yield tags, held


def _hidden(tags: _Tags, rows: bytes, seen: int, found: Marks) -> None:
    for column in tags.column.finditer(rows):
        attributes = _attributes(column[1])
        if attributes.get("hidden") in {"1", "true"}:
            found.hidden_columns.append((int(attributes["min"]) - 1, int(attributes["max"]) - 1))
    for place, row in enumerate(tags.row.finditer(rows)):
        if any(mark in row[1] for mark in _HIDDEN):
            at = int(_attributes(row[1]).get("r", seen + place + 1)) - 1
            found.hide_row(at, at)


def _doubtful(tags: _Tags, rows: bytes) -> Iterator[re.Match[bytes]]:
    """Give the start of every row that holds an error, or a formula that may have no value."""
    places = [place.start() for place in tags.doubtful.finditer(rows)]
    for mark in _ERRORS:
        places += [place.start() for place in re.finditer(mark, rows)]
    start_of = tags.row_end.replace(b"</", b"<").removesuffix(b">")
    end = -1
    for place in sorted(places):
        if place > end:
            start = tags.row.match(rows, rows.rfind(start_of, 0, place))
            end = rows.find(tags.row_end, place)
            if start:
                yield start


def _row(tags: _Tags, rows: bytes, start: re.Match[bytes], before: int, found: Marks) -> None:
    """Note the cells of one row that show something and have no value."""
    number = int(_attributes(start[1]).get("r", before + 1)) - 1
    end = rows.find(tags.row_end, start.end())
    column = -1
    for cell in tags.cell.finditer(rows, start.end(), end):
        attributes = _attributes(cell[1])
        column = _column(attributes["r"]) if "r" in attributes else column + 1
        inside = cell[2] or b""
        formula, value = tags.formula.search(inside), tags.value.search(inside)
        shown = value[1] if value else b""
        kind = attributes.get("t")
        if kind == "e":
            found.cannot_read(number, column, _text(shown) or "an error", AN_ERROR)
        elif formula and kind != "str" and (not shown or (found.recalculated and shown == b"0")):
            found.cannot_read(number, column, f"={_text(formula[1] or b'')}", NOT_CALCULATED)


def _attributes(raw: bytes) -> dict[str, str]:
    return {name.decode(): _text(one or other) for name, one, other in _ATTRIBUTE.findall(raw)}


def _text(raw: bytes) -> str:
    return html.unescape(raw.decode("utf-8", "replace"))


def _column(reference: str) -> int:
    """Return the index of a cell's column: 0 for A7."""
    index = 0
    for letter in reference.rstrip("0123456789"):
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
