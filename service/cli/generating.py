"""The command that makes up a history: generate."""

from __future__ import annotations

import itertools
from typing import IO

import click

from service.cli.bar import bar
from service.cli.process import say


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="The same, the same bytes.")
@click.option(
    "--trusts",
    type=click.IntRange(1, 3599),
    default=30,
    show_default=True,
    help="Trusts; the systems follow.",
)
@click.option(
    "--events",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Lines to write.",
)
@click.option(
    "--late",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    help="Share of events recorded out of effective order.",
)
@click.option("--out", type=click.File("wb"), default="-", help="A file, or standard output.")
def generate(seed: int, trusts: int, events: int, late: float, out: IO[bytes]) -> None:
    """Write a believable history of fictional organisations as NDJSON."""
    from service.generator import history
    from service.generator.plan import Plan

    lines = history.lines(Plan(seed, trusts, events, late))
    with bar(events, "Generating") as shown:
        while chunk := list(itertools.islice(lines, 1000)):
            out.write(b"".join(chunk))
            shown.advance(len(chunk))
    say(f"{events} events.")
