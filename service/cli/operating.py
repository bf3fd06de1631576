"""Commands for operators: how what runs behind the log is doing, and making it anew."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import asyncpg
import click
import msgspec

from service.cli import process
from service.cli.process import UNSOUND

if TYPE_CHECKING:
    from service.behind.rebuild import Rebuilt
    from service.behind.report import Lag, Report
    from service.settings import Settings


@click.command()
def behind() -> None:
    """Say how far packs, current rows and their audit are behind the log, and what is wrong.

    Exit code 1 if one of them failed, lags by more than 60 seconds, or the audit found a mismatch.
    """
    settings = process.settings()
    with process.database(settings) as dsn:
        found = process.run(_report(settings, dsn))
    for line in _table(found):
        click.echo(line)
    for fault in found.faults():
        click.echo(fault)
    if found.faults():
        raise SystemExit(UNSOUND)


async def _report(settings: Settings, dsn: str) -> Report:
    from service.behind import report, running
    from service.store import migrate, rights

    connection = await asyncpg.connect(dsn, server_settings={"role": rights.SERVE})
    try:
        await migrate.check(connection, allow_unsafe=settings.allow_unsafe_database)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await report.report(connection, running.now())
    finally:
        await connection.close()


def _table(found: Report) -> Iterator[str]:
    yield f"The log ends at {found.head}."
    yield "worker  fold    position      events behind  seconds behind  last progress"
    for lag in found.lags:
        yield _line(lag)


def _line(lag: Lag) -> str:
    at = lag.progressed_at.strftime("%Y-%m-%dT%H:%M:%SZ") if lag.progressed_at else "never"
    return (
        f"{lag.worker:7} {lag.fold:7} {lag.position:<13} {lag.events:<14} {lag.seconds:<15.1f} {at}"
    )


@click.command()
def work() -> None:
    """Work behind the log without serving: packs, current rows, audit; SIGTERM stops it.

    For a machine with processors to spare: serve with CAPMAP_BEHIND=false beside it.
    """
    settings = process.settings()
    with process.database(settings) as dsn:
        process.run(process.prepare(dsn))
        process.run(_work(settings, dsn))


async def _work(settings: Settings, dsn: str) -> None:
    from service import app

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    settings = msgspec.structs.replace(settings, behind=True)
    async with app.opened(settings, dsn) as rooms, app.behind(settings, dsn, rooms):
        click.echo("Working behind the log (Ctrl-C stops it)", err=True)
        await stopped.wait()


@click.command()
@click.option("--prune", is_flag=True, help="Then remove what other fold versions made.")
def rebuild(prune: bool) -> None:
    """Make packs and current rows anew from the log, while the service goes on.

    Says what was not as the log says; readers find the old or the new, never none.
    """
    settings = process.settings()
    with process.database(settings) as dsn:
        process.run(process.prepare(dsn))
        done = process.run(_rebuild(dsn, prune))
    for differed in done.differed:
        click.echo(f"{differed} was not as the log says; it is now.")
    click.echo(f"{done.rows} rows and all packs are as the log says up to {done.position}.")


async def _rebuild(dsn: str, prune: bool) -> Rebuilt:
    from service.behind import rebuild as made

    with _bars() as report:
        done = await made.rebuild(dsn, report)
    if prune:
        await made.prune(dsn)
    return done


@contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function that shows how far each part is; silent where nobody watches."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:

        def report(what: str, done: int, of: int) -> None:
            """Move the bar of one part, made when it is first heard of."""
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=max(of, 1))
            progress.update(tasks[what], completed=done)

        yield report


__all__ = ["behind", "rebuild", "work"]
