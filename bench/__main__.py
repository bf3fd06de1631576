"""`python -m bench [--quick] [--rows 1,2,3,4] [--rounds N]`: measure and print the table.

Rows 1 to 4 are of the log, against the raw driver; 5 to 8 are of pictures, each with its own lines.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from bench.databases import Databases
from bench.pictures import FULL, QUICK, READINGS
from bench.rows import ROWS, Round, Row
from service.store import embedded

LINE = "{:<33}{:>12}{:>12}  {:<16}{:>7}   {}"


def main() -> None:
    """Measure on a server of the bench's own, in a folder that is removed afterwards."""
    asked = _arguments()
    with (
        tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder,
        embedded.running(Path(folder), say=_unheard) as dsn,
    ):
        _run(_measure(dsn, asked))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer events, one round")
    parser.add_argument("--rounds", type=int, help="rounds of each row (5; 1 with --quick)")
    parser.add_argument(
        "--rows", default="1,2,3,4", help="which rows, such as 3,4; 5 to 8: pictures"
    )
    return parser.parse_args()


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop  # noqa: PLC0415 - not there on Windows
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


async def _measure(dsn: str, asked: argparse.Namespace) -> None:
    databases = Databases(dsn)
    await databases.prepare()
    numbers = [int(number) for number in asked.rows.split(",")]
    await _log(databases, asked, [n for n in numbers if n <= len(ROWS)])
    await _pictures(databases, asked, [n - len(ROWS) for n in numbers if n > len(ROWS)])


async def _pictures(databases: Databases, asked: argparse.Namespace, numbers: list[int]) -> None:
    """Print the lines of what was asked of pictures, each on a database of its own."""
    for number in numbers:
        found = READINGS[number - 1]
        print(found.name, flush=True)
        for line in await found.measure(databases, QUICK if asked.quick else FULL):
            print(f"    {line}", flush=True)


async def _log(databases: Databases, asked: argparse.Namespace, numbers: list[int]) -> None:
    """Print the table of what was asked of the log."""
    if not numbers:
        return
    rounds = asked.rounds or (1 if asked.quick else 5)
    print(LINE.format("", "events/s", "raw/s", "against", "ratio", "target"))
    for number in numbers:
        row = ROWS[number - 1]
        count = row.quick_events if asked.quick else row.events
        found = [await row.measure(databases, count, at % 2 == 0) for at in range(rounds)]
        print(_line(row, count, found), flush=True)
    size = "quick run" if asked.quick else "full run"
    print(f"{size}; medians of {rounds} round(s), ours and raw in turn, each on a fresh database")
    print("nothing works behind the log in rows 1 and 2, unless CAPMAP_BEHIND=true is set")


def _line(row: Row, count: int, found: list[Round]) -> str:
    """Return the row of the table: medians of the rates and of the rounds' ratios."""
    ours = statistics.median(count / one.ours for one in found)
    alone = statistics.median(count / one.raw for one in found)
    ratio = statistics.median(one.raw / one.ours for one in found)
    rate_wanted = f">= {row.least_rate:,}/s, " if row.least_rate else ""
    met = ratio >= row.least_ratio and ours >= (row.least_rate or 0)
    target = f"{rate_wanted}ratio >= {row.least_ratio:g}: {'met' if met else 'MISSED'}"
    return LINE.format(
        row.name, f"{ours:,.0f}", f"{alone:,.0f}", row.against, f"{ratio:.2f}", target
    )


def _unheard(_: str) -> None:
    """Say nothing: the bench prints its table only."""


if __name__ == "__main__":
    main()
