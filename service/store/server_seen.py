"""What can be seen of a running server from outside: its socket, and the process table."""

from __future__ import annotations

import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import psutil

PROBE_SECONDS: Final = 2.0


def is_server_of(data: Path) -> bool | None:
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


def first_reply(path: Path, user: str) -> bytes:
    """Return what the server says to a session's opening; empty if it closes without a word."""
    body = struct.pack("!I", 196_608) + f"user\0{user}\0database\0postgres\0\0".encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(PROBE_SECONDS)
        line.connect(str(path))
        line.sendall(struct.pack("!I", len(body) + 4) + body)
        reply = line.recv(4096)
        line.sendall(b"X\0\0\0\4")
    return reply
