"""Workbooks: read by a process of their own that is bounded, watched, and ended with the reading.

`workbook_child` is that process; what it dies of is told here.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Final

from service.domain.problems import Problem, Refused
from service.intake import wire
from service.intake.tables import Limits, Opened, Row, Sheet

_COMMAND: Final = (sys.executable, "-m", "service.intake.workbook_child")
_ROOT: Final = Path(__file__).parents[2]
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV")
"""What the process is told of the environment: no address, no key."""
_PATIENCE: Final = 2
"""It may be silent for so many times the processor time that it may take."""


def opened(path: Path, limits: Limits, known: frozenset[str]) -> Opened | Problem:
    """Return the sheets of a workbook, or why it cannot be read; takes as long as reading it."""
    answers = _answers(wire.Asked(str(path.resolve()), limits, known))
    try:
        first = next(answers)
    except Refused as refused:
        return refused.problem
    if isinstance(first, wire.Understood):
        return Opened(first.noted, lambda: _sheets(answers), answers.close)
    answers.close()
    return Problem("unreadable_file", "the workbook was not understood")


def _sheets(answers: Iterator[wire.Answer]) -> Iterator[Sheet]:
    """Give each sheet; what its reader left of the rows is passed over."""
    for answer in answers:
        if isinstance(answer, wire.Began):
            rows = _rows(answers)
            yield Sheet(answer.name, wire.unpacked(answer.headings), rows)
            deque(rows, maxlen=0)


def _rows(answers: Iterator[wire.Answer]) -> Iterator[Row]:
    for answer in answers:
        if not isinstance(answer, wire.Lines):
            return
        yield from map(wire.unpacked, answer.lines)


def _answers(asked: wire.Asked) -> Generator[wire.Answer, None, None]:
    """Give what the process answers until all is read; raise Refused with what it died of.

    Closing ends the process.
    """
    process = _started(asked)
    try:
        while not isinstance(answer := _answer(process, asked.limits), wire.Done):
            if isinstance(answer, wire.No):
                raise Refused(Problem(answer.code, answer.detail))
            yield answer
    finally:
        process.kill()
        process.communicate()


def _started(asked: wire.Asked) -> subprocess.Popen[bytes]:
    """Return the process, told what to read; it finds this package where this one was found."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    places = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(  # noqa: S603 - the words are fixed; the file's name is not among them
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env=environment | {"PYTHONPATH": os.pathsep.join(places)},
    )
    stdin = _pipe(process.stdin)
    with contextlib.suppress(BrokenPipeError):  # it is dead then, and its silence is told
        stdin.write(wire.encode(asked))
    stdin.close()
    process.stdin = None
    return process


def _answer(process: subprocess.Popen[bytes], limits: Limits) -> wire.Answer:
    until = time.monotonic() + _PATIENCE * limits.workbook_seconds
    size = int.from_bytes(_exactly(process, wire.LENGTH, until, limits), "big")
    if size > wire.MOST_BYTES:
        raise Refused(Problem("file_limit", wire.memory(limits)))
    answer: wire.Answer = wire.decode_answer(_exactly(process, size, until, limits))
    return answer


def _exactly(
    process: subprocess.Popen[bytes], size: int, until: float, limits: Limits
) -> bytearray:
    """Return the next bytes of the pipe; raise Refused where it ends or is silent too long."""
    pipe = _pipe(process.stdout)
    poll = select.poll()  # select() itself knows no descriptor beyond 1,023
    poll.register(pipe, select.POLLIN)
    found = bytearray()
    while len(found) < size:
        left = max(0.0, until - time.monotonic())
        if not poll.poll(left * 1_000):
            raise Refused(_too_slow(limits))
        piece = pipe.read(size - len(found))
        if not piece:
            raise Refused(_death(process.wait(), limits))
        found += piece
    return found


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - both were asked for
    return pipe


def _death(code: int, limits: Limits) -> Problem:
    """Return what a process died of, by the signal that ended it."""
    if code == -signal.SIGXCPU:
        return _too_slow(limits)
    if code in {-signal.SIGABRT, -signal.SIGKILL}:  # its own limit, or the machine's
        return Problem("file_limit", wire.memory(limits))
    return Problem("unreadable_file", "the workbook cannot be read: reading it ends in failure")


def _too_slow(limits: Limits) -> Problem:
    detail = f"reading the workbook takes more than {limits.workbook_seconds} s of the processor"
    return Problem("file_limit", f"{detail}: split it, or save it as CSV")
