"""Every setting of the service: one table, read once from the environment.

A value that cannot be used, and a CAPMAP_ variable nobody reads, both stop the start: a typing
error must not silently leave a default in force.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
import platformdirs

PREFIX = "CAPMAP_"
LEVELS = ("debug", "info", "warning", "error")
PORT_MAX = 65535


class SettingsError(Exception):
    """The environment holds settings the service cannot start with; the text lists each."""


def _data_dir() -> str:
    return str(platformdirs.user_data_path("capability-map"))


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in force, with their types and defaults."""

    database_url: str | None = None
    data_dir: str = msgspec.field(default_factory=_data_dir)
    host: str = "127.0.0.1"
    port: int = 8000
    body_limit_bytes: int = 33_554_432
    writer_events: int = 10_000
    pool_size: int = 8
    allow_unsafe_database: bool = False
    behind: bool = True
    poll_ms: int = 1000
    audit_per_minute: int = 60
    log_level: str = "info"


class Row(NamedTuple):
    """One setting: its variable, its field, how a value is read, and what it is for."""

    env: str
    field: str
    read: Callable[[str], Any]
    expects: str
    help: str

    @property
    def default(self) -> object:
        """Return what is in force without the variable."""
        return getattr(Settings(), self.field)


def _text(raw: str) -> str:
    if not raw.strip():
        raise ValueError
    return raw


def _dsn(raw: str) -> str:
    if not raw.startswith(("postgresql://", "postgres://")):
        raise ValueError
    for host in urlsplit(raw).netloc.rpartition("@")[2].split(","):
        _ = urlsplit(f"//{host}").port  # raises ValueError for what is no port
    return raw


def _port(raw: str) -> int:
    number = int(raw)
    if not 0 <= number <= PORT_MAX:
        raise ValueError
    return number


def _positive(raw: str) -> int:
    number = int(raw)
    if number < 1:
        raise ValueError
    return number


def _switch(raw: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[raw.strip().lower()]


def _level(raw: str) -> str:
    return LEVELS[LEVELS.index(raw.strip().lower())]


A_NUMBER = "a whole number of at least 1"
ROWS: tuple[Row, ...] = (
    Row(
        "DATABASE_URL",
        "database_url",
        _dsn,
        "an address starting with postgresql://",
        "PostgreSQL to use; without it the service runs its own, in the data folder",
    ),
    Row(
        "CAPMAP_DATA_DIR",
        "data_dir",
        _text,
        "a folder",
        "where the service's own PostgreSQL keeps its data",
    ),
    Row(
        "CAPMAP_HOST",
        "host",
        _text,
        "an address or a host name",
        "address to listen on",
    ),
    Row(
        "CAPMAP_PORT",
        "port",
        _port,
        "a whole number from 0 to 65535",
        "port to listen on; 0 takes a free one",
    ),
    Row(
        "CAPMAP_BODY_LIMIT_BYTES",
        "body_limit_bytes",
        _positive,
        A_NUMBER,
        "largest request body accepted, in bytes",
    ),
    Row(
        "CAPMAP_WRITER_EVENTS",
        "writer_events",
        _positive,
        A_NUMBER,
        "most events that one transaction of the writer holds",
    ),
    Row(
        "CAPMAP_POOL_SIZE",
        "pool_size",
        _positive,
        A_NUMBER,
        "database connections used for reading",
    ),
    Row(
        "CAPMAP_ALLOW_UNSAFE_DATABASE",
        "allow_unsafe_database",
        _switch,
        "true or false",
        "serve even from a database that may lose acknowledged events",
    ),
    Row(
        "CAPMAP_BEHIND",
        "behind",
        _switch,
        "true or false",
        "whether the process also works behind the log: packs, current rows, audit",
    ),
    Row(
        "CAPMAP_POLL_MS",
        "poll_ms",
        _positive,
        A_NUMBER,
        "milliseconds between two looks at the log by what runs behind it",
    ),
    Row(
        "CAPMAP_AUDIT_PER_MINUTE",
        "audit_per_minute",
        _positive,
        A_NUMBER,
        "packs and rows that the audit compares with the log each minute",
    ),
    Row(
        "CAPMAP_LOG_LEVEL",
        "log_level",
        _level,
        "one of " + ", ".join(LEVELS),
        "least important message that is logged",
    ),
)
NAMES: tuple[str, ...] = tuple(row.env for row in ROWS)


def load(environ: Mapping[str, str]) -> Settings:
    """Read `environ`; raise SettingsError listing everything wrong with them."""
    faults = [_unknown(name, environ[name]) for name in sorted(environ) if _is_unknown(name)]
    values: dict[str, Any] = {}
    for row in ROWS:
        try:
            if row.env in environ:
                values[row.field] = row.read(environ[row.env])
        except (ValueError, KeyError):
            faults.append(f"{row.env}={_told(environ[row.env])!r}: expected {row.expects}")
    if faults:
        raise SettingsError("\n".join(faults))
    return Settings(**values)


def _told(value: str) -> str:
    """Return a value without the user part of an address, which may hold a password."""
    return re.sub(r"//[^/]*@", "//…@", value)


def _is_unknown(name: str) -> bool:
    return name.startswith(PREFIX) and name not in NAMES


def _unknown(name: str, value: str) -> str:
    near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0)[0]
    return f"{name}={_told(value)!r}: no such setting; expected a known name, the nearest is {near}"
