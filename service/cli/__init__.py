"""The command `capmap`: to serve, to look after the log, to say who is let in.

Exit codes: 0 done; 1 what was asked about is not sound (wrong lines in a file, a bad position);
2 wrong use, or settings that cannot be used; 3 the database cannot be used; 143 stopped by SIGTERM
before it was done. A service that was serving ends with 0 when it is stopped.
"""

from __future__ import annotations

import click

from service import __version__
from service.cli.bi import bi
from service.cli.generating import generate
from service.cli.importing import import_
from service.cli.keys import keys
from service.cli.moving import export, verify
from service.cli.naming import erase, erasures, people
from service.cli.operating import behind, rebuild, work
from service.cli.process import heed_sigterm
from service.cli.serving import demo, migrate, serve
from service.cli.sessions import sessions
from service.cli.tracing import acts, reads
from service.cli.undoing import undo

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="capmap")
def main() -> None:
    """Improvement capability of NHS trusts and systems, from an append-only log.

    Without DATABASE_URL the service runs its own PostgreSQL and keeps its data in your data folder
    (CAPMAP_DATA_DIR). Begin with `capmap demo`.
    """
    heed_sigterm()


@main.group()
def events() -> None:
    """Move events in and out, and take back what a file brought in."""


for command in (import_, export, undo):
    events.add_command(command)
for command in (demo, serve, migrate, generate, verify, behind, rebuild, work, keys, sessions):
    main.add_command(command)
for command in (people, erase, erasures, reads, acts):
    main.add_command(command)
main.add_command(bi)
