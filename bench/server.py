"""The service as its own process, as `capmap serve` starts it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

PATIENCE_SECONDS: Final = 60.0
UNLIMITED: Final = {
    "CAPMAP_REQUESTS_PER_MINUTE": "1000000000",
    "CAPMAP_FAILURES_PER_MINUTE": "1000000000",
}
"""A benchmark asks more often than anybody should."""


@asynccontextmanager
async def serving(dsn: str, settings: Mapping[str, str] | None = None) -> AsyncIterator[int]:
    """Run the service on a database during the block; yields its port."""
    port = _free_port()
    told = {"DATABASE_URL": dsn, "CAPMAP_PORT": str(port)} | (settings or {})
    environ = os.environ | UNLIMITED | told
    process = subprocess.Popen(  # noqa: ASYNC220 - starting it is quick
        [sys.executable, "-m", "service.cli", "serve"],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        await _listening(process, port)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def _listening(process: subprocess.Popen[str], port: int) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        if process.poll() is not None:
            said = process.stderr.read() if process.stderr else ""
            raise RuntimeError(f"the service did not start: {said[-600:]}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError("the service did not listen in time")
