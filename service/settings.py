"""Every setting of the service: one table, read once from the environment.

A value that cannot be used, and a CAPMAP_ variable nobody reads, both stop the start: a typing
error must not silently leave a default in force.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import msgspec
import platformdirs

from service import values
from service.values import ACCESS, AN_ADDRESS, ENTITLEMENTS, LEVELS, RuleError

PREFIX = "CAPMAP_"
Access = Literal["off", "keys"]
Entitlement = Literal["own", "trust_totals"]
NEAR = 2
"""A name within so many letters of DATABASE_URL is pointed out."""


class SettingsError(Exception):
    """The environment holds settings the service cannot start with; the text lists each."""


def _data_dir() -> str:
    return str(platformdirs.user_data_path("capability-map"))


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings in force, with their types and defaults."""

    database_url: str | None = None
    migrate_url: str | None = None
    data_dir: str = msgspec.field(default_factory=_data_dir)
    host: str = "127.0.0.1"
    port: int = 8000
    access: Access = "off"
    entitlement: Entitlement = "own"
    erasures: str | None = None
    issuers: str | None = None
    public_url: str | None = None
    body_limit_bytes: int = 33_554_432
    upload_chunk_rows: int = 1_000
    writer_events: int = 1_000
    pool_size: int = 8
    allow_unsafe_database: bool = False
    behind: bool = True
    poll_ms: int = 1000
    audit_per_minute: int = 60
    file_limit_bytes: int = 67_108_864
    file_rows: int = 1_000_000
    file_columns: int = 300
    file_sheets: int = 100
    cell_characters: int = 32_767
    workbook_expansion: int = 200
    workbook_memory_mb: int = 768
    workbook_seconds: int = 60
    trace_days: int = 730
    log_level: str = "info"
    requests_per_minute: int = 6_000
    failures_per_minute: int = 60
    header_seconds: int = 20
    request_seconds: int = 120
    connections: int = 1_000
    https: bool = False
    cors_origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()


class Row(NamedTuple):
    """One setting: its variable, its field, how a value is read, and what it is for."""

    env: str
    field: str
    read: Callable[[str], object]
    expects: str
    help: str

    @property
    def default(self) -> object:
        """Return what is in force without the variable."""
        return getattr(Settings(), self.field)


A_NUMBER = "a whole number of at least 1"
ROWS: tuple[Row, ...] = (
    Row(
        "DATABASE_URL",
        "database_url",
        values.dsn,
        AN_ADDRESS,
        "PostgreSQL to use; without it the service runs its own, in the data folder",
    ),
    Row(
        "CAPMAP_MIGRATE_URL",
        "migrate_url",
        values.dsn,
        AN_ADDRESS,
        "the same database by a login that owns it, to migrate with; DATABASE_URL's own without it",
    ),
    Row(
        "CAPMAP_DATA_DIR",
        "data_dir",
        values.text,
        "a folder",
        "where the service's own PostgreSQL keeps its data",
    ),
    Row(
        "CAPMAP_HOST",
        "host",
        values.text,
        "an address or a host name",
        "address to listen on",
    ),
    Row(
        "CAPMAP_PORT",
        "port",
        values.port,
        "a whole number from 0 to 65535",
        "port to listen on; 0 takes a free one",
    ),
    Row(
        "CAPMAP_ACCESS",
        "access",
        values.access,
        "one of " + ", ".join(ACCESS),
        "who may ask: anybody at this machine (off), or holders of keys",
    ),
    Row(
        "CAPMAP_ENTITLEMENT",
        "entitlement",
        values.entitlement,
        "one of " + ", ".join(ENTITLEMENTS),
        "what callers get of trusts that are not theirs: rounded counts (own), or exact totals",
    ),
    Row(
        "CAPMAP_ERASURES",
        "erasures",
        values.text,
        "a file that holds the list of erasures; make it: capmap erasures list > FILE",
        "list of erased names outside the database, applied again at every start",
    ),
    Row(
        "CAPMAP_ISSUERS",
        "issuers",
        values.text,
        "a file, as docs/signing-in.md says",
        "file of the OpenID Connect issuers whose tokens are believed beside keys",
    ),
    Row(
        "CAPMAP_PUBLIC_URL",
        "public_url",
        values.public_url,
        "https:// and a host, without a path (http:// on this machine only)",
        "address under which browsers reach the service, to sign people in",
    ),
    Row(
        "CAPMAP_BODY_LIMIT_BYTES",
        "body_limit_bytes",
        values.positive,
        A_NUMBER,
        "largest request body accepted, in bytes",
    ),
    Row(
        "CAPMAP_UPLOAD_CHUNK_ROWS",
        "upload_chunk_rows",
        values.positive,
        A_NUMBER,
        "rows of a long upload that are recorded at once; ten times as many are one batch",
    ),
    Row(
        "CAPMAP_WRITER_EVENTS",
        "writer_events",
        values.positive,
        A_NUMBER,
        "most events that one transaction of the writer holds",
    ),
    Row(
        "CAPMAP_POOL_SIZE",
        "pool_size",
        values.positive,
        A_NUMBER,
        "database connections used for reading",
    ),
    Row(
        "CAPMAP_ALLOW_UNSAFE_DATABASE",
        "allow_unsafe_database",
        values.switch,
        "true or false",
        "serve even from a database that may lose acknowledged events",
    ),
    Row(
        "CAPMAP_BEHIND",
        "behind",
        values.switch,
        "true or false",
        "whether the process also works behind the log: packs, current rows, audit",
    ),
    Row(
        "CAPMAP_POLL_MS",
        "poll_ms",
        values.positive,
        A_NUMBER,
        "milliseconds between two looks at the log by what runs behind it",
    ),
    Row(
        "CAPMAP_AUDIT_PER_MINUTE",
        "audit_per_minute",
        values.positive,
        A_NUMBER,
        "packs and rows that the audit compares with the log each minute",
    ),
    Row(
        "CAPMAP_FILE_LIMIT_BYTES",
        "file_limit_bytes",
        values.positive,
        A_NUMBER,
        "largest file of rows (CSV, workbook) that is read, in bytes",
    ),
    Row(
        "CAPMAP_FILE_ROWS",
        "file_rows",
        values.positive,
        A_NUMBER,
        "most rows that a file may have, over all its sheets",
    ),
    Row(
        "CAPMAP_FILE_COLUMNS",
        "file_columns",
        values.positive,
        A_NUMBER,
        "most columns that a row of a file may have",
    ),
    Row(
        "CAPMAP_FILE_SHEETS",
        "file_sheets",
        values.positive,
        A_NUMBER,
        "most sheets that a workbook may have",
    ),
    Row(
        "CAPMAP_CELL_CHARACTERS",
        "cell_characters",
        values.positive,
        A_NUMBER,
        "most characters that one cell of a file may have",
    ),
    Row(
        "CAPMAP_WORKBOOK_EXPANSION",
        "workbook_expansion",
        values.positive,
        A_NUMBER,
        "most times its size that a workbook may unpack to",
    ),
    Row(
        "CAPMAP_WORKBOOK_MEMORY_MB",
        "workbook_memory_mb",
        values.positive,
        A_NUMBER,
        "memory that reading one workbook may take, in megabytes",
    ),
    Row(
        "CAPMAP_WORKBOOK_SECONDS",
        "workbook_seconds",
        values.positive,
        A_NUMBER,
        "seconds of processor time that reading one workbook may take",
    ),
    Row(
        "CAPMAP_TRACE_DAYS",
        "trace_days",
        values.positive,
        A_NUMBER,
        "days for which it is kept who read whose data",
    ),
    Row(
        "CAPMAP_LOG_LEVEL",
        "log_level",
        values.level,
        "one of " + ", ".join(LEVELS),
        "least important message that is logged",
    ),
    Row("CAPMAP_REQUESTS_PER_MINUTE", "requests_per_minute", values.positive, A_NUMBER,
        "requests that one key, or one address without a key, may make each minute"),
    Row("CAPMAP_FAILURES_PER_MINUTE", "failures_per_minute", values.positive, A_NUMBER,
        "times each minute that one address may bring no key, or one that opens nothing"),
    Row("CAPMAP_HEADER_SECONDS", "header_seconds", values.positive, A_NUMBER,
        "seconds in which the head of a request must have come"),
    Row("CAPMAP_REQUEST_SECONDS", "request_seconds", values.positive, A_NUMBER,
        "seconds in which a request must be answered; a long body adds to it"),
    Row("CAPMAP_CONNECTIONS", "connections", values.positive, A_NUMBER,
        "connections that are open at once, of one process"),
    Row("CAPMAP_HTTPS", "https", values.switch, "true or false",
        "whether readers reach the service by https only, and browsers are told to keep to it"),
    Row("CAPMAP_CORS_ORIGINS", "cors_origins", values.origins,
        "origins such as https://maps.example.org, with commas between; never *",
        "pages of other sites that may ask the API from a browser, with a key"),
    Row("CAPMAP_HOSTS", "hosts", values.hosts, "names such as map.example.org, with commas",
        "names by which the service may be asked for; without it by any"),
    Row("CAPMAP_PROXIES", "proxies", values.networks,
        "addresses or networks such as 10.0.0.0/8, with commas between",
        "proxies whose X-Forwarded-For and X-Forwarded-Proto are believed"),
)  # fmt: skip
NAMES: tuple[str, ...] = tuple(row.env for row in ROWS)


def load(environ: Mapping[str, str]) -> Settings:
    """Read `environ`; raise SettingsError listing everything wrong with them."""
    faults = [_unknown(name, environ[name]) for name in sorted(environ) if _is_unknown(name)]
    values: dict[str, object] = {}
    for row in ROWS:
        try:
            if row.env in environ:
                values[row.field] = row.read(environ[row.env])
        except (ValueError, KeyError) as error:
            rule = error if isinstance(error, RuleError) else row.expects
            faults.append(f"{row.env}={_told(environ[row.env])!r}: expected {rule}")
    if faults:
        raise SettingsError("\n".join(faults))
    return msgspec.convert(values, Settings)


def doubts(environ: Mapping[str, str]) -> list[str]:
    """Return what looks like a typing error but need not be one: DATABASE_URL by another name.

    Such a variable may belong to another program, so it does not stop the start.
    """
    if "DATABASE_URL" in environ:
        return []
    near = [name for name in sorted(environ) if _distance(name.upper(), "DATABASE_URL") <= NEAR]
    return [
        f"{name} is set, DATABASE_URL is not, so the service runs its own PostgreSQL:"
        " if another was meant, name the variable DATABASE_URL"
        for name in near
    ]


def _distance(one: str, other: str) -> int:
    """Count the letters to change, add or leave out to make one name from another."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        above, row = row, [number]
        for place, wanted in enumerate(other):
            kept = above[place] + (letter != wanted)
            row.append(min(kept, above[place + 1] + 1, row[place] + 1))
    return row[-1]


def _told(value: str) -> str:
    """Return a value without what may hold a password: all before the last @, and ?password=."""
    shown = re.sub(r"(?i)(password=)[^&]*", r"\1…", value)
    return re.sub(r"(?s)^(\w+:/*)?.*@", r"\1…@", shown)


def _is_unknown(name: str) -> bool:
    return name.startswith(PREFIX) and name not in NAMES


def _unknown(name: str, value: str) -> str:
    near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0)[0]
    return f"{name}={_told(value)!r}: no such setting; expected a known name, the nearest is {near}"
