"""The service's own PostgreSQL: started by the first process, stopped by the last.

Two locks in the data folder say who uses it. `starting.lock` is held alone while a process looks,
starts or stops. `users.lock` is shared by every process in use; the kernel frees it even after
kill -9, so whoever gets it alone is the last. Each user also watches, and brings the server back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from service.store import data_folder
from service.store.data_folder import DataFolder, DataHeldError, NotYetError, State
from service.store.file_lock import FileLock, alone
from service.store.programs import EmbeddedError

__all__ = ["DataHeldError", "EmbeddedError", "running", "serving"]

LOOK_SECONDS = 1.0
SETTLING_LOOK_SECONDS = 0.05
SETTLING_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 15.0
PATIENCE_SECONDS = 120.0

Say = Callable[[str], None]


@contextmanager
def running(data_dir: Path, *, say: Say) -> Iterator[str]:
    """Address of the data folder's database, with its server kept running during the block."""
    folder = DataFolder(data_dir)
    user = _enter(folder)
    try:
        _first_start(folder, say)
        watch = _Watch(folder, say)
        watch.start()
        try:
            yield folder.dsn
        finally:
            watch.end()
    finally:
        _leave(folder, user)


def serving(dsn: str) -> str:
    """Return the same address for the login that serves, which owns nothing."""
    return dsn.replace(f"//{data_folder.USER}@", f"//{data_folder.SERVING_USER}@", 1)


def _enter(folder: DataFolder) -> FileLock:
    with alone(folder.starting):
        user = FileLock(folder.users)
        user.share()
    return user


def _leave(folder: DataFolder, user: FileLock) -> None:
    with alone(folder.starting):
        if user.try_claim() and folder.data.exists():
            folder.stop()
        user.close()


def _first_start(folder: DataFolder, say: Say) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            _bring_up(folder)
        except NotYetError as error:
            if time.monotonic() > give_up:
                raise
            say(_reason(folder, error, pause))
            time.sleep(pause)
            pause = _longer(pause)
        else:
            return


def _bring_up(folder: DataFolder) -> bool:
    """Make the server answer, by starting it unless someone else did; True when started here."""
    with alone(folder.starting):
        started = _settled(folder) is State.DOWN
        if started:
            folder.start()
            _settled(folder)
        folder.create_database()
    return started


def _settled(folder: DataFolder) -> State:
    """Return the server's state once it is no longer on its way up or down.

    Not for ever: who calls holds the starting lock, and others want to leave.
    """
    give_up = time.monotonic() + SETTLING_SECONDS
    while (state := folder.state()) is State.CHANGING:
        if time.monotonic() > give_up:
            raise NotYetError(f"the server in {folder.data} is still starting or stopping")
        time.sleep(SETTLING_LOOK_SECONDS)
    return state


def _reason(folder: DataFolder, error: Exception, pause: float) -> str:
    if isinstance(error, DataHeldError):
        why = f"a process of an earlier PostgreSQL still holds {folder.data}"
    else:
        why = f"PostgreSQL is down: {error}"
    return f"{why}; trying again in {pause:g} s"


def _longer(pause: float) -> float:
    return min(pause * 2, LONGEST_PAUSE_SECONDS)


class _Watch:
    """Looks about every second whether the server answers, and starts it again when not."""

    def __init__(self, folder: DataFolder, say: Say) -> None:
        self._folder = folder
        self._say = say
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="postgres-watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def end(self) -> None:
        """Look no more, once what was begun is done."""
        self._ended.set()
        self._thread.join()

    def _loop(self) -> None:
        """Look until the use ends; after a failure again soon, then later and later."""
        wait, pause = LOOK_SECONDS, FIRST_PAUSE_SECONDS
        while not self._ended.wait(wait):
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - a watch that ended would never restart it
                self._tell(_reason(self._folder, error, pause))
                wait, pause = pause, _longer(pause)
            else:
                wait, pause = LOOK_SECONDS, FIRST_PAUSE_SECONDS

    def _look(self) -> None:
        if self._folder.state() is State.DOWN and _bring_up(self._folder):
            self._tell("PostgreSQL had stopped; it was started again")

    def _tell(self, text: str) -> None:
        """Say it if possible: a closed terminal must not end the watch either."""
        with suppress(Exception):
            self._say(text)
