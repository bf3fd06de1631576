"""Where the service's log goes, and from which importance on (CAPMAP_LOG_LEVEL)."""

from __future__ import annotations

import logging
import sys


def begin(level: str) -> None:
    """Log to standard error: on standard output an export would be mixed with it."""
    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # While the database is away the pool tells of each attempt with a traceback; the requests that
    # meet it are told in a line each.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
