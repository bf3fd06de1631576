"""The one file of a multipart body, as it comes in, never held whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeAlias

from msgspec import Struct
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from service.api.answers import AnyRequest
from service.domain.problems import Problem, Refused

PART: Final = "file"
LONGEST_NAME: Final = 200


class Part(Struct, frozen=True):
    """The part `file`. name: as its sender called it; pieces: to be read once."""

    name: str
    pieces: AsyncIterator[bytes]


async def file(request: AnyRequest) -> Part:
    """Return the part `file` of a request's body, which must be its only one.

    Raises Refused where the body is no such form, at once or while the part is read: a body that
    was cut is refused at its end.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data" or not options.get("boundary"):
        detail = f"{kind[:80] or 'no Content-Type'}: it must be multipart/form-data, part {PART}"
        raise Refused(Problem("unsupported_media_type", detail))
    events = _events(request, options["boundary"])
    first = await anext(events, None)
    if not isinstance(first, MultipartSegment) or first.name != PART:
        raise Refused(Problem("malformed_body", f"the form must have one part, called {PART}"))
    name = (first.filename or PART).replace("\\", "/").rpartition("/")[2][:LONGEST_NAME]
    return Part(name, _pieces(events))


Event: TypeAlias = MultipartSegment | bytes | bytearray | None


async def _events(request: AnyRequest, boundary: str) -> AsyncIterator[Event]:
    try:
        with PushMultipartParser(boundary, strict=True) as parser:
            async for chunk in request.stream():
                for event in _parsed(parser, chunk):
                    yield event
    except MultipartError as error:
        detail = f"the form is cut, or is none: {error}"
        raise Refused(Problem("malformed_body", detail)) from None


def _parsed(parser: PushMultipartParser, chunk: bytes) -> Iterable[Event]:
    return parser.parse(chunk) if chunk else ()


async def _pieces(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    async for event in events:
        if isinstance(event, MultipartSegment):
            raise Refused(Problem("malformed_body", f"the form has parts beside {PART}"))
        if event is not None:
            yield bytes(event)


__all__ = ["Part", "file"]
