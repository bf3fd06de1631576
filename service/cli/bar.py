"""A progress bar at the terminal; silent where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar:
    """A bar that is told how much more was done, or how far the work has come."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, amount: int) -> None:
        """Move on by an amount."""
        self._progress.advance(self._task, amount)

    def reach_of(self, place: int, total: int) -> None:
        """Move on to a place on a way whose length is known only now."""
        self._progress.update(self._task, completed=place, total=max(total, 1))

    def reach(self, place: int) -> None:
        """Move on to a place."""
        self._progress.update(self._task, completed=place)


@contextmanager
def bar(total: int, label: str) -> Iterator[Bar]:
    """Show a bar during the block."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty(), transient=True) as progress:
        yield Bar(progress, progress.add_task(label, total=max(total, 1)))
