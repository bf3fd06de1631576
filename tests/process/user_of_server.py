"""A process that uses the embedded server until told to leave; the tests' other process."""

import sys
from pathlib import Path

from service.store.embedded import running


def hear(text: str) -> None:
    """Pass on what the server's watch says."""
    print("SAID", text, flush=True)  # noqa: T201 - read by the test


with running(Path(sys.argv[1]), say=hear) as dsn:
    print("DSN", dsn, flush=True)  # noqa: T201 - read by the test
    sys.stdin.readline()
