"""Shaping answers: JSON bytes, ETag and 304, problems, and the one table of HTTP numbers."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from service.domain.problems import KINDS, MOST_ERRORS, Category, Problem, Refused

# Any: litestar's Request is generic over user, auth and state, none of which are used.
AnyRequest = Request[Any, Any, Any]

STATUS: Final[dict[Category, int]] = {
    "malformed": 400,
    "forbidden": 403,
    "not_found": 404,
    "method": 405,
    "conflict": 409,
    "precondition": 412,
    "too_large": 413,
    "unsupported": 415,
    "invalid": 422,
    "internal": 500,
    "unavailable": 503,
}
_CODE_OF: Final = {
    400: "malformed_body", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large",
    415: "unsupported_media_type",
}  # fmt: skip
_ENCODER: Final = msgspec.json.Encoder()
_log = structlog.get_logger("api")


def encode(value: object) -> bytes:
    """Return a value as JSON bytes."""
    return _ENCODER.encode(value)


def json(request: AnyRequest, body: bytes, media_type: str = "application/json") -> Response[bytes]:
    """Return an answer with its ETag, or 304 when the reader has these very bytes."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = [one.strip() for one in request.headers.get("if-none-match", "").split(",")]
    if tag in known or f"W/{tag}" in known or known == ["*"]:
        return Response(content=b"", status_code=304, headers=headers, media_type=media_type)
    return Response(content=body, headers=headers, media_type=media_type)


def problem(request: AnyRequest, found: Problem) -> Response[bytes]:
    """Return a problem as application/problem+json (RFC 9457)."""
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
    headers = {"Retry-After": "1"} if status == STATUS["unavailable"] else {}
    return Response(
        content=encode(members),
        status_code=status,
        headers=headers,
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
