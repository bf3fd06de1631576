"""The list of erasures outside the database: a file that only grows, a line each.

Backups of the database expire, this list does not: after a restore it says what has to go again.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from service.domain import erasures
from service.domain.erasures import DamagedList, ErasureAct


def read(path: Path) -> tuple[ErasureAct, ...]:
    """Return what the list says; raises DamagedList, OSError where it cannot be read."""
    with _held(path, os.O_RDONLY) as file:
        return erasures.listed(_content(file))


def append(path: Path, acts: Sequence[ErasureAct]) -> None:
    """Write acts behind the list's last line; when it returns they outlast a loss of power.

    Raises DamagedList where the list has no whole last line, OSError where it cannot be written,
    and then it is as it was.
    """
    with _held(path, os.O_RDWR) as file:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            raise DamagedList("the last line has no end: the list was cut there")
        try:
            _write(file, erasures.lines(acts), size)
            os.fsync(file)
        except OSError:
            os.ftruncate(file, size)
            raise


@contextmanager
def _held(path: Path, how: int) -> Iterator[int]:
    """Open the file, which must be there, and keep other processes from it meanwhile."""
    file = os.open(path, how | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_SH if how == os.O_RDONLY else fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _content(file: int) -> bytes:
    parts = []
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write(file: int, content: bytes, at: int) -> None:
    """Write all of it: one call may write less."""
    while content:
        written = os.pwrite(file, content, at)
        content, at = content[written:], at + written


__all__ = ["append", "read"]
