"""The commands that bring a database up to date and serve it: demo, serve, migrate."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from typing import Final

import click
import msgspec

from service.cli import process
from service.cli.process import say
from service.settings import Settings

STORY: Final = "surrey-and-sussex.ndjson"


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Where to listen (CAPMAP_PORT).")
def demo(port: int | None) -> None:
    """Load the story of Surrey and Sussex, serve it, and say what to look at."""
    settings = process.settings()
    if port is not None:
        settings = msgspec.structs.replace(settings, port=port)
    with process.database(settings) as dsn:
        process.run(process.prepare_to_serve(settings, dsn))
        loaded = process.run(_load_story(settings, dsn))
        say(f"The story of Surrey and Sussex: {loaded} events in the log.")
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

    server = Server(settings, dsn, greet)
    # From here on SIGTERM asks the server to stop, even before it listens. Once stopped, it raises
    # the signal again for whoever was there before it, which must not cut off what is left to do
    # here, such as stopping the embedded server: so that is the server as well.
    signal.signal(signal.SIGTERM, server.handle_exit)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(process.UNUSABLE)


def _tour(base: str) -> None:
    api = f"{base}/api/v1"
    rows = (
        ("How ready was Surrey and Sussex Healthcare when it was rated outstanding?",
         f"{api}/trusts/RTP/picture?on=2019-01-18"),
        ("And after its third chief executive in three years?",
         f"{api}/trusts/RTP/picture?on=2025-10-01"),
        ("What did University Hospitals Sussex take over on 1 April 2021?",
         f"{api}/trusts/RYR/picture?on=2021-04-01"),
        ("Was that known before the merger was recorded?",
         f"{api}/trusts/RYR/picture?on=2021-04-01&known_at=54"),
        ("Who belonged to Surrey Heartlands on its last day?",
         f"{api}/systems/QXU/picture?on=2026-03-31"),
        ("And to the board that followed, a day later?",
         f"{api}/systems/S9B9J/picture?on=2026-04-01"),
        ("Which events are behind all that?", f"{api}/events?limit=1000"),
    )  # fmt: skip
    say("")
    for question, address in rows:
        say(f"{question}\n    {address}")
    say("\nCtrl-C stops it; the data stays.")


async def _load_story(settings: Settings, dsn: str) -> int:
    from service import exchange
    from service.app import opened
    from service.domain.caller import LOCAL

    with resources.files("service.story").joinpath(STORY).open("rb") as lines:
        async with opened(settings, dsn) as rooms:
            done = await exchange.load(lines, rooms.writer, LOCAL, lambda _: None)
    return done.recorded + done.known
