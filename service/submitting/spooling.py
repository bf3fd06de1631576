"""A file on its way in: written to the disk as it comes, never held whole, and always removed.

Each process has a folder of its own, locked for as long as the process lives: what a killed one
left behind is removed by the next that starts.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from msgspec import Struct

from service.domain.problems import Problem, Refused

if sys.platform != "win32":
    import fcntl

PREFIX: Final = "capmap-uploads-"
LOCK: Final = "lock"


class Spooled(Struct, frozen=True):
    """A file that has come whole. name: as its sender called it; digest: SHA-256."""

    path: Path
    name: str
    size: int
    digest: bytes


@contextmanager
def folder() -> Iterator[Path]:
    """Make the process's folder, remove those of processes that are gone, and it at the end."""
    _sweep()
    made = Path(tempfile.mkdtemp(prefix=PREFIX))
    with (made / LOCK).open("wb") as lock:
        _locked(lock)
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _sweep() -> None:
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError), (left / LOCK).open("rb") as lock:
            if _locked(lock):
                shutil.rmtree(left, ignore_errors=True)


def _locked(lock: IO[bytes]) -> bool:
    """Tell whether the lock is ours now; the end of the process gives it back."""
    if sys.platform != "win32":  # there, what a killed process left is not told from the others
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False


@asynccontextmanager
async def spooled(
    into: Path, name: str, parts: AsyncIterator[bytes], most: int
) -> AsyncIterator[Spooled]:
    """Write a file down as it comes, lend it, and remove it whatever happens.

    Raises Refused where it has more than `most` bytes.
    """
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=into) as file:
        async for part in parts:
            size += len(part)
            if size > most:
                detail = f"the file has more than {most} bytes (CAPMAP_FILE_LIMIT_BYTES)"
                raise Refused(Problem("file_limit", detail))
            digest.update(part)
            await asyncio.to_thread(file.write, part)
        await asyncio.to_thread(file.flush)
        yield Spooled(Path(file.name), name, size, digest.digest())


__all__ = ["Spooled", "folder", "spooled"]
