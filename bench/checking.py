"""`python -m bench.checking [--rows N] [--profile]`: rows of a sheet into events, in one process.

The rows are made in memory as a CSV gives them, text only: 10 columns, courses and funding in the
spellings of British sheets. What is measured runs from a row's texts to its event with its stable
id; the codec alone is measured beside it, on the same events' canonical bytes.
"""

from __future__ import annotations

import argparse
import cProfile
import datetime as dt
import gc
import pstats
import random
import resource
import time
from collections.abc import Callable, Iterator
from typing import Final

from service.domain import codec
from service.intake import rows
from service.intake.tables import Row, Sheet

LATEST: Final = dt.date(2100, 12, 31)
TARGET: Final = 50_000
TRAINED: Final = (
    "Organisation code", "Effective date", "Event type", "Your reference", "Course", "Tier",
    "Participant group", "Completions", "Delivery", "Each participant ran a project?",
)  # fmt: skip
SPENT: Final = (
    "Organisation code", "Effective date", "Event type", "Agreement", "Financial year",
    "Amount (£)", "Assurance", "Source", "Source: reference", "Certain?",
)  # fmt: skip
TIERS: Final = ("introductory", "Introductory", "practitioner", "coach", "Expert")
GROUPS: Final = ("staff", "Staff", "Resident doctor", "board")
COURSES: Final = ("qsir_fundamentals", "QSIR Fundamentals", "QSIR Practitioner", "in_house")


def trained(chance: random.Random, number: int) -> tuple[str | None, ...]:
    """Return the cells of a course that people completed."""
    return (
        f"{chance.choice(('ZT', 'zt'))}{chance.randrange(1, 60):03d} ",
        _day(chance),
        "StaffTrained",
        f"row-{number}" if number % 2 else None,
        chance.choice(COURSES),
        chance.choice(TIERS),
        chance.choice(GROUPS),
        f"{chance.randrange(1, 2000):,}",
        chance.choice(("in person", "Virtual", None)),
        chance.choice(("yes", "No", "", "y")),
    )


def spent(chance: random.Random, number: int) -> tuple[str | None, ...]:
    """Return the cells of money that was spent, each amount another."""
    return (
        f"ZT{chance.randrange(1, 60):03d}",
        _day(chance),
        "FundingSpent",
        f"agreement-{number % 500}",
        chance.choice(("2024/25", "2024-25", "FY25/26")),
        f"£{chance.randrange(100, 900_000):,}.{chance.randrange(100):02d}",
        chance.choice(("board_minuted", "Self declared")),
        "own",
        f"Paper {number}",
        chance.choice(("yes", None)),
    )


def _day(chance: random.Random) -> str:
    day = dt.date(2015, 1, 1) + dt.timedelta(days=chance.randrange(3650))
    return day.isoformat() if chance.random() < 0.2 else day.strftime("%d/%m/%Y")


def sheet(
    headings: tuple[str, ...], one: Callable[[random.Random, int], tuple[str | None, ...]],
    count: int,
) -> Sheet:  # fmt: skip
    """Return a sheet of so many rows, made beforehand."""
    chance = random.Random(count)
    made = [Row(number + 2, one(chance, number)) for number in range(count)]
    return Sheet("", Row(1, headings), iter(made))


def checked(asked: Sheet) -> Iterator[rows.Item]:
    """Give a sheet's events; every row must be one."""
    reading = rows.reader(asked, rows.Asked(latest=LATEST))
    if isinstance(reading, tuple):
        raise TypeError(reading)
    for made in rows.events(reading, asked):
        if not isinstance(made, rows.Item):
            raise TypeError(made)
        yield made


def main() -> None:
    """Print rows a second of both sheets, and what the codec takes of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.checking", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    asked = parser.parse_args()
    for name, headings, one in (("StaffTrained", TRAINED, trained), ("FundingSpent", SPENT, spent)):
        made = sheet(headings, one, asked.rows)
        gc.collect()
        gc.freeze()
        if asked.profile:
            _profiled(made)
            continue
        begun, busy = time.perf_counter(), time.process_time()
        bodies = [item.submitted.body for item in checked(made)]
        took, busy = time.perf_counter() - begun, time.process_time() - busy
        alone = _codec_alone(bodies)
        rate, share = len(bodies) / took, alone / busy
        each = busy / asked.rows * 1e6
        met = "met" if rate >= TARGET else "MISSED"
        print(
            f"{name:<14}{rate:>10,.0f} rows/s  (>= {TARGET:,}: {met}), {each:.1f} µs of"
            f" processor a row, of which the codec {share:.0%}"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{asked.rows:,} rows of 10 columns each, one process; peak {peak} MB with the rows kept")


def _codec_alone(bodies: list[bytes]) -> float:
    """Return the processor's seconds of decoding the same events."""
    begun = time.process_time()
    for body in bodies:
        codec.decode(body, LATEST)
    return time.process_time() - begun


def _profiled(made: Sheet) -> None:
    profile = cProfile.Profile()
    profile.runcall(lambda: sum(1 for _ in checked(made)))
    pstats.Stats(profile).sort_stats("tottime").print_stats(18)


if __name__ == "__main__":
    main()
