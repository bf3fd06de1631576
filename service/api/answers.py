"""Shaping answers: JSON bytes, ETag and 304, problems, and the one table of HTTP numbers."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from service.domain.faults import Fault
from service.domain.problems import KINDS, MOST_ERRORS, Category, Problem, Refused

# Any: litestar's Request is generic over user, auth and state, none of which are used.
AnyRequest = Request[Any, Any, Any]

STATUS: Final[dict[Category, int]] = {
    "malformed": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method": 405,
    "conflict": 409,
    "precondition": 412,
    "too_large": 413,
    "timeout": 408,
    "misdirected": 421,
    "too_many": 429,
    "unsupported": 415,
    "invalid": 422,
    "internal": 500,
    "unavailable": 503,
}
_CODE_OF: Final = {
    400: "malformed_body", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large",
    415: "unsupported_media_type",
}  # fmt: skip
_TELLING: Final[dict[Category | str, dict[str, str]]] = {
    "unavailable": {"Retry-After": "1"},
    "key_in_use": {"Retry-After": "1"},
    "unauthenticated": {"WWW-Authenticate": 'Bearer realm="capmap"'},
}
"""Headers that go with a problem of a code, or of a category."""
_ENCODER: Final = msgspec.json.Encoder()
_log = structlog.get_logger("api")


def encode(value: object) -> bytes:
    """Return a value as JSON bytes."""
    return _ENCODER.encode(value)


def json(request: AnyRequest, body: bytes, media_type: str = "application/json") -> Response[bytes]:
    """Return an answer with its ETag, or 304 when the reader has these very bytes."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    return unchanged(tag) if has(request, tag) else tagged(body, tag, media_type)


def weak_tag(*parts: str) -> str:
    """Return the ETag of an answer that says the same whenever these parts are the same."""
    return f'W/"{hashlib.blake2b("|".join(parts).encode(), digest_size=12).hexdigest()}"'


def has(request: AnyRequest, tag: str) -> bool:
    """Tell whether the reader has an answer with this tag (weak comparison, RFC 9110)."""
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    known = {one.strip().removeprefix("W/") for one in given.split(",")}
    return tag.removeprefix("W/") in known or known == {"*"}


def unchanged(tag: str) -> Response[bytes]:
    """Return 304: the reader has it."""
    return Response(content=b"", status_code=304, headers=_cached(tag))


def tagged(body: bytes, tag: str, media_type: str = "application/json") -> Response[bytes]:
    """Return an answer with its ETag."""
    return Response(content=body, headers=_cached(tag), media_type=media_type)


def _cached(tag: str) -> dict[str, str]:
    # What an answer holds follows from who asks.
    return {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}


class RowFault(Fault, frozen=True, omit_defaults=True):
    """A wrong value of a file, where it stands; message: rule and place as a sentence."""

    sheet: str = ""
    heading: str | None = None
    message: str = ""


def problem(request: AnyRequest, found: Problem, **more: object) -> Response[bytes]:
    """Return a problem as application/problem+json (RFC 9457); more: members beside its own."""
    kind = found.kind
    status = STATUS[kind.category]
    members: dict[str, object] = {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": status,
        "detail": found.detail,
        "instance": request.url.path,
        "way_out": kind.way_out,
    }
    if found.errors:
        members["errors"] = found.errors[:MOST_ERRORS]
        members["more_errors"] = max(0, len(found.errors) - MOST_ERRORS)
    members |= more
    return Response(
        content=encode(members),
        status_code=status,
        headers=_TELLING.get(kind.code) or _TELLING.get(kind.category, {}),
        media_type="application/problem+json",
    )


def on_refused(request: AnyRequest, error: Refused) -> Response[bytes]:
    """Answer what the rooms behind refused."""
    return problem(request, error.problem)


def on_http(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    """Answer what Litestar refused before a handler was reached."""
    code = _CODE_OF.get(error.status_code, "internal")
    answer = problem(request, Problem(code, KINDS[code].meaning))
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def on_anything(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Answer a fault of the service: noted in full here, told to nobody."""
    _log.error("unexpected", path=request.url.path, exc_info=error)
    return problem(request, Problem("internal", KINDS["internal"].meaning))


def on_database(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Answer that the database cannot be reached."""
    _log.warning("database", path=request.url.path, error=type(error).__name__)
    return problem(request, Problem("unavailable", "the database does not answer now"))
