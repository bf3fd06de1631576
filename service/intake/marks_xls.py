"""The marks of every sheet of .xls: hidden rows and columns, errors; from its records (BIFF8).

The workbook is one stream in an OLE2 container, whose sectors are chained by a table. Source: the
published formats [MS-CFB] and [MS-XLS].
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from service.intake.marks import AN_ERROR, Marks

_FREE: Final = 0xFFFFFFFA
"""Numbers from here on are no sectors."""
_SMALL_STREAM: Final = 4096
"""A shorter stream lies in the small sectors."""
_BOF, _EOF, _BOUNDSHEET, _ROW, _COLUMNS = 0x809, 0x0A, 0x85, 0x208, 0x7D
_ERROR, _FORMULA = 0x205, 0x06
_ROW_HIDDEN, _COLUMN_HIDDEN = 0x20, 0x01
_CODES: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?",
    0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip


def marks(data: bytes) -> Iterator[Marks]:
    """Give the marks of each sheet in order; raise ValueError or struct.error where it is broken.

    data: the whole file. Whether a formula was ever calculated cannot be told from .xls.
    """
    stream = _workbook(data)
    for name, offset in _sheets(stream):
        found = Marks(name)
        for kind, body in _records(stream, offset):
            _note(kind, body, found)
        yield found


def _workbook(data: bytes) -> bytes:
    """Return the stream that holds the workbook."""
    size = 1 << _word(data, 30)
    table = _chained(data, size)
    directory = _stream(data, size, table, _long(data, 48))
    entries = [directory[at : at + 128] for at in range(0, len(directory) - 127, 128)]
    for entry in entries:
        name = entry[: max(0, _word(entry, 64) - 2)].decode("utf-16-le", "replace")
        if name in {"Workbook", "Book"}:
            return _content(data, size, table, entries[0], entry)
    raise ValueError("there is no workbook in it")


def _content(data: bytes, size: int, table: list[int], root: bytes, entry: bytes) -> bytes:
    start, length = _long(entry, 116), _long(entry, 120)
    if length >= _SMALL_STREAM:
        return _stream(data, size, table, start)[:length]
    small = _stream(data, size, table, _long(root, 116))
    raw = _stream(data, size, table, _long(data, 60))
    pointers = list(struct.unpack(f"<{len(raw) // 4}I", raw))
    sectors = _chain(pointers, start)
    return b"".join(small[at * 64 : at * 64 + 64] for at in sectors)[:length]


def _chained(data: bytes, size: int) -> list[int]:
    """Return for each sector the next one of its stream; the table's own sectors are listed."""
    listed = list(struct.unpack_from("<109I", data, 76))
    more = _long(data, 68)
    seen = 0
    while more < _FREE and seen * size < len(data):
        block = struct.unpack_from(f"<{size // 4}I", data, (more + 1) * size)
        listed += block[:-1]
        more = block[-1]
        seen += 1
    raw = b"".join(_sector(data, size, at) for at in listed if at < _FREE)
    return list(struct.unpack(f"<{len(raw) // 4}I", raw))


def _stream(data: bytes, size: int, table: list[int], start: int) -> bytes:
    return b"".join(_sector(data, size, at) for at in _chain(table, start))


def _sector(data: bytes, size: int, at: int) -> bytes:
    return data[(at + 1) * size : (at + 2) * size].ljust(size, b"\0")


def _chain(table: list[int], at: int) -> Iterator[int]:
    """Give the sectors of one stream; a chain that runs in a circle is broken."""
    for _ in table:
        if at >= _FREE:
            return
        yield at
        if at >= len(table):
            raise ValueError("a stream goes on where the file has ended")
        at = table[at]
    if at < _FREE:
        raise ValueError("a stream runs in a circle")


def _sheets(stream: bytes) -> Iterator[tuple[str, int]]:
    """Give each sheet's name and where its records begin."""
    for kind, body in _records(stream, 0):
        if kind == _BOUNDSHEET:
            encoding = "utf-16-le" if body[7] & 1 else "latin-1"
            width = 2 if body[7] & 1 else 1
            yield body[8 : 8 + body[6] * width].decode(encoding, "replace"), _long(body, 0)


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Give kind and body of each record to the end of a sheet; what lies inside one is skipped."""
    depth = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _note(kind: int, body: bytes, found: Marks) -> None:
    if kind == _ROW and body[12] & _ROW_HIDDEN:
        found.hide_row(_word(body, 0), _word(body, 0))
    elif kind == _COLUMNS and body[8] & _COLUMN_HIDDEN:
        found.hidden_columns.append((_word(body, 0), _word(body, 2)))
    elif kind == _ERROR and body[7]:
        _error(body, body[6], found)
    elif kind == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:
        _error(body, body[8], found)


def _error(body: bytes, code: int, found: Marks) -> None:
    shown = _CODES.get(code, "an error")
    found.cannot_read(_word(body, 0), _word(body, 2), shown, AN_ERROR)


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _long(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")
