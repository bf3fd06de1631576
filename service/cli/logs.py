"""Where the service's log goes, from which importance on (CAPMAP_LOG_LEVEL), what it leaves out.

What was sent, and any key or password, is never in it: of an exception the log has its type and
where it came from, not its text, since a text may hold the very value that it is about.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

_CODES: Final = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name", "errno")
"""What an exception of the driver or the system knows that holds no value of anybody's."""
_MOST: Final = 10
"""Exceptions that one line tells of: causes of causes."""


def begin(level: str) -> None:
    """Log to standard error: on standard output an export would be mixed with it."""
    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.set_exc_info,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            _without_values,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(levelname)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    # While the database is away the pool tells of each attempt with a traceback; the requests that
    # meet it are told in a line each.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)


def trace(error: BaseException) -> str:
    """Return where an exception came from, and its causes: types, places and codes, no texts."""
    return "\nby ".join(_told(one) for one in list(_chain(error))[:_MOST])


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, those that it groups, and what each came from."""
    yield error
    for one in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        yield from _chain(one)
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _chain(before)


def _told(error: BaseException) -> str:
    codes = [f"{name}={v}" for name in _CODES if (v := getattr(error, name, None)) is not None]
    frames = traceback.extract_tb(error.__traceback__)
    places = "".join(f"\n  {one.filename}:{one.lineno} in {one.name}" for one in frames)
    return " ".join([f"{type(error).__module__}.{type(error).__qualname__}", *codes]) + places


class _Formatter(logging.Formatter):
    """Lines of other libraries, their exceptions told as ours are."""

    def formatException(self, ei: logging._SysExcInfoType) -> str:  # noqa: N802 - its own name
        """Return an exception without its text."""
        return trace(ei[1]) if ei[1] is not None else ""


# Any: structlog's own type of what a line holds.
def _without_values(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put an exception's places in the place of the exception."""
    found = line.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found
    error = error[1] if isinstance(error, tuple) else error
    if isinstance(error, BaseException):
        line["exception"] = trace(error)
    return line
