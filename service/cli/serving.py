"""The commands that bring a database up to date and serve it: demo, serve, migrate."""

from __future__ import annotations

import ipaddress
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import resources
from typing import Final

import click
import msgspec

from service.cli import process
from service.cli.process import say
from service.settings import Settings

STORY: Final = "surrey-and-sussex.ndjson"
FICTIONAL: Final = "fictional.ndjson"
REAL: Final = (
    ("How ready was Surrey and Sussex Healthcare when it was rated outstanding?",
     "trusts/RTP/picture?on=2019-01-18"),
    ("And after its third chief executive in three years?",
     "trusts/RTP/picture?on=2025-10-01"),
    ("What was missing on the day on which it joined a programme?",
     "trusts/RTP/beginnings?on=2019-01-18"),
    ("What did University Hospitals Sussex take over on 1 April 2021?",
     "trusts/RYR/picture?on=2021-04-01"),
    ("Was that known before the merger was recorded?",
     "trusts/RYR/picture?on=2021-04-01&known_at=54"),
    ("Who belonged to Surrey Heartlands on its last day?",
     "systems/QXU/picture?on=2026-03-31"),
    ("And to the board that followed, a day later?",
     "systems/S9B9J/picture?on=2026-04-01"),
    ("Which events are behind all that?", "events?limit=1000"),
)  # fmt: skip
"""What to ask about the real story, each question with its path."""
INVENTED: Final = (
    ("How do the five trusts of Nether Celandhead stand side by side?",
     "systems/ZS01/picture?on=2026-09-01"),
    ("How skilled is each division of Bramlinghurst, and where may there be a hole? (skills)",
     "trusts/ZT001/picture?on=2026-09-01"),
    ("Which money of Brambelford ends within twelve months? (funding)",
     "trusts/ZT002/picture?on=2026-09-01"),
    ("What does Brambelford offer others, and what does it ask of them? (connection)",
     "trusts/ZT002/picture?on=2026-09-01"),
)  # fmt: skip
"""The same of the sample, on a day whose newest survey is of the edition that the model has."""


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Where to listen (CAPMAP_PORT).")
def demo(port: int | None) -> None:
    """Load the story of Surrey and Sussex and an invented one, serve them, say what to look at."""
    settings = process.settings()
    if port is not None:
        settings = msgspec.structs.replace(settings, port=port)
    with process.database(settings) as dsn:
        process.run(process.prepare_to_serve(settings, dsn))
        real, invented = process.run(load_stories(settings, dsn))
        say(f"The story of Surrey and Sussex: {real} events in the log.")
        say(f"Ten trusts of two systems, all invented: {invented} events.")
        _serve(settings, dsn, _tour)


@click.command()
def serve() -> None:
    """Serve the API; migrates first; SIGTERM stops it once accepted requests are answered."""
    settings = process.settings()
    with process.database(settings) as dsn:
        process.run(process.prepare_to_serve(settings, dsn))
        _serve(settings, dsn, lambda base: say(f"Serving {base}/api/v1 (Ctrl-C stops it)"))


@click.command()
def migrate() -> None:
    """Bring the database to the schema that this release needs."""
    settings = process.settings()
    with process.database(settings) as dsn:
        process.run(process.prepare(dsn))
    say("The schema is the one that this release needs.")


def _serve(settings: Settings, dsn: str, greet: Callable[[str], None]) -> None:
    from service.cli.server import Server

    _refuse_open(settings)
    server = Server(settings, dsn, greet)
    # From here on SIGTERM asks the server to stop, even before it listens. Once stopped, it raises
    # the signal again for whoever was there before it, which must not cut off what is left to do
    # here, such as stopping the embedded server: so that is the server as well.
    signal.signal(signal.SIGTERM, server.handle_exit)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(process.UNUSABLE)


def _refuse_open(settings: Settings) -> None:
    """End the command where others could reach a service whose every caller is the operator."""
    if settings.access == "off" and not _loopback(settings.host):
        say(
            f"CAPMAP_HOST={settings.host!r}: others than this machine would reach it, and"
            " CAPMAP_ACCESS is off, so that everybody were the operator. Make a key with"
            " `capmap keys make` and set CAPMAP_ACCESS=keys, or listen on 127.0.0.1."
        )
        raise SystemExit(process.MISUSED)


def _loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address; of a name, only localhost is known."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _tour(base: str) -> None:
    _asked(base, REAL)
    say("\nInvented trusts and systems, none of them real:")
    _asked(base, INVENTED)
    say("\nCtrl-C stops it; the data stays.")


def _asked(base: str, rows: Iterable[tuple[str, str]]) -> None:
    say("")
    for question, path in rows:
        say(f"{question}\n    {base}/api/v1/{path}")


async def load_stories(settings: Settings, dsn: str) -> tuple[int, ...]:
    """Return how many lines of each story are in the log; the real one's positions come first."""
    from service.app import opened
    from service.domain.caller import LOCAL
    from service.submitting import exchange

    found: list[int] = []
    async with opened(settings, dsn) as rooms:
        for name in (STORY, FICTIONAL):
            with resources.files("service.story").joinpath(name).open("rb") as lines:
                done = await exchange.load(lines, rooms.writer, LOCAL, lambda _: None)
            found.append(done.recorded + done.known)
    return tuple(found)
