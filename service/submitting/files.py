"""From a file that has come to its rows, by what is in it: lines of events, or tables."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from service.domain import dates, explain
from service.domain.envelope import type_name
from service.domain.faults import Fault
from service.domain.problems import Problem, Refused
from service.domain.register import BY_NAME
from service.intake import formats, headings, placing, rows
from service.intake.columns import columns
from service.intake.headings import Heading
from service.intake.identity import Occurrences
from service.intake.rows import Asked, Item, Reader, Wrong
from service.intake.tables import Limits, Noted, Opened, Sheet, folded
from service.intake.understood import Understood
from service.submitting import lines
from service.submitting.blocks import Entry
from service.submitting.receiving import Reading
from service.submitting.spooling import Spooled

HEAD: Final = 4096
"""Bytes at a file's beginning by which lines of events are told from tables."""
BOM: Final = b"\xef\xbb\xbf"
NOT_READ: Final = Fault("", "heading", "was not read: mend the heading row first")


def latest(now: dt.datetime) -> dt.date:
    """Return the last effective date that is accepted."""
    return min(dates.today(now) + explain.AHEAD, dates.LATEST)


@contextmanager
def read(file: Spooled, asked: Asked, limits: Limits) -> Iterator[Reading]:
    """Lend the rows of a file; raises Refused where it cannot be read as lines nor as a table."""
    with file.path.open("rb") as content:
        head = content.read(HEAD)
        if head.removeprefix(BOM).lstrip().startswith(b"{"):
            content.seek(len(BOM) if head.startswith(BOM) else 0)
            notes = ["Read as NDJSON: one event a line."]
            yield Reading(lines.entries(content, asked.latest), notes)
            return
    opened = formats.opened(file.path, file.name, limits, known())
    if isinstance(opened, Problem):
        raise Refused(opened)
    with opened:
        yield _tables(opened, asked)


@functools.cache
def known() -> frozenset[str]:
    """Return all headings that mean something, folded: paths and labels of every type's columns."""
    return frozenset(
        folded(said)
        for name in BY_NAME
        for column in columns(name)
        for said in (column.path, column.path.removeprefix("data."), column.label)
    )


def _tables(opened: Opened, asked: Asked) -> Reading:
    notes = list(_of_form(opened.noted))
    sheets: dict[str, tuple[Heading, ...]] = {}

    def entries() -> Iterator[Entry]:
        """Read sheet by sheet; what was understood of each is noted at its end."""
        seen = Occurrences()
        for sheet in opened.sheets():
            sheets[sheet.name] = headings.read(sheet.headings)
            made = rows.reader(sheet, asked, seen)
            if isinstance(made, Reader):
                yield from _entries(made, sheet)
                notes.extend(map(_of_meaning, made.understood()))
            else:
                yield made

    return Reading(entries(), notes, functools.partial(_located, sheets))


def _entries(reader: Reader, sheet: Sheet) -> Iterator[Entry]:
    for row in sheet.rows:
        made = reader.read(row)
        if made == ():
            yield (Wrong(sheet.name, row.number, None, None, NOT_READ),)
        elif made is not None:
            yield made


def _located(sheets: Mapping[str, tuple[Heading, ...]], item: Item, fault: Fault) -> Wrong:
    """Return a fault of an event at the column that its pointer means, if the sheet has it."""
    name = type_name(item.submitted.event)
    for heading in sheets.get(item.sheet, ()):
        found = headings.place(name, heading.text)
        if found is not None and placing.pointer(found.column.path) == fault.pointer:
            return Wrong(item.sheet, item.row, heading.letter, heading.text, fault)
    return Wrong(item.sheet, item.row, None, None, fault)


def _of_form(noted: Noted) -> Iterator[str]:
    """Yield what was understood of a file's form, a sentence each."""
    as_text = noted.encoding and f" in {noted.encoding}, cells separated by “{noted.delimiter}”"
    yield f"Read as {noted.format.upper()}{as_text or ''}."
    for left in noted.left_out:
        yield f"Sheet “{left.sheet}” was left out: {left.why}."
    yield from noted.remarks


def _of_meaning(one: Understood) -> str:
    """Return what cells of a column were taken for, as a sentence."""
    where = f"Sheet “{one.sheet}”, column" if one.sheet else "Column"
    cells = "1 cell" if one.cells == 1 else f"{one.cells} cells"
    return (
        f"{where} {one.column} “{one.heading}”: {one.how} in {cells}, first “{one.seen}”"
        f" as “{one.taken}”."
    )


__all__ = ["BOM", "HEAD", "known", "latest", "read"]
