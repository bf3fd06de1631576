"""Events that come as JSON, told from tables by what is in the file: a document, or lines.

A document is one event, a list of them, or events with the versions they expect, and likewise of
CloudEvents. Lines are an event each, of either kind, as many as there are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Literal

import msgspec
from msgspec import Raw, Struct

from service.domain.problems import Problem, Refused
from service.intake import batches, cloudevents
from service.intake.batches import MOST_EVENTS, Parts
from service.intake.rows import Asked
from service.intake.tables import Limits
from service.submitting import exchange, files, lines
from service.submitting.blocks import Entry
from service.submitting.files import BOM, HEAD
from service.submitting.receiving import Reading
from service.submitting.spooling import Spooled

Form = Literal["document", "lines", "table"]
LONGEST_LINE: Final = 32 * 1024 * 1024


class Document(Struct, frozen=True):
    """The events of a document, counted from 1, and the versions that it expects of streams."""

    entries: Iterator[Entry]
    expected: Mapping[str, int]


def form(path: Path) -> Form:
    """Return what a file is, told by its beginning."""
    with path.open("rb") as file:
        head = file.read(HEAD).removeprefix(BOM).lstrip()
        if head.startswith(b"["):
            # A heading may begin with a bracket, a list of events goes on with an object.
            return "document" if head[1:].lstrip()[:1] in {b"{", b"]"} else "table"
        if not head.startswith(b"{"):
            return "table"
        file.seek(0)
        said = (line.removeprefix(BOM) for line in iter(lambda: file.readline(LONGEST_LINE), b""))
        told = (line for line in said if line.strip())
        first, second = next(told), next(told, b"")
    return "lines" if _is_event(first) or (second and _is_event(second)) else "document"


def _is_event(line: bytes) -> bool:
    """Tell whether a line is an object by itself, and not a batch of events."""
    try:
        return "events" not in msgspec.json.decode(line, type=dict[str, Raw])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def read(path: Path, latest: dt.date, most: int) -> Document:
    """Return the events of a document of at most so many bytes; raises Refused for what is none.

    latest: the last effective date that is accepted.
    """
    if path.stat().st_size > most:
        rule = f"a JSON document has at most {most} bytes (CAPMAP_BODY_LIMIT_BYTES)"
        raise Refused(Problem("body_too_large", f"{rule}: write one event a line"))
    body = path.read_bytes().removeprefix(BOM)
    parts = batches.split(body, _kind(body))
    if isinstance(parts, Problem):
        raise Refused(parts)
    if len(parts.raws) > MOST_EVENTS:
        rule = f"a document has at most {MOST_EVENTS} events, this has {len(parts.raws)}"
        raise Refused(Problem("body_too_large", f"{rule}: write one event a line"))
    return Document(_entries(parts, latest), parts.expected)


def _kind(body: bytes) -> batches.Form:
    """Return whether a document is of CloudEvents, which the first of its objects says."""
    try:
        if not body.lstrip().startswith(b"["):
            return "cloudevent" if cloudevents.is_one(body) else "json"
        first = msgspec.json.decode(body, type=list[Raw])[:1]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return "json"
    return "cloudevents" if first and cloudevents.is_one(bytes(first[0])) else "json"


def _entries(parts: Parts, latest: dt.date) -> Iterator[Entry]:
    for number, raw in enumerate(parts.raws, 1):
        yield lines.entry(number, exchange.decode(bytes(raw), latest))


@contextmanager
def rows(file: Spooled, asked: Asked, limits: Limits, most: int) -> Iterator[Reading]:
    """Lend the rows of a file of any form, a document of at most so many bytes.

    Raises Refused where it cannot be read.
    """
    kind = form(file.path)
    if kind == "document":
        document = read(file.path, asked.latest, most)
        notes = ["Read as JSON: rows are its events, from 1."]
        if document.expected:
            notes.append("The versions that it expects are looked at when it is recorded.")
        yield Reading(document.entries, notes)
    elif kind == "lines":
        with opened(file.path) as content:
            notes = ["Read as NDJSON: one event a line."]
            yield Reading(lines.entries(content, asked.latest, exchange.decode), notes)
    else:
        with files.read(file, asked, limits) as reading:
            yield reading


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Lend a file of lines, behind the mark of its encoding if it has one."""
    with path.open("rb") as content:
        if content.read(len(BOM)) != BOM:
            content.seek(0)
        yield content


__all__ = ["Document", "Form", "form", "opened", "read", "rows"]
