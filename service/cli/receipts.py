"""What became of a file, printed for the person at the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import click
from msgspec import UNSET

from service.cli.process import say

if TYPE_CHECKING:
    from service.behind.sensing import EventWarnings
    from service.domain.problems import Problem
    from service.projections.differences import Figure
    from service.submitting.receipts import RowError, UploadReceipt
    from service.submitting.trials import Compared

MOST_WARNINGS: Final = 20
"""Warnings that are printed; the API gives up to a thousand."""
MOST_DIFFERENCES: Final = 40
"""Differences that are printed of one trust; the API gives all."""


def errors(found: Iterable[RowError], *, more: bool = False) -> None:
    """Say what is wrong, a sentence for each."""
    for one in found:
        say(one.message)
    if more:
        say("There is more that is wrong; these are the first.")


def problem(found: Problem) -> None:
    """Say why a file is refused as a whole."""
    say(found.detail)
    for fault in found.errors:
        say(f"{fault.pointer} {fault.rule}")
    say(f"The way out: {found.kind.way_out}")


def done(recorded: int, known: int, left_out: int = 0) -> None:
    """Print how many events a file brought."""
    others = f" {left_out} rows were wrong and are left out." if left_out else ""
    click.echo(f"{recorded} recorded, {known} were in the log already.{others}")


def receipt(found: UploadReceipt) -> None:
    """Print what became of a file, with what warns, and how it is taken back."""
    errors(found.errors, more=found.more_errors)
    rows = found.rows
    done(rows.recorded, rows.already_recorded, rows.wrong + rows.refused)
    if found.warnings is not UNSET:
        _lines(_warnings(found.warnings))
    if rows.recorded:
        click.echo(f"To take it back: capmap events undo {found.id}")


def rehearsal(found: UploadReceipt) -> None:
    """Print what a file would bring: what is wrong, what warns, what would change today."""
    errors(found.errors, more=found.more_errors)
    rows = found.rows
    click.echo(
        f"A dry run, nothing was recorded. Of {rows.total} rows {rows.waiting} would be recorded,"
        f" {rows.already_recorded} are in the log already, {rows.wrong} are wrong."
    )
    if found.warnings is not UNSET:
        _lines(_warnings(found.warnings))
    if found.changes is not UNSET:
        _lines(_changes(found.changes))
    elif rows.waiting:
        click.echo("It is too long for its changes to be shown.")


def _lines(found: Iterator[str]) -> None:
    for line in found:
        click.echo(line)


def _warnings(found: EventWarnings) -> Iterator[str]:
    for one in found.items[:MOST_WARNINGS]:
        yield f"Warning, {one.organisation} {one.type}: {one.text}. The way out: {one.way_out}."
    more = found.more + max(0, len(found.items) - MOST_WARNINGS)
    if more:
        yield f"{more} more warnings are not listed; the API lists those of an upload."
    if found.organisations_left_out:
        yield f"{found.organisations_left_out} organisations were not looked at for warnings."


def _changes(found: Compared) -> Iterator[str]:
    for trust in found.trusts:
        name = f" {trust.name}" if trust.name else ""
        yield (
            f"{trust.code}{name} would change today:"
            if trust.differences
            else (f"{trust.code}{name} would look the same today.")
        )
        for one in trust.differences[:MOST_DIFFERENCES]:
            yield f"  {one.dimension}, {one.measure}: {_said(one.was)} → {_said(one.now)}"
        if len(trust.differences) > MOST_DIFFERENCES:
            yield f"  and {len(trust.differences) - MOST_DIFFERENCES} more"
    if found.more:
        yield f"{found.more} more trusts were not looked at."


def _said(figure: Figure) -> str:
    status = figure.status.replace("_", " ")
    if figure.value is None:
        return status
    return f"{figure.value}" if figure.status == "known" else f"{figure.value} ({status})"


__all__ = ["done", "errors", "problem", "receipt", "rehearsal"]
