"""The process that reads one workbook and dies with it, where the workbook is made to do harm.

A small file may claim gigabytes, and the reader of workbooks then ends its process without an
exception. So this one has limits of its own, is told what to read on standard input, and answers
on standard output (`wire.py`).
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import python_calamine

from service.domain.problems import Refused
from service.intake import picking, wire
from service.intake.containers import contained
from service.intake.tables import Limits, Noted


def main() -> None:
    """Read the workbook that standard input names; whatever happens, answer or die."""
    asked = wire.decode_asked(sys.stdin.buffer.read())
    _restrain(asked.limits)
    try:
        for answer in _answers(asked):
            _send(answer)
    except BaseException as error:  # noqa: BLE001 - the reader's panics are no Exceptions
        _send(_said(error, asked))


def _restrain(limits: Limits) -> None:
    """Bound what this process may take; where the system knows no such bounds, there are none."""
    try:
        import resource  # noqa: PLC0415 - not there on Windows
    except ImportError:
        return
    memory, seconds = limits.workbook_memory_bytes, limits.workbook_seconds
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _send(answer: wire.Answer) -> None:
    body = wire.encode(answer)
    sys.stdout.buffer.write(len(body).to_bytes(wire.LENGTH, "big") + body)
    sys.stdout.buffer.flush()


def _said(error: BaseException, asked: wire.Asked) -> wire.No:
    """Return what is refused, or what kept the file from being read."""
    if isinstance(error, Refused):
        return wire.No(error.problem.code, error.problem.detail)
    if isinstance(error, MemoryError) or "MemError" in str(error):
        return wire.No("file_limit", wire.memory(asked.limits))
    if isinstance(error, python_calamine.PasswordError):
        return wire.No("unreadable_file", "the workbook is protected by a password")
    told = isinstance(error, Exception) and not isinstance(error, zipfile.BadZipFile)
    said = f" ({' '.join(str(error).split())[:200]})" if told else ""
    return wire.No("unreadable_file", f"the workbook is cut or damaged{said}")


def _answers(asked: wire.Asked) -> Iterator[wire.Answer]:
    form = contained(Path(asked.path), asked.limits)
    workbook = python_calamine.CalamineWorkbook.from_path(asked.path)
    sheets = picking.picked(workbook, form.marks, asked)
    yield wire.Understood(
        Noted(
            format=form.format,
            sheets=tuple(sheet.name for sheet in sheets.read),
            left_out=sheets.left_out,
            remarks=form.remarks + sheets.remarks,
        )
    )
    for sheet in sheets.read:
        lines = picking.lines(sheet, asked.limits)
        yield wire.Began(sheet.name, next(lines))
        while block := tuple(islice(lines, max(1, wire.CELLS // sheet.width))):
            yield wire.Lines(block)
        yield wire.Ended()
    yield wire.Done()


if __name__ == "__main__":
    main()
