"""Locks between processes on one machine, freed by the kernel however the process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """A lock on one file. Each object is its own holder, two in one process included."""

    def __init__(self, path: Path) -> None:
        """Open (and create) the file; nothing is locked yet."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def share(self) -> None:
        """Hold it together with other sharers; waits for an exclusive holder."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def claim(self) -> None:
        """Hold it alone; waits for everybody else."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def try_claim(self) -> bool:
        """Hold it alone if nobody else holds it now; True when that worked."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let go."""
        os.close(self._descriptor)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Run the block as the only holder of the lock at `path`."""
    lock = FileLock(path)
    try:
        lock.claim()
        yield
    finally:
        lock.close()
