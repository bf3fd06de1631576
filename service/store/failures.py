"""What may be told of a failure, in the log and beside it: its kind and codes, never its text.

A text of the database's may hold the values of the row that it is about.
"""

from __future__ import annotations

import asyncpg


def named(error: BaseException) -> str:
    """Return an exception's type, with the database's code where it has one."""
    kind = type(error).__name__
    return f"{kind} {error.sqlstate}" if isinstance(error, asyncpg.PostgresError) else kind


__all__ = ["named"]
